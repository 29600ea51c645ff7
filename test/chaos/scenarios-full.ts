/**
 * A leader that dies with an outbox that had been full for a while, so that it counted failures by fingerprint and, where
 * no two had the same, stopped looking. Once it comes back by itself, and once another replica takes over, which has to
 * find everything in what the cluster still shows.
 *
 * Beside the oracle's verdict, the sums: at the leader each failure it decided to tell is in its outbox, waits, or is
 * counted; and at the plane the events that stand for others say how many were counted, before the death and after: just as many, unless
 * the device was so full that a kill took counts, and never more.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WireEvent } from '../../internal/restate/wire-event.ts';
import { until } from '../support/e2e-until.ts';
import { mountSmallDisk, smallDiskUnavailable, type SmallDisk } from './parts-small-disk.ts';
import { isLeading, nextLine, ready, startReplica, toldBy, type Replica } from './parts-replicas.ts';
import { addTallies } from './parts-tally.ts';
import { startRig } from './rig.ts';
import type { Scenario, ScenarioRow, ScenarioRun } from './scenario.ts';

/** Room for all that is to be remembered of the pods; but for a while others take nearly all of it. */
const DISK_MEBIBYTES = 64;
const LEFT_BYTES = 2 * 1024 * 1024;
/** Of one cause: about 950 find room, 2,000 are kept whole in memory, the others are counted. */
const OF_ONE_CAUSE = 4_000;
/** Each of a cause of its own: when 512 KiB of those are kept and 20,000 more wait, it looks no further. */
const OF_THEIR_OWN = { short: 0, long: 23_000 } as const;
const STAYS_MS = { short: 3_000, long: 30_000 } as const;
const ARRIVES_WITHIN_MS = 300_000;

type Rig = Awaited<ReturnType<typeof startRig>>;

async function fullLeader(run: ScenarioRun): Promise<ScenarioRow> {
  const back = await oneRound(run, 'comes back');
  const over = await oneRound(run, 'another takes over');
  const note = `comes back after ${back.said}; another takes over after ${over.said}`;
  const recoveriesMs = [back.recoveryMs, over.recoveryMs];
  const altered = (back.totals.altered ?? 0) + (over.totals.altered ?? 0);
  return { ...addTallies([back.totals, over.totals]), altered, faultsInjected: 2, recoveriesMs, note };
}

async function oneRound({ form, progress }: ScenarioRun, then: 'comes back' | 'another takes over') {
  await using rig = await startRig();
  const dataDir = path.join(rig.folder, 'small');
  using disk = mountSmallDisk(dataDir, DISK_MEBIBYTES);
  // The usual Lease: a term that ends because the machine is busy would have what waits decided again.
  const one = await startReplica(rig, 'one', { dataDir });
  await until('it leads', () => isLeading(one));
  const two = then === 'comes back' ? undefined : await startReplica(rig, 'two');
  await rig.failAndArrive(10);
  // With hundreds of causes the rows need more room than a full device has, and a kill forgets what was counted.
  const ofTheirOwn = two === undefined ? 0 : OF_THEIR_OWN[form];
  const { said, counted } = await fillUp(rig, disk, one, { ofTheirOwn, staysMs: STAYS_MS[form] });
  progress(`${then} after ${said}`);
  const recoveryMs = two === undefined ? await comesBack(rig, disk, one) : await anotherTakesOver(rig, disk, one, two);
  if (two === undefined) {
    const after = (await atRest(one)).counted;
    const sum = counted + after;
    await until(`${sum} are told as counted`, () => coalescedAt(rig) === sum).catch((error: unknown) => {
      const told = coalescedAt(rig);
      assert.ok(told >= after && told < sum, `${String(error)}, but ${told}`);
      progress(`the kill took ${sum - told} of ${counted} counts: their rows had found no room`);
    });
  }
  return { said, recoveryMs, totals: await rig.settle(ARRIVES_WITHIN_MS) };
}

interface Filling {
  /** Failures each of a cause of its own. */
  readonly ofTheirOwn: number;
  readonly staysMs: number;
}

