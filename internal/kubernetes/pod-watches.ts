/**
 * PodWatches: all pods of the scope as one stream of changes, by as few watches as our rights allow, while namespaces
 * come and go.
 *
 * Promises: a namespace that enters the scope is an initial sync of its pods (`added`, `initial`); after it left no
 * change of it is told, and `left` says so; trouble in one namespace leaves the others alone. What the plan is and why
 * is logged. Rights that are granted or withdrawn make a new plan. The labels of a namespace are known before the first
 * change of it is told, as far as we may know them and they come in time. Doesn't promise: an order of changes between
 * namespaces.
 */
import type { PodChange, PodFacts } from '../pipeline/pod-facts.ts';
import type { Timer } from '../platform/clock.ts';
import type { ErrorCode } from '../platform/errors.ts';
import { NamespacesHold, type LetGoReason } from './namespaces-hold.ts';
import { Namespaces, type NamespacesState } from './namespaces.ts';
import { PodWatch, type PodWatchDescription, type PodWatchParts } from './pod-watch.ts';
import { RightsReview } from './scope-rights.ts';
import { decidePlan, describeScope, type PlanDecision, type PodRights, type Scope } from './scope.ts';

/** How long pods wait for the first sight of the namespaces. */
const NAMESPACES_FIRST_MS = 5_000;

export interface PodWatchesOptions extends PodWatchParts {
  readonly scope: Scope;
  readonly events: PodWatchesEvents;
}

/** Called synchronously; must not throw. */
export interface PodWatchesEvents {
  change(change: PodChange): void;
  /** Every pod of the scope has been seen, at first or once more. Namespaces we have no right to are not waited for. */
  synced(): void;
  /** A namespace is out of the scope: nothing more is told of it, and what was known of it is void. */
  left(namespace: string): void;
}

export interface PodWatchesDescription {
  readonly scope: string;
  /** Undefined until our rights are known. */
  readonly plan: PlanDecision['plan']['kind'] | undefined;
  readonly reason: PlanDecision['reason'] | undefined;
  readonly isSynced: boolean;
  readonly namespaces: { readonly state: NamespacesState; readonly count: number };
  readonly watches: readonly PodWatchDescription[];
}

export class PodWatches {
  readonly #options: PodWatchesOptions;
  readonly #namespaces: Namespaces;
  /** By namespace; '' for the one of all. */
  readonly #watches = new Map<string, PodWatch>();
  readonly #ending = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #rights: RightsReview;
  readonly #hold: NamespacesHold;
  #namespacesFirst: Timer | undefined;
  #areNamespacesSettled = false;
  #podRights: PodRights | undefined;
  #decision: PlanDecision | undefined;
  #isSynced = false;

