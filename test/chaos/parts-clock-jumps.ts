/**
 * wall clocks that are set an hour forward and back or run twice as fast, of agents as processes, and in the middle
 * of waits. What is measured and waited for goes by the monotonic clock, so nothing changes: no term ends, no wait is cut
 * short or grows, nothing is lost; nor is it where the clocks of two replicas are an hour apart.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { leaderOf, nextLine, startReplica, type Replica } from './parts-replicas.ts';
import { startDelivery } from './parts-delivery.ts';
import { addTallies, tally, type Tally } from './parts-tally.ts';
import { wallClock, wallClockUnavailable } from './parts-wall-clock.ts';
import { startRig } from './rig.ts';
import type { Scenario, ScenarioRow, ScenarioRun } from './scenario.ts';

const HOUR_MS = 3_600_000;
/** The certificate of the simulated API server is an hour old, and clients insist on that. */
const NEARLY_AN_HOUR_MS = 3_500_000;
const RATE = 100;
/** Long enough that no term ends because the machine is busy: here only clocks may end one. */
const LEASE = ['--lease-duration=9s', '--lease-renew-deadline=7s', '--lease-retry=1s'];

async function jumpingAgents({ form, progress, signal }: ScenarioRun): Promise<ScenarioRow> {
  await using rig = await startRig();
  const clocks = new Map<string, ReturnType<typeof wallClock>>();
  const replicas: Replica[] = [];
  for (const name of ['one', 'two']) {
    const clock = wallClock(rig.folder, name);
    clocks.set(name, clock);
    replicas.push(await startReplica(rig, name, { args: LEASE, environment: clock.environment }));
  }
  await leaderOf(replicas);
  await rig.failAndArrive(10);
  await rig.cluster.setRate(RATE);
  const resetAll = (): void => clocks.forEach((clock) => clock.set(0));
  const rounds = form === 'long' ? 3 : 1;
  const recoveriesMs: number[] = [];
  for (let round = 0; round < rounds && !signal.aborted; round++) {
    const { leader: leading, follower } = await leaderOf(replicas);
    const own = clocks.get(leading.name);
    const terms = leading.agent.process.lines.filter(({ msg }) => msg === 'leading no more').length;
    for (const setMs of [HOUR_MS, 0, -NEARLY_AN_HOUR_MS, 0]) {
      own?.set(setMs);
      await sleep(1_500);
      const isSet = Math.abs((await aheadMs(leading)) - setMs) < HOUR_MS / 4;
      assert.ok(isSet, 'the clock did not move: the library was not used');
    }
    for (let slewedMs = 0; slewedMs < 3_000; slewedMs += 50) {
      own?.set(slewedMs);
      await sleep(50);
    }
    const ended = leading.agent.process.lines.filter(({ msg }) => msg === 'leading no more').length;
    assert.equal(ended, terms, 'a term ended because a clock was set');
    await kill(leading, follower, clocks, recoveriesMs);
    resetAll();
    progress(`${round + 1} of ${rounds} rounds`);
  }
  const totals = await rig.settle();
  const note = `${RATE} failures/s; no term ended; then the leader killed with its clock an hour ahead of the other's`;
  return { ...totals, faultsInjected: rounds * 6, recoveriesMs, note };
}

/** With clocks an hour apart, the one behind takes over. */
async function kill(
  leading: Replica,
  follower: Replica,
  clocks: ReadonlyMap<string, ReturnType<typeof wallClock>>,
  recoveriesMs: number[],
): Promise<void> {
  clocks.get(follower.name)?.set(-NEARLY_AN_HOUR_MS);
  await sleep(1_000);
  const leads = nextLine(follower, 'leading');
  await leading.agent.kill();
  const killedMs = performance.now();
  await leads;
  recoveriesMs.push(performance.now() - killedMs);
  await follower.door.nextAccepted();
  await leading.agent.start();
}

/** How far its clock is ahead of ours, as its answers are dated. */
async function aheadMs({ agent }: Replica): Promise<number> {
  const { headers } = await fetch(`${await agent.process.url()}/livez`);
  return Date.parse(headers.get('date') ?? '') - Date.now();
}

const changes: readonly { readonly name: string; readonly jumpMs: number; readonly rate: number }[] = [
  { name: '+1 h', jumpMs: HOUR_MS, rate: 1 },
  { name: '-1 h', jumpMs: -HOUR_MS, rate: 1 },
  { name: 'twice as fast', jumpMs: 0, rate: 2 },
];

/** In a wait that the plane asked for, in one between attempts, and while the breaker is open. */
const waits = [
  { fault: { kind: 'answer', status: 503, headers: { 'retry-after': '120' } }, atLeastMs: 120_000, atMostMs: 200_000 },
  { fault: { kind: 'answer', status: 401 }, atLeastMs: 30_000, atMostMs: 90_000 },
] as const;

async function jumpsInWaits(): Promise<ScenarioRow> {
  const runs = changes.flatMap((change) => waits.map((wait) => ({ change, wait })));
  const tallies: Tally[] = await Promise.all(
    runs.map(async ({ change, wait }) => {
      await using rig = await startDelivery({ speed: 100, timeoutMs: 60_000 });
      rig.ingress.next(wait.fault);
      await rig.append(1);
      await rig.clock.sleep(10_000);
      rig.clock.jump(change.jumpMs);
      rig.clock.slew(change.rate);
      await rig.drained();
      const [first, second] = rig.attempts;
      const waitedMs = (second?.atMs ?? NaN) - (first?.atMs ?? NaN);
      const said = `${change.name}: waited ${waitedMs} ms, not ${wait.atLeastMs}`;
      assert.ok(waitedMs >= wait.atLeastMs && waitedMs <= wait.atMostMs, said);
      assert.equal(rig.attempts.length, 2, `${change.name}: a burst`);
      return tally(rig.appended, rig.executed());
    }),
  );
  const note = 'in waits of the drain: none cut short, none longer, no burst';
  return { faultsInjected: runs.length, ...addTallies(tallies), recoveriesMs: [], note };
}

export const clockScenarios: readonly Scenario[] = [
  { id: 'R-21', fault: 'wall clock +1 h, -1 h, twice as fast, in waits', run: jumpsInWaits },
  {
    id: 'R-21-agents',
    fault: 'the same for two agents, and their clocks an hour apart',
    unavailable: wallClockUnavailable,
    run: jumpingAgents,
  },
];
