/**
 * Everything a chaos scenario runs on, each part a process of its own: the API server, the Restate server, the plane, and
 * agents with their data on disk; in this process the way between them (plane-door.ts) and the books (ledger.ts).
 *
 * Pods whose failure has arrived are removed, so a failure is visible until it is delivered and no longer. Disposing ends
 * all of it, also where the scenario failed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPlaneProcess, type PlaneProcess } from '../support/plane-process.ts';
import { startRestateServer, type RestateServer } from '../support/restate-server.ts';
import { ChaosAgent, shippedProgram, type ChaosAgentOptions } from './chaos-agent.ts';
import type { InjectedFailure } from './failure.ts';
import { Ledger } from './ledger.ts';
import { isClean, type Verdict } from './oracle.ts';
import { openPlaneDoor, type PlaneDoor } from './plane-door.ts';
import type { ScenarioRow } from './scenario.ts';
import { startSimulatedCluster, type ChaosCluster, type SimulatedCluster } from './simulated-cluster.ts';

export const CLUSTER_ID = 'chaos';

/** How often the plane is read. */
const READ_EVERY_MS = 250;

/** What becomes of a run at its end. */
export type Totals = Pick<ScenarioRow, 'failuresInjected' | 'lost' | 'doubled' | 'unknown' | 'altered'>;

export interface RigOptions<Cluster extends ChaosCluster> {
  /** Starts the cluster; the simulated one by default. */
  readonly cluster: (onFailure: (failure: InjectedFailure) => void) => Promise<Cluster>;
  /** Flags of the plane. */
  readonly plane?: readonly string[];
  /** Keeps pods whose failure has arrived. */
  readonly keepsPods?: boolean;
}

export type AgentWishes = Partial<
  Pick<ChaosAgentOptions, 'args' | 'environment' | 'before' | 'dataDir' | 'kubeconfig'>
>;

export class Rig<Cluster extends ChaosCluster> implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly restate: RestateServer;
  readonly plane: PlaneProcess;
  readonly ledger: Ledger;
  /** For data directories and whatever else goes with the run. */
  readonly folder: string;
  readonly #stack: AsyncDisposableStack;
  readonly #keepsPods: boolean;
  #agents = 0;
  #reading: Promise<void> | undefined;
  #isDisposed = false;

  private constructor(
    parts: Pick<Rig<Cluster>, 'cluster' | 'restate' | 'plane' | 'ledger' | 'folder'>,
    stack: AsyncDisposableStack,
    keepsPods: boolean,
  ) {
    this.cluster = parts.cluster;
    this.restate = parts.restate;
    this.plane = parts.plane;
    this.ledger = parts.ledger;
    this.folder = parts.folder;
    this.#stack = stack;
    this.#keepsPods = keepsPods;
    this.#reading = this.#readOn();
  }

  static async start<Cluster extends ChaosCluster>(options: RigOptions<Cluster>): Promise<Rig<Cluster>> {
    await using starting = new AsyncDisposableStack();
    const folder = mkdtempSync(path.join(tmpdir(), 'chaos-'));
    starting.defer(() => rmSync(folder, { recursive: true, force: true }));
    const restate = await startRestateServer();
    starting.defer(() => restate.stop());
    const plane = await startPlaneProcess(restate.adminUrl, ['--keep-deliveries=1000000', ...(options.plane ?? [])]);
    starting.defer(() => plane.stop());
    const ledger = new Ledger(restate.ingressUrl, CLUSTER_ID);
    const cluster = starting.use(await options.cluster((failure) => void ledger.inject(failure)));
    await shippedProgram();
    return new Rig({ cluster, restate, plane, ledger, folder }, starting.move(), options.keepsPods ?? false);
  }

  /** A way to the plane, for one agent. */
  async openDoor(): Promise<PlaneDoor> {
    return this.#stack.use(await openPlaneDoor(this.restate.ingressUrl));
  }

  /** An agent that reaches the plane through `door`; not started yet. */
  agent(door: Pick<PlaneDoor, 'url'>, wishes: AgentWishes = {}): ChaosAgent {
    const { args = [], ...others } = wishes;
    const dataDir = path.join(this.folder, `data-${++this.#agents}`);
    const quiet = ['--dedup-cooldown=1h', '--leader-elect=false'];
    const places = { kubeconfig: this.cluster.kubeconfig, planeUrl: door.url, clusterId: CLUSTER_ID, dataDir };
    return this.#stack.use(new ChaosAgent({ ...places, ...others, args: [...quiet, ...args] }));
  }

  /**
   * Ends the injection, waits until everything injected is at the plane, and a fresh failure after it; then judges. Where
   * something is missing by then, that is the verdict, and nothing more is waited for.
   */
  async settle(withinMs = 120_000): Promise<Totals> {
    await this.cluster.setRate(0);
    await this.arrived(withinMs);
    if (this.ledger.missing === 0) await this.failAndArrive(1, withinMs);
    await this.#stopReading();
    await this.ledger.read();
    return totalsOf(this.ledger.verdict());
  }

  /** Injects, and resolves when all of it has arrived at the plane. */
  async failAndArrive(count: number, withinMs = 60_000): Promise<void> {
    await this.cluster.fail(count);
    await this.arrived(withinMs);
  }

  /** Resolves when nothing is missing at the plane, or after `withinMs`. */
  async arrived(withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (this.ledger.missing > 0 && performance.now() < deadline) await sleep(50);
  }

  async #readOn(): Promise<void> {
    while (!this.#isDisposed) {
      const arrived = await this.ledger.read();
      if (!this.#keepsPods && arrived.length > 0) await this.cluster.retire(arrived).catch(() => undefined);
      await sleep(READ_EVERY_MS);
    }
  }

  async #stopReading(): Promise<void> {
    this.#isDisposed = true;
    await this.#reading;
    this.#reading = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stopReading();
    await this.#stack.disposeAsync();
  }
}

/** A rig on the simulated API server. */
export function startRig(options: Omit<RigOptions<SimulatedCluster>, 'cluster'> = {}): Promise<Rig<SimulatedCluster>> {
  return Rig.start({ cluster: startSimulatedCluster, ...options });
}

/** A verdict in numbers; what is wrong is said on standard error, a few of each. */
export function totalsOf(verdict: Verdict): Totals {
  const { injected, lost, doubled, unknown, altered } = verdict;
  if (!isClean(verdict)) {
    for (const [what, which] of Object.entries({ lost, doubled, unknown, altered })) {
      for (const one of which.slice(0, 5)) process.stderr.write(`${what}: ${one}\n`);
    }
  }
  return {
    failuresInjected: injected,
    lost: lost.length,
    doubled: doubled.length,
    unknown: unknown.length,
    altered: altered.length,
  };
}