  constructor(options: PodWatchesOptions) {
    this.#options = options;
    this.#rights = new RightsReview({
      ...options,
      signal: this.#stopping.signal,
      onRights: (rights) => this.#hasRights(rights),
    });
    this.#hold = new NamespacesHold({
      clock: options.clock,
      mustWait: (name) => this.#namespaces.isSynced && !this.#namespaces.has(name),
      letGo: (changes, reason) => this.#letGo(changes, reason),
    });
    const { selectors: _ofPods, ...shared } = options;
    this.#namespaces = new Namespaces({
      ...shared,
      events: {
        entered: (name) => this.#entered(name),
        left: (name) => this.#left(name),
        synced: () => this.#checkSynced(),
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

  /** No event comes after this is called. */
  async stop(): Promise<void> {
    this.#namespacesFirst?.cancel();
    this.#hold.stop();
    this.#stopping.abort();
    for (const watch of this.#watches.values()) this.#end(watch);
    this.#watches.clear();
    await Promise.all([this.#namespaces.stop(), ...this.#ending]);
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

  /** Facts of the pods in scope that there is something to say about. */
  *pods(): Generator<PodFacts> {
    for (const watch of this.#watches.values()) {
      for (const pod of watch.pods()) if (this.isInScope(pod.namespace)) yield pod;
    }
  }

  /** True once every pod of the scope has been seen, and from then on. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  describe(): PodWatchesDescription {
    return {
      scope: describeScope(this.#options.scope),
      plan: this.#decision?.plan.kind,
      reason: this.#decision?.reason,
      isSynced: this.isSynced,
      namespaces: { state: this.#namespaces.state, count: this.#namespaces.names().length },
      watches: [...this.#watches.values()].map((watch) => watch.describe()),
    };
  }

  #hasRights(rights: PodRights): void {
    this.#podRights = rights;
    this.#plan();
  }

  #settled(): void {
    this.#namespacesFirst?.cancel();
    this.#areNamespacesSettled = true;
    this.#plan();
  }

  #waitedForNamespaces(): void {
    if (this.#options.scope.mode !== 'label') {
      this.#options.logger.warn(
        { waitedMs: NAMESPACES_FIRST_MS, reason: 'namespaces-late' },
        'watching pods before the namespaces are known: until then project, owner and workload ids are left empty',
      );
    }
    this.#settled();
  }

  /** Where labels choose, a namespace that is not known is out of the scope: pods need not wait for what they are. */
  #plan(): void {
    const { scope } = this.#options;
    if (this.#podRights === undefined || this.#isStopping()) return;
    if (this.#areNamespacesSettled || scope.mode === 'label') this.#apply(decidePlan(scope, this.#podRights));
  }

  #apply(decision: PlanDecision): void {
    const { plan, reason } = decision;
    if (this.#decision?.plan.kind === plan.kind) return;
    this.#decision = decision;
    const { logger, scope } = this.#options;
    logger.info({ scope: describeScope(scope), plan: plan.kind, reason }, planTexts[plan.kind]);
    for (const watch of this.#watches.values()) this.#end(watch);
    this.#watches.clear();
    if (plan.kind === 'single-namespace') this.#begin(plan.namespace);
    else if (plan.kind === 'cluster') this.#begin('');
    else for (const name of this.#namespaces.names()) this.#begin(name);
    this.#checkSynced();
  }

  #begin(namespace: string): void {
    const watch = new PodWatch(namespace, this.#options, {
      change: (change) => this.#take(change),
      synced: () => this.#checkSynced(),
      failed: (code) => this.#failed(code),
    });
    this.#watches.set(namespace, watch);
    watch.start();
  }

  #end(watch: PodWatch): void {
    const ended = watch.stop().finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  #take(change: PodChange): void {
    if (this.isInScope(change.pod.namespace) && !this.#hold.takes(change)) this.#options.events.change(change);
  }

  #letGo(changes: readonly PodChange[], reason: LetGoReason): void {
    const namespace = changes[0]?.pod.namespace;
    const level = reason === 'waited-long-enough' ? 'warn' : 'debug';
    this.#options.logger[level]({ namespace, changes: changes.length, reason }, 'pods came before their namespace');
    for (const change of changes) this.#options.events.change(change);
    if (this.#hold.size === 0) this.#checkSynced();
  }

  #entered(name: string): void {
    if (this.#isStopping()) return;
    this.#hold.known(name);
    this.#options.logger.debug({ namespace: name }, 'namespace is in scope');
    if (this.#decision?.plan.kind === 'namespaces') this.#begin(name);
    else if (this.#options.scope.mode === 'label') this.#replay(name);
  }

  /** What the cluster-wide watch knows of a namespace that has just come into scope. */
  #replay(namespace: string): void {
    for (const pod of this.#watches.get('')?.podsOf(namespace) ?? []) {
      this.#options.events.change({ type: 'added', cause: 'initial', pod });
    }
  }

  #left(name: string): void {
    if (this.#isStopping()) return;
    this.#options.logger.debug({ namespace: name }, 'namespace is out of scope');
    const watch = this.#decision?.plan.kind === 'namespaces' ? this.#watches.get(name) : undefined;
    if (watch !== undefined) {
      this.#watches.delete(name);
      this.#end(watch);
    }
    this.#options.events.left(name);
    if (!this.#isSynced) this.#checkSynced();
  }

  /** The right to watch the whole cluster may have been withdrawn: there is a plan that needs less. */
  #failed(code: ErrorCode): void {
    if (code !== 'API_FORBIDDEN') return;
    if (this.#decision?.plan.kind === 'cluster') this.#rights.doubt();
    else if (!this.#isSynced) this.#checkSynced();
  }

  #checkSynced(): void {
    if (this.#isStopping() || !this.#isWhole()) return;
    this.#isSynced = true;
    this.#options.events.synced();
  }

  #isWhole(): boolean {
    const needsNamespaces = this.#decision?.plan.kind === 'namespaces' || this.#options.scope.mode === 'label';
    if (this.#decision === undefined || (needsNamespaces && !this.#namespaces.isSynced)) return false;
    if (this.#hold.size > 0) return false;
    return [...this.#watches.values()].every((watch) => watch.isSettled);
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }
}

const planTexts = {
  'single-namespace': 'one pod watch, of the namespace asked for',
  cluster: 'one pod watch for the whole cluster; pods outside the scope are passed over',
  namespaces: 'one pod watch for each namespace: the right to list and watch pods in the whole cluster is missing',
} as const;
