/**
 * Failover without a second telling: pods in crash loops, whose exits fall under a cooldown that a new leader can't know,
 * and kills of the leader at random moments. What is told, and what is not, is the plane's to show.
 *
 * First another replica takes over that has watched; then, once all pods have exited and many again, one that starts from
 * nothing after the leader is dead. It tells later exits of what was told long ago: if none of them came to the plane and
 * was kept quiet there, the cooldown was not tried, and the run fails. In the end some pods go and the leader dies at
 * once: the next one's first word closes their incidents and no other.
 */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/e2e-until.ts';
import { readerOf } from '../support/plane-server.ts';
import { startLoopingCluster, type LoopingCluster } from './parts-loops-cluster.ts';
import { judgeLoops } from './parts-loops-verdict.ts';
import { leaderOf, nextLine, atMs, quickLease, quiet, ready, startReplica, type Replica } from './parts-replicas.ts';
import { CLUSTER_ID, Rig } from './rig.ts';
import type { ScenarioRow, ScenarioRun } from './scenario.ts';

/** They exit in turn, so that first exits go on through the first half of the kills. */
const PODS = { short: 250, long: 2_000 } as const;
const KILLS = { short: 3, long: 20 } as const;
const EXITS_PER_SECOND = 40;
const QUIET_MS = 4_000;
/** Asking for hundreds of them takes a busy machine seconds. */
const CLOSED_WITHIN_MS = 120_000;

export async function failoverOfLoops({ form, progress, signal }: ScenarioRun): Promise<ScenarioRow> {
  await using rig = await Rig.start({
    cluster: () => startLoopingCluster(PODS[form]),
    plane: ['--cooldown=1h'],
    keepsPods: true,
  });
  const replicas: Replica[] = [];
  for (const name of ['one', 'two']) replicas.push(await startReplica(rig, name, { args: quickLease }));
  await leaderOf(replicas);
  await rig.cluster.setRate(EXITS_PER_SECOND);
  const times = KILLS[form];
  const recoveriesMs: number[] = [];
  for (let killed = 0; killed < times && !signal.aborted; killed++) {
    const isFromNothing = killed > times / 2;
    if (isFromNothing) await manyAgain(rig, PODS[form]);
    recoveriesMs.push(await failover(replicas, isFromNothing));
    progress(`${killed + 1} of ${times} kills`);
  }
  await rig.cluster.setRate(0);
  await quiet(() => rig.ledger.held.length, QUIET_MS);
  const { removed, tookMs } = await someGo(rig, replicas);
  await quiet(() => rig.ledger.held.length, QUIET_MS);
  const { events } = await readerOf(rig.restate.ingressUrl).summary(CLUSTER_ID);
  const verdict = judgeLoops({ exits: await rig.cluster.exits(), removed, held: rig.ledger.held });
  const { failuresInjected, lost, doubled, unknown, pods, quiet: cooled, resolved } = verdict;
  assert.ok(signal.aborted || cooled > 0, 'no leader told what another had kept quiet: the cooldown was not tried');
  progress(`${removed.size} incidents closed after ${tookMs} ms, ${resolved} of them told as over`);
  const note =
    `${pods} pods told once each; ${cooled} later exits, told by leaders that knew nothing, cooled down at the plane; ` +
    `${events.known ?? 0} exits told again under their ids, which the plane knew`;
  return { failuresInjected, lost, doubled, unknown, faultsInjected: times, recoveriesMs, note };
}

/** Every pod has exited, and half of them once more. */
async function manyAgain(rig: Rig<LoopingCluster>, pods: number): Promise<void> {
  await until('pods have exited again', async () => (await rig.cluster.exits()).length >= 1.5 * pods, 120_000);
}

/** Kills the leader at a random moment; Ms until another leads. The dead one comes back with its outbox and follows. */
async function failover(replicas: readonly Replica[], isFromNothing: boolean): Promise<number> {
  const { leader, follower } = await leaderOf(replicas);
  await sleep(Math.random() * 1500);
  if (isFromNothing) await endAndForget(follower);
  const leads = isFromNothing ? undefined : nextLine(follower, 'leading');
  await leader.agent.kill();
  const killedAtMs = Date.now();
  if (isFromNothing) await follower.agent.start();
  const leadsAtMs = atMs(await (leads ?? nextLine(follower, 'leading')));
  await leader.agent.start();
  await ready(leader.agent);
  return leadsAtMs - killedAtMs;
}

/** As where a pod goes and its place with it: whoever comes next knows nothing of what was told, by itself or by others. */
async function endAndForget({ agent, dataDir }: Replica): Promise<void> {
  await until('its outbox is empty', async () => (await agent.metric('watcher_queue_depth')) === 0);
  await agent.kill();
  rmSync(dataDir, { recursive: true, force: true });
}

/** Removes every fourth pod that failed and kills the leader; returns when their incidents are closed, and no other. */
async function someGo(rig: Rig<LoopingCluster>, replicas: readonly Replica[]) {
  const keys = new Map(rig.ledger.held.map(({ event }) => [event.pod_uid ?? '', event.incident_key ?? '']));
  const exits = await rig.cluster.exits();
  const pods = [...new Map(exits.map((exit) => [exit.uid, exit])).values()];
  const isGone = (index: number): boolean => index % 4 === 0;
  const gone = pods.filter((_, index) => isGone(index));
  for (const pod of gone) await rig.cluster.remove(pod);
  const { leader, follower } = await leaderOf(replicas);
  const leads = nextLine(follower, 'leading');
  await leader.agent.kill();
  await leads;
  const beganMs = performance.now();
  const reader = readerOf(rig.restate.ingressUrl);
  const areOpen = (which: typeof pods): Promise<boolean[]> =>
    Promise.all(which.map(async ({ uid }) => (await reader.incident(CLUSTER_ID, keys.get(uid) ?? '')).isOpen));
  const areClosed = async (): Promise<boolean> => (await areOpen(gone)).every((isOpen) => !isOpen);
  await until('the incidents of pods that are gone are closed', areClosed, CLOSED_WITHIN_MS);
  const tookMs = Math.round(performance.now() - beganMs);
  // With what it had not delivered.
  await leader.agent.start();
  await ready(leader.agent);
  const wrong = (await areOpen(pods)).filter((isOpen, index) => isOpen === isGone(index)).length;
  assert.equal(wrong, 0, 'incidents of pods that are still there were closed, or others not');
  return { removed: new Set(gone.map(({ uid }) => uid)), tookMs };
}
