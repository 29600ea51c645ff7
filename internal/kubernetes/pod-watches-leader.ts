/**
 * What the leader among a DaemonSet's agents watches beside its own node, for one term: pods without a node, and the
 * pods of nodes whose own agent can't be trusted to tell of them (scope-nodes.ts).
 *
 * Promises: a node that is no longer Ready is an initial sync of its pods; once it is Ready again, or the term is over,
 * nothing more is told of them, and they have `left`.
 */
import type { NodeChange } from '../pipeline/node-facts.ts';
import type { PodChange, PodFacts } from '../pipeline/pod-facts.ts';
import { PodWatchGroup, type PodWatchGroupEvents } from './pod-watch-group.ts';
import type { PodWatchDescription, PodWatchParts } from './pod-watch.ts';
import { layoutOfLeader } from './scope-layout.ts';
import type { NodesState } from './nodes-when-allowed.ts';
import { ScopeNodes } from './scope-nodes.ts';
import type { WatchPlan } from './scope-plan.ts';

export interface LeaderWatchesOptions {
  readonly ownNode: string;
  readonly parts: PodWatchParts;
  readonly events: PodWatchGroupEvents;
  /** Each change of a node. */
  readonly node?: (change: NodeChange) => void;
}

export interface LeaderWatchesDescription {
  /** Whether nodes are watched. */
  readonly state: NodesState;
  /** Nodes whose pods are watched. */
  readonly nodes: number;
}

interface Place {
  readonly plan: WatchPlan;
  readonly namespaces: readonly string[];
}

export class LeaderWatches {
  readonly #options: LeaderWatchesOptions;
  readonly #group: PodWatchGroup;
  readonly #nodes: ScopeNodes;
  #notReady: ReadonlySet<string> = new Set();
  #place: Place | undefined;

  constructor(options: LeaderWatchesOptions) {
    this.#options = options;
    const { parts, events, ownNode, node } = options;
    const accepts = ({ nodeName }: PodFacts): boolean => nodeName === '' || this.#notReady.has(nodeName);
    this.#group = new PodWatchGroup({ parts, events, accepts });
    this.#nodes = new ScopeNodes({
      ...{ ...parts, ownNode, changed: (nodes) => this.#changed(nodes) },
      ...(node === undefined ? {} : { node }),
    });
  }

  start(): void {
    this.#nodes.start();
  }

  /** Watches these namespaces, in this way, from now on. */
  arrange(place: Place): void {
    this.#place = place;
    this.#group.arrange(layoutOfLeader(place.plan, place.namespaces, this.#notReady));
  }

  async stop(): Promise<void> {
    for (const pod of [...this.#group.pods()]) this.#tell('left', pod);
    await Promise.all([this.#nodes.stop(), this.#group.stop()]);
  }

  knows(uid: string): boolean {
    return this.#group.knows(uid);
  }

  pod(uid: string): PodFacts | undefined {
    return this.#group.pod(uid);
  }

  pods(): Iterable<PodFacts> {
    return this.#group.pods();
  }

  podsOf(namespace: string): Iterable<PodFacts> {
    return this.#group.podsOf(namespace);
  }

  watches(): PodWatchDescription[] {
    return this.#group.describe();
  }

  describe(): LeaderWatchesDescription {
    return { state: this.#nodes.state, nodes: this.#notReady.size };
  }

  #changed(nodes: ReadonlySet<string>): void {
    const before = this.#notReady;
    const added = nodes.difference(before);
    const gone = before.difference(nodes);
    for (const pod of [...this.#group.pods()]) if (gone.has(pod.nodeName)) this.#tell('left', pod);
    this.#notReady = new Set(nodes);
    this.#options.parts.logger.info(
      { notReady: nodes.size, added: [...added].slice(0, 10), gone: [...gone].slice(0, 10) },
      'nodes that are not Ready: their pods are told by the leader',
    );
    for (const pod of [...this.#group.pods()]) if (added.has(pod.nodeName)) this.#tell('added', pod);
    if (this.#place !== undefined) this.arrange(this.#place);
  }

  #tell(type: PodChange['type'], pod: PodFacts): void {
    this.#options.events.change({ type, cause: 'initial', pod });
  }
}
