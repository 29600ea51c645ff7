/**
 * The agent killed with SIGKILL, again and again, while failures arrive: at random moments, so also while it
 * starts, appends, freezes and delivers. Every failure shows in the cluster until the plane has it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { allStored } from './all-stored.ts';
import type { ChaosAgent } from './chaos-agent.ts';
import type { PlaneDoor } from './plane-door.ts';
import { clusterAvailability } from '../cluster/availability.ts';
import { startRealCluster } from './real-cluster.ts';
import { failuresIn } from './oracle.ts';
import { Rig, startRig, type AgentWishes } from './rig.ts';
import type { Form, Scenario, ScenarioRow, ScenarioRun } from './scenario.ts';
import type { ChaosCluster } from './simulated-cluster.ts';

/** One kill of four falls into the start of the agent, before it could deliver anything. */
const EARLY_SHARE = 0.25;

/** A machine that is busy elsewhere drains slowly. */
const SETTLE_WITHIN_MS = 300_000;

/** Failures that only the outbox knows of. */
const FAILURES_GONE = 500;

export interface Kills {
  readonly recoveriesMs: number[];
  readonly early: number;
}

/** Kills and starts it again `times` times. Recovery: from the start of the new process to its first delivery. */
export async function killAgain(agent: ChaosAgent, door: PlaneDoor, times: number, run: ScenarioRun): Promise<Kills> {
  const recoveriesMs: number[] = [];
  let early = 0;
  for (let killed = 0; killed < times && !run.signal.aborted; killed++) {
    const isEarly = Math.random() < EARLY_SHARE;
    await agent.restart();
    if (isEarly) {
      early += 1;
      await sleep(50 + Math.random() * 600);
    } else {
      recoveriesMs.push((await door.nextAccepted(60_000, agent.startedAtMs)) - agent.startedAtMs);
      await sleep(50 + Math.random() * 1950);
    }
    if (killed % 10 === 9) run.progress(`${killed + 1} of ${times} kills`);
  }
  return { recoveriesMs, early };
}

interface KilledOptions {
  readonly times: Readonly<Record<Form, number>>;
  readonly perSecond: number;
  readonly start: () => Promise<Rig<ChaosCluster>>;
  /** Of the agent, beside --batch-size. */
  readonly wishes?: AgentWishes;
  /** What to say of how it was told. */
  readonly noteOf?: (rig: Rig<ChaosCluster>) => string;
}

async function killWhileFailing(run: ScenarioRun, options: KilledOptions): Promise<ScenarioRow> {
  const { times, perSecond, start, wishes = {}, noteOf = () => '' } = options;
  await using rig = await start();
  const door = await rig.openDoor();
  const agent = rig.agent(door, { ...wishes, args: ['--batch-size=500', ...(wishes.args ?? [])] });
  await agent.start();
  await rig.failAndArrive(10);
  const beganMs = performance.now();
  const before = rig.ledger.injected;
  await rig.cluster.setRate(perSecond);
  const { recoveriesMs, early } = await killAgain(agent, door, times[run.form], run);
  const reached = ((rig.ledger.injected - before) * 1000) / (performance.now() - beganMs);
  const totals = await rig.settle(SETTLE_WITHIN_MS);
  const note = `${reached.toFixed(0)} failures/s reached; ${early} of the kills while it started${noteOf(rig)}`;
  return { ...totals, faultsInjected: times[run.form], recoveriesMs, note };
}

const killed: Scenario = {
  id: 'R-1',
  fault: 'kill -9 of the agent, 500 failures/s',
  recoversWithinMs: 3000,
  run: (run) => killWhileFailing(run, { times: { long: 100, short: 10 }, perSecond: 500, start: startRig }),
};

const killedOnReal: Scenario = {
  id: 'R-1-real',
  fault: 'kill -9 of the agent on a real API server',
  recoversWithinMs: 3000,
  unavailable: async () => {
    const machine = await clusterAvailability();
    return machine.available ? undefined : machine.reason;
  },
  run: (run) => {
    const start = (): Promise<Rig<ChaosCluster>> => Rig.start({ cluster: startRealCluster });
    return killWhileFailing(run, { times: { long: 20, short: 2 }, perSecond: 30, start });
  },
};

/** As it is shipped: of each cause so many a second by themselves, and the others in digests. */
const killedInStorm: Scenario = {
  id: 'R-1-digest',
  fault: 'kill -9 of the agent while a storm is told as digests, 500 failures/s',
  recoversWithinMs: 3000,
  run: (run) =>
    killWhileFailing(run, {
      ...{ times: { long: 20, short: 3 }, perSecond: 500, start: startRig, noteOf: digestsOf },
      wishes: { args: ['--digest-window=1s'], environment: { DIGEST_THRESHOLD: '50' } },
    }),
};

/** How many came as digests. Throws where none did: then nothing was tried. */
function digestsOf({ ledger }: Rig<ChaosCluster>): string {
  const digests = ledger.held.filter(({ event }) => event.type === 'digest');
  if (digests.length === 0) throw new Error('no digest was told');
  const failures = digests.reduce((sum, { event }) => sum + failuresIn(event).length, 0);
  return `; ${failures} failures in ${digests.length} digests`;
}

/** The plane is away, what was appended shows in the cluster no more, and the agent is killed: only the outbox has it. */
const onlyInTheOutbox: Scenario = {
  id: 'R-1-gone',
  fault: 'kill -9 with the plane away and the failed pods gone',
  run: async ({ form, progress, signal }) => {
    await using rig = await startRig();
    const door = await rig.openDoor();
    const agent = rig.agent(door);
    await agent.start();
    await rig.failAndArrive(10);
    const times = form === 'long' ? 10 : 2;
    const recoveriesMs: number[] = [];
    for (let killed = 0; killed < times && !signal.aborted; killed++) {
      door.decide = () => ({ kind: 'cut-before' });
      await rig.cluster.fail(FAILURES_GONE);
      await allStored(agent, FAILURES_GONE);
      await rig.cluster.retire(rig.ledger.awaited());
      await agent.kill();
      door.decide = undefined;
      const flows = door.nextAccepted();
      await agent.start();
      recoveriesMs.push((await flows) - agent.startedAtMs);
      await rig.arrived(60_000);
      progress(`${killed + 1} of ${times} kills`);
    }
    return { ...(await rig.settle()), faultsInjected: times, recoveriesMs };
  },
};

export const killScenarios: readonly Scenario[] = [killed, killedOnReal, killedInStorm, onlyInTheOutbox];
