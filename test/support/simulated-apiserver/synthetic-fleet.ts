/**
 * SyntheticFleet: many synthetic pods on one server, changed and broken at a rate. What it writes is spread evenly over time
 * and over the pods, and every failure is noted at the moment the API server has accepted it. A rate it can't keep up with
 * shows in the counts: nothing is caught up later.
 */
import type { Timer } from '../../../internal/platform/clock.ts';
import { namespaces, nodes, pods } from './resources.ts';
import type { SimulatedApiServer } from './server.ts';
import { syntheticContainer, syntheticNamespace, syntheticNode, syntheticNodeName } from './synthetic-pod.ts';
import { syntheticPod, untouched, type SyntheticOptions, type SyntheticState } from './synthetic-pod.ts';

/** A container's death as it was written. */
export interface SyntheticFailure {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly container: string;
  readonly containerId: string;
  readonly revision: number;
  /** Wall clock, Ms since the epoch. */
  readonly acceptedAtMs: number;
}

export interface FleetStats {
  readonly pods: number;
  readonly changes: number;
  readonly failures: number;
}

/** How often work is done that is due. */
const TICK_MS = 10;
/** After a pause of the process, at most this much is made up for. */
const LONGEST_TICK_MS = 100;

export class SyntheticFleet {
  readonly #server: SimulatedApiServer;
  readonly #options: SyntheticOptions;
  readonly #states: SyntheticState[] = [];
  readonly #failures: SyntheticFailure[] = [];
  #changes = 0;
  #nextChanged = 0;
  #nextFailed = 0;
  #rates = { changes: 0, failures: 0 };
  #owed = { changes: 0, failures: 0 };
  #timer: Timer | undefined;

  constructor(server: SimulatedApiServer, options: Partial<SyntheticOptions> = {}) {
    this.#server = server;
    this.#options = { size: 'lean', namespaces: 20, podsPerNode: 100, ...options };
  }

  get stats(): FleetStats {
    return { pods: this.#states.length, changes: this.#changes, failures: this.#failures.length };
  }

  /** Failures from the `from`-th on. */
  failures(from = 0): readonly SyntheticFailure[] {
    return this.#failures.slice(from);
  }

  /** Adds `count` pods, all Running, with their nodes and namespaces. */
  load(count: number): void {
    const first = this.#states.length;
    for (let index = first; index < first + count; index++) {
      this.#makeSurroundings(index);
      this.#states.push(untouched);
      this.#write(index, untouched);
    }
  }

  /** From now on changes so many pods a second in a way that is nobody's business; 0 stops it. */
  churn(perSecond: number): void {
    this.#rates = { ...this.#rates, changes: perSecond };
    this.#run();
  }

  /** From now on lets so many containers a second die, each in another pod while there are others; 0 stops it. */
  fail(perSecond: number): void {
    this.#rates = { ...this.#rates, failures: perSecond };
    this.#run();
  }

  /** Lets one container die now. It is up again with the next change of its pod. */
  failOne(): SyntheticFailure {
    const index = this.#nextFailed++ % this.#states.length;
    const state = this.#states[index] ?? untouched;
    const nowMs = this.#server.clock.now();
    const { name, id } = syntheticContainer(index, this.#options, state.exits);
    const next = { ...state, exits: state.exits + 1, isDown: true, changedAtMs: nowMs };
    const { namespace, name: pod, uid, revision } = this.#write(index, next);
    const failure = { namespace, pod, uid, container: name, containerId: id, revision, acceptedAtMs: nowMs };
    this.#failures.push(failure);
    return failure;
  }

  /** Changes one pod now. */
  changeOne(): void {
    const index = this.#nextChanged++ % this.#states.length;
    const state = this.#states[index] ?? untouched;
    const changedAtMs = state.isDown ? this.#server.clock.now() : state.changedAtMs;
    this.#write(index, { ...state, changes: state.changes + 1, isDown: false, changedAtMs });
    this.#changes += 1;
  }

  /** Ends churn and failures. */
  stop(): void {
    this.#rates = { changes: 0, failures: 0 };
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #write(index: number, state: SyntheticState) {
    this.#states[index] = state;
    const options = this.#options;
    return this.#server.store.put(pods, () => syntheticPod(index, options, state));
  }

  #makeSurroundings(index: number): void {
    const namespace = syntheticNamespace(index, this.#options);
    if (this.#server.store.get(namespaces, namespace) === undefined) this.#server.ensureNamespace(namespace);
    const node = syntheticNodeName(index, this.#options);
    if (this.#server.store.get(nodes, node) === undefined) this.#server.put(nodes, syntheticNode(node));
  }

  #run(): void {
    if (this.#timer !== undefined || this.#states.length === 0) return;
    let lastMs = this.#server.clock.monotonicMs();
    const tick = (): void => {
      const nowMs = this.#server.clock.monotonicMs();
      this.#work(Math.min(nowMs - lastMs, LONGEST_TICK_MS));
      lastMs = nowMs;
      const isIdle = this.#rates.changes === 0 && this.#rates.failures === 0;
      this.#timer = isIdle ? undefined : this.#server.clock.setTimer(TICK_MS, tick);
    };
    this.#timer = this.#server.clock.setTimer(TICK_MS, tick);
  }

  #work(elapsedMs: number): void {
    const changes = this.#owed.changes + (this.#rates.changes * elapsedMs) / 1000;
    const failures = this.#owed.failures + (this.#rates.failures * elapsedMs) / 1000;
    for (let done = 0; done < Math.floor(changes); done++) this.changeOne();
    for (let done = 0; done < Math.floor(failures); done++) this.failOne();
    this.#owed = { changes: changes % 1, failures: failures % 1 };
  }
}