/** The plane away, until the outbox is full and more than that has happened; stays so for a while. */
async function fillUp(rig: Rig, disk: SmallDisk, replica: Replica, { ofTheirOwn, staysMs }: Filling) {
  const { agent, door } = replica;
  const before = await atRest(replica);
  disk.leave(LEFT_BYTES);
  door.decide = ({ isDelivery }) => ({ kind: isDelivery ? 'cut-before' : 'pass' });
  await rig.cluster.fail(OF_ONE_CAUSE);
  await rig.cluster.fail(ofTheirOwn, 'own');
  const wanted = ofTheirOwn > 0 ? 'paused' : 'coalescing';
  const isSo = async (): Promise<boolean> => (await agent.metric(`watcher_telling_state{state="${wanted}"}`)) === 1;
  await until(`it is ${wanted}`, isSo, ARRIVES_WITHIN_MS);
  await sleep(staysMs);
  assert.ok(await isSo(), `it is ${wanted} no more`);
  const sums = since(await atRest(replica, Infinity), before);
  const { told, stored, waiting, kept, counted, skipped } = sums;
  assert.equal(stored + waiting + kept + counted, told, `the sums do not agree: ${JSON.stringify(sums)}`);
  assert.ok(told + skipped >= OF_ONE_CAUSE + ofTheirOwn, `${told} told of, ${skipped} skipped`);
  const said = `${wanted}: ${stored} stored, ${waiting} wait, ${kept} kept for ${counted} counted, ${skipped} skipped`;
  return { counted, said };
}

/** What the process decided to tell so far, and where that is. */
async function sumsOf({ agent }: Replica) {
  const [stored = 0, kept = 0, counted = 0, skipped = 0] = await agent.metrics(
    'watcher_events_appended_total',
    'watcher_events_coalesced_total{reason="kept"}',
    'watcher_events_coalesced_total{reason="counted"}',
    'watcher_changes_skipped_total',
  );
  const { checks } = JSON.parse(await agent.get('/readyz')) as Readiness;
  const { waiting } = checks.pipeline.detail;
  return { told: await toldBy({ agent }), stored, kept, counted, skipped, waiting };
}

/** Once no more than `depth` is in the outbox and nothing changes any more. */
async function atRest(replica: Replica, depth = 0): Promise<Sums> {
  let last = '';
  return until('it is at rest', async () => {
    await sleep(500);
    const sums = await sumsOf(replica);
    const queued = (await replica.agent.metric('watcher_queue_depth')) ?? Infinity;
    const now = JSON.stringify([queued, sums]);
    const isAtRest = now === last && queued <= depth;
    last = now;
    return isAtRest ? sums : undefined;
  });
}

type Sums = Awaited<ReturnType<typeof sumsOf>>;

function since(now: Sums, before: Sums): Sums {
  const { told, stored, kept, counted, skipped, waiting } = before;
  return {
    ...{ told: now.told - told, stored: now.stored - stored, kept: now.kept - kept, waiting: now.waiting - waiting },
    ...{ counted: now.counted - counted, skipped: now.skipped - skipped },
  };
}

interface Readiness {
  readonly checks: { readonly pipeline: { readonly detail: { readonly waiting: number } } };
}

/** On a disk that is still full. Ms from the start of the next process to its first delivery. */
async function comesBack(rig: Rig, disk: SmallDisk, { agent, door }: Replica): Promise<number> {
  await agent.kill();
  door.decide = undefined;
  await agent.start();
  const recoveryMs = (await door.nextAccepted(60_000, agent.startedAtMs)) - agent.startedAtMs;
  disk.giveBack();
  await ready(agent);
  await rig.arrived(ARRIVES_WITHIN_MS);
  await until('its outbox is empty', async () => (await agent.metric('watcher_queue_depth')) === 0, ARRIVES_WITHIN_MS);
  return recoveryMs;
}

/** Ms until the other one leads. What the dead one had stored comes in the end, and is known. */
async function anotherTakesOver(rig: Rig, disk: SmallDisk, one: Replica, two: Replica): Promise<number> {
  const leads = nextLine(two, 'leading');
  await one.agent.kill();
  const killedMs = performance.now();
  await leads;
  const recoveryMs = performance.now() - killedMs;
  await rig.arrived(ARRIVES_WITHIN_MS);
  one.door.decide = undefined;
  disk.giveBack();
  await one.agent.start();
  await ready(one.agent);
  return recoveryMs;
}

/** How many the events at the plane say were counted on them. */
function coalescedAt(rig: Rig): number {
  const counts = rig.ledger.held.map(({ event }) => (event as Pick<WireEvent, 'coalesced'>).coalesced?.count ?? 0);
  return counts.reduce((sum, count) => sum + count, 0);
}

export const fullScenarios: readonly Scenario[] = [
  {
    id: 'full-leader',
    fault: 'kill -9 of a leader whose outbox had been full for long',
    unavailable: smallDiskUnavailable,
    run: fullLeader,
  },
];
