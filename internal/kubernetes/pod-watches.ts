/**
 * PodWatches: all pods of the scope as one stream of changes, by as few watches as our rights and their number allow,
 * while namespaces, rights and leadership come and go.
 *
 * Promises: a namespace that enters the scope is an initial sync of its pods (`added`, `initial`); after it left no
 * change of it is told, and `left` says so; trouble in one namespace leaves the others alone. What the plan is and why
 * is logged; a new plan loses nothing on the way. The labels of a namespace are known before the first change of it is
 * told, as far as we may know them and they come in time. Doesn't promise: an order of changes between namespaces.
 */
import type { PodChange, PodFacts } from '../pipeline/pod-facts.ts';
import type { Timer } from '../platform/clock.ts';
import { CodedError, type ErrorCode } from '../platform/errors.ts';
import { NamespacesHold, type LetGoReason } from './namespaces-hold.ts';
import { Namespaces } from './namespaces.ts';
import { PodWatchGroup, type PodWatchGroupEvents } from './pod-watch-group.ts';
import { LeaderWatches } from './pod-watches-leader.ts';
import type { PodWatchesDescription, PodWatchesOptions } from './pod-watches-types.ts';
import { layoutOfScope } from './scope-layout.ts';
import { isChosen, type PlanDecision } from './scope-plan.ts';
import { PlanReview } from './scope-review.ts';
import { RightsReview, type PodRights } from './scope-rights.ts';
import { describeScope } from './scope.ts';

/** How long pods wait for the first sight of the namespaces. */
const NAMESPACES_FIRST_MS = 5_000;

export class PodWatches {
  readonly #options: PodWatchesOptions;
  readonly #namespaces: Namespaces;
  readonly #stopping = new AbortController();
  readonly #rights: RightsReview;
  readonly #review: PlanReview;
  readonly #hold: NamespacesHold;
  readonly #group: PodWatchGroup;
  readonly #ending = new Set<Promise<void>>();
  #leader: LeaderWatches | undefined;
  #namespacesFirst: Timer | undefined;
  #areNamespacesSettled = false;
  #podRights: PodRights | undefined;
  #decision: PlanDecision | undefined;
  #isSynced = false;
  #hasToldOfNoRights = false;

