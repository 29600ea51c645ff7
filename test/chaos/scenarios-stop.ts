/**
 * The leading agent told to end while the plane is slow and its outbox full of what it has not delivered: it must
 * end in time and with code 0, another must lead at once, and what it had left behind must arrive after its next start.
 */
import { until } from '../support/e2e-until.ts';
import type { ChaosAgent } from './chaos-agent.ts';
import type { PlaneDoor } from './plane-door.ts';
import { startRig } from './rig.ts';
import type { Scenario } from './scenario.ts';

const SLOW_MS = 2000;
const QUEUED = 1000;
const EXIT_WITHIN_MS = 25_000;

interface Replica {
  readonly agent: ChaosAgent;
  readonly door: PlaneDoor;
}

/** Ends it under load; the Ms until the other one told failures, and how long it took to end. */
async function endLeader(leader: Replica, other: Replica): Promise<{ followedMs: number; endedMs: number }> {
  const beganMs = performance.now();
  const ending = leader.agent.stop();
  await other.agent.process.line('telling failures');
  const followedMs = performance.now() - beganMs;
  const { code, tookMs } = await ending;
  if (code !== 0) throw new Error(`told to end, the agent ended with ${code ?? 'a signal'}`);
  if (tookMs > EXIT_WITHIN_MS) throw new Error(`told to end, the agent took ${tookMs.toFixed(0)} ms`);
  return { followedMs, endedMs: tookMs };
}

const terminated: Scenario = {
  id: 'R-3',
  fault: 'SIGTERM of the leader, 1,000 queued, plane slow by 2 s',
  recoversWithinMs: 2000,
  run: async ({ form, progress, signal }) => {
    await using rig = await startRig();
    const replica = async (name: string): Promise<Replica> => {
      const door = await rig.openDoor();
      const args = ['--leader-elect=true', `--pod-name=${name}`, '--pod-namespace=default'];
      return { door, agent: rig.agent(door, { args }) };
    };
    let [leader, other] = [await replica('watcher-a'), await replica('watcher-b')];
    await leader.agent.start();
    await leader.agent.process.line('telling failures');
    await rig.failAndArrive(10);
    const times = form === 'long' ? 5 : 1;
    const followedMs: number[] = [];
    const endedMs: number[] = [];
    await rig.cluster.setRate(50);
    for (let ended = 0; ended < times && !signal.aborted; ended++) {
      await other.agent.start();
      await other.agent.process.line('following: another replica tells failures');
      leader.door.decide = ({ isDelivery }) => (isDelivery ? { kind: 'slow', ms: SLOW_MS } : { kind: 'pass' });
      await rig.cluster.fail(QUEUED + 500);
      const { agent } = leader;
      await until('enough is queued', async () => ((await agent.metric('watcher_queue_depth')) ?? 0) >= QUEUED);
      const took = await endLeader(leader, other);
      followedMs.push(took.followedMs);
      endedMs.push(took.endedMs);
      leader.door.decide = undefined;
      [leader, other] = [other, leader];
      progress(`${ended + 1} of ${times}`);
    }
    await other.agent.start();
    const totals = await rig.settle();
    const note = `recovery: until the other one leads; ended with 0 after ${(Math.max(...endedMs) / 1000).toFixed(1)} s at most`;
    return { ...totals, faultsInjected: times, recoveriesMs: followedMs, note };
  },
};

export const stopScenarios: readonly Scenario[] = [terminated];