  constructor(options: PodWatchesOptions) {
    this.#options = { wire: { format: options.limits?.format ?? 'protobuf' }, ...options };
    const { signal } = this.#stopping;
    this.#rights = new RightsReview({ ...options, signal, onRights: (rights) => this.#hasRights(rights) });
    this.#review = new PlanReview({
      ...options,
      ...{ signal, isByNode: options.nodeName !== undefined, onDecision: (decision) => this.#apply(decision) },
    });
    this.#hold = new NamespacesHold({
      clock: options.clock,
      mustWait: (name) => this.#namespaces.isSynced && !this.#namespaces.has(name),
      letGo: (changes, reason) => this.#letGo(changes, reason),
    });
    this.#group = new PodWatchGroup({ parts: this.#options, accepts: () => true, events: this.#groupEvents() });
    this.#namespaces = new Namespaces({
      ...options,
      events: {
        entered: (name) => this.#entered(name),
        left: (name) => this.#left(name),
        synced: () => this.#replan(),
        settled: () => this.#settled(),
      },
    });
  }

  start(): void {
    this.#namespacesFirst ??= this.#options.clock.setTimer(NAMESPACES_FIRST_MS, () => this.#waitedForNamespaces());
    this.#namespaces.start();
    if (this.#options.scope.mode === 'single') this.#hasRights({ clusterWide: false });
    else this.#rights.start();
  }

  /** Whether we lead among the agents of all nodes. Means nothing where pods are not watched node by node. */
  lead(isLeading: boolean): void {
    const { nodeName } = this.#options;
    if (nodeName === undefined || this.#isStopping() || isLeading === (this.#leader !== undefined)) return;
    const ending = this.#leader;
    this.#leader = isLeading ? this.#newLeader(nodeName) : undefined;
    this.#leader?.start();
    if (ending !== undefined) {
      this.#end(ending);
      this.#options.events.nodesVoid?.();
    }
    this.#arrange();
  }

  /** No event comes after this is called. */
  async stop(): Promise<void> {
    this.#namespacesFirst?.cancel();
    this.#hold.stop();
    this.#stopping.abort();
    if (this.#leader !== undefined) this.#end(this.#leader);
    await Promise.all([this.#namespaces.stop(), this.#group.stop(), ...this.#ending]);
  }

  /** True if changes of pods in it are told. */
  isInScope(namespace: string): boolean {
    const { scope } = this.#options;
    if (scope.mode === 'single') return namespace === scope.namespace;
    return scope.mode === 'all' || this.#namespaces.has(namespace);
  }

  /** The namespace's own labels, which are trusted; undefined while they are not known. */
  labelsOf(namespace: string): ReadonlyMap<string, string> | undefined {
    return this.#namespaces.labelsOf(namespace);
  }

  /** Text of the namespace's annotation that silences; undefined while it is not known. */
  silenceOf(namespace: string): string | undefined {
    return this.#namespaces.silenceOf(namespace);
  }

  /** Facts of one of the pods below. */
  pod(uid: string): PodFacts | undefined {
    const facts = this.#group.pod(uid) ?? this.#leader?.pod(uid);
    return facts !== undefined && this.isInScope(facts.namespace) ? facts : undefined;
  }

  /** Facts of the pods in scope that there is something to say about. */
  *pods(): Generator<PodFacts> {
    for (const group of this.#groups()) {
      for (const pod of group.pods()) if (this.isInScope(pod.namespace)) yield pod;
    }
  }

  /** True once every pod of the scope has been seen, and from then on. What the leader watches is not waited for. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  describe(): PodWatchesDescription {
    const { state, isMissing, lastActivityMs } = this.#namespaces;
    return {
      scope: describeScope(this.#options.scope),
      plan: this.#decision?.plan.kind,
      reason: this.#decision?.reason,
      isSynced: this.isSynced,
      namespaces: { state, count: this.#namespaces.names().length, isMissing, lastActivityMs },
      watches: [...this.#group.describe(), ...(this.#leader?.watches() ?? [])],
      error: this.#rights.error ?? (this.#hasNoRights() ? 'API_FORBIDDEN' : undefined),
      ...(this.#leader === undefined ? {} : { leader: this.#leader.describe() }),
    };
  }

  #hasRights(rights: PodRights): void {
    this.#podRights = rights;
    this.#replan();
  }

  #settled(): void {
    this.#namespacesFirst?.cancel();
    this.#areNamespacesSettled = true;
    this.#tellOfNoRights();
    this.#replan();
  }

  #waitedForNamespaces(): void {
    if (this.#options.scope.mode !== 'label') {
      this.#options.logger.warn(
        { waitedMs: NAMESPACES_FIRST_MS, reason: 'namespaces-late', code: 'NAMESPACES_LATE' },
        'watching pods before the namespaces are known: until then project, owner and workload ids are left empty',
      );
    }
    this.#settled();
  }

  /** Where labels choose, nothing can be told before the namespaces are known. */
  #replan(): void {
    const isTooEarly = this.#options.scope.mode === 'label' ? !this.#namespaces.isSynced : !this.#areNamespacesSettled;
    if (isTooEarly || this.#podRights === undefined || this.#isStopping()) return;
    this.#review.update({ hasClusterRights: this.#podRights.clusterWide, namespaces: this.#namespaces.names() });
    this.#arrange();
  }

  #apply(decision: PlanDecision): void {
    const before = this.#decision;
    this.#decision = decision;
    if (before?.plan.kind === decision.plan.kind) return;
    const { logger, scope } = this.#options;
    const { plan, reason } = decision;
    logger.info({ scope: describeScope(scope), plan: plan.kind, reason }, planTexts[plan.kind]);
    this.#tellOfNoRights();
    this.#arrange();
  }

  /** Neither all pods nor the namespaces they are in may be listed. */
  #hasNoRights(): boolean {
    return this.#decision?.reason === 'no-cluster-rights' && this.#namespaces.state === 'denied';
  }

  #tellOfNoRights(): void {
    if (!this.#hasNoRights() || this.#hasToldOfNoRights) return;
    this.#hasToldOfNoRights = true;
    const about = {
      verb: 'list and watch',
      resource: 'pods and namespaces',
      scope: describeScope(this.#options.scope),
    };
    const err = new CodedError(
      'API_FORBIDDEN',
      'list and watch pods in the whole cluster, and list and watch namespaces',
    );
    this.#options.logger.error({ err, ...about }, 'nothing is watched until one of these rights is granted');
  }

  #arrange(): void {
    if (this.#decision === undefined || this.#isStopping()) return;
    const { plan } = this.#decision;
    const namespaces = this.#namespaces.names();
    this.#group.arrange(layoutOfScope(plan, namespaces, this.#options.nodeName));
    this.#leader?.arrange({ plan, namespaces });
  }

  #newLeader(ownNode: string): LeaderWatches {
    return new LeaderWatches({
      ...{ ownNode, parts: this.#options, events: this.#groupEvents() },
      node: (change) => this.#options.events.node?.(change),
    });
  }

  #end(leader: LeaderWatches): void {
    const ended = leader.stop().finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  #groupEvents(): PodWatchGroupEvents {
    return {
      change: (change) => this.#take(change),
      progressed: (hasSeenAnew) => {
        if (hasSeenAnew || !this.#isSynced) this.#checkSynced();
      },
      failed: (code) => this.#failed(code),
    };
  }

  *#groups(): Generator<PodWatchGroup | LeaderWatches> {
    yield this.#group;
    if (this.#leader !== undefined) yield this.#leader;
  }

  #take(change: PodChange): void {
    const { pod, type } = change;
    if (this.#isStopping() || !this.isInScope(pod.namespace)) return;
    if (type === 'left' && this.#group.knows(pod.uid)) return;
    if (!this.#hold.takes(change)) this.#options.events.change(change);
  }

  #letGo(changes: readonly PodChange[], reason: LetGoReason): void {
    const namespace = changes[0]?.pod.namespace;
    const level = reason === 'waited-long-enough' ? 'warn' : 'debug';
    const code = 'NAMESPACES_LATE';
    this.#options.logger[level](
      { namespace, changes: changes.length, reason, code },
      'pods came before their namespace',
    );
    for (const change of changes) this.#options.events.change(change);
    if (this.#hold.size === 0) this.#checkSynced();
  }

  #entered(name: string): void {
    if (this.#isStopping()) return;
    this.#hold.known(name);
    this.#options.logger.debug({ namespace: name }, 'namespace is in scope');
    if (this.#options.scope.mode === 'label') this.#replay(name);
    if (this.#namespaces.isSynced) this.#replan();
  }

  /** What is known of a namespace that has just come into scope. */
  #replay(namespace: string): void {
    for (const group of this.#groups()) {
      for (const pod of [...group.podsOf(namespace)]) {
        this.#options.events.change({ type: 'added', cause: 'initial', pod });
      }
    }
  }

  #left(name: string): void {
    if (this.#isStopping()) return;
    this.#options.logger.debug({ namespace: name }, 'namespace is out of scope');
    this.#options.events.left(name);
    if (this.#namespaces.isSynced) this.#replan();
  }

  /** The right to watch the whole cluster may have been withdrawn: there is a plan that needs less. */
  #failed(code: ErrorCode): void {
    if (code !== 'API_FORBIDDEN') return;
    if (this.#decision?.plan.kind === 'cluster' || isChosen(this.#decision)) this.#rights.doubt();
  }

  #checkSynced(): void {
    if (this.#isStopping() || !this.#isWhole()) return;
    this.#isSynced = true;
    this.#options.events.synced();
  }

  #isWhole(): boolean {
    const needsNamespaces = this.#decision?.plan.kind === 'namespaces' || this.#options.scope.mode === 'label';
    if (this.#decision === undefined || (needsNamespaces && !this.#namespaces.isSynced)) return false;
    return this.#hold.size === 0 && this.#group.isSettled;
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }
}

const planTexts = {
  'single-namespace': 'one pod watch, of the namespace asked for',
  cluster: 'one pod watch for the whole cluster; pods outside the scope are passed over',
  namespaces: 'one pod watch for each namespace of the scope',
} as const;
