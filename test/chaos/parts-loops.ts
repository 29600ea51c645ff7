/**
 * Failover without a second telling: pods in crash loops, whose exits fall under a cooldown that a new leader can't know,
 * and kills of the leader at random moments. What is told, and what is not, is the plane's to show.
 *
 * The oracle: each pod's first exit is there; each incident is told once; no event is there twice or is none of ours. In
 * the end some pods go and the leader dies at once: the next one's first word closes their incidents and no other.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { ReceivedItem } from '../../cmd/plane/project/received.ts';
import { eventId } from '../../internal/pipeline/identity.ts';
import { until } from '../support/e2e-until.ts';
import { readerOf } from '../support/plane-server.ts';
import { control } from '../support/simulated-apiserver/control.ts';
import type { SyntheticFailure } from '../support/simulated-apiserver/synthetic-fleet.ts';
import { leaderOf, nextLine, atMs, quickLease, quiet, ready, startReplica, type Replica } from './parts-replicas.ts';
import { CLUSTER_ID, Rig } from './rig.ts';
import type { ScenarioRow, ScenarioRun } from './scenario.ts';
import type { ChaosCluster } from './simulated-cluster.ts';

/** They exit in turn, so that first exits, of which each must be told, and later ones, of which none must, go on throughout. */
const PODS = { short: 250, long: 1_500 } as const;
const EXITS_PER_SECOND = 40;

interface LoopingCluster extends ChaosCluster {
  readonly exits: () => Promise<readonly SyntheticFailure[]>;
  /** Deletes the pod at once. */
  readonly remove: (pod: Pick<SyntheticFailure, 'namespace' | 'pod'>) => Promise<void>;
}

/** The simulated API server as a process of its own, with pods that exit and come up again. */
async function startLoopingCluster(pods: number): Promise<LoopingCluster> {
  const program = path.join(import.meta.dirname, '../support/simulated-apiserver/main.ts');
  const child = spawn(process.execPath, [program, '--history-limit=50000'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const places = await firstLine(child);
  await control(places.control, { command: 'load', pods });
  const setRate = async (perSecond: number): Promise<void> => {
    await control(places.control, { command: 'fail', rate: perSecond });
    await control(places.control, { command: 'churn', rate: perSecond * 2 });
  };
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  return {
    kubeconfig: places.kubeconfig,
    setRate,
    fail: () => Promise.resolve(),
    retire: () => Promise.resolve(),
    exits: async () => {
      const told = (await control(places.control, { command: 'failures' })) as { failures: SyntheticFailure[] };
      return told.failures;
    },
    remove: async ({ namespace, pod }) => {
      const url = `${places.url}/api/v1/namespaces/${namespace}/pods/${pod}?gracePeriodSeconds=0`;
      const headers = { authorization: `Bearer ${places.token}` };
      const { statusCode, body } = await request(url, { method: 'DELETE', headers, dispatcher });
      await body.dump();
      if (statusCode !== 200) throw new Error(`DELETE ${url}: ${statusCode}`);
    },
    [Symbol.asyncDispose]: async () => {
      await dispatcher.close();
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

type Places = Readonly<Record<'kubeconfig' | 'control' | 'url' | 'token', string>>;

async function firstLine(child: ChildProcess): Promise<Places> {
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  const [line] = (await once(lines, 'line')) as [string];
  return JSON.parse(line) as Places;
}

export async function failoverOfLoops({ form, progress, signal }: ScenarioRun): Promise<ScenarioRow> {
  await using rig = await Rig.start({
    cluster: () => startLoopingCluster(PODS[form]),
    plane: ['--cooldown=1h'],
    keepsPods: true,
  });
  const replicas = [];
  for (const name of ['one', 'two']) replicas.push(await startReplica(rig, name, { args: quickLease }));
  await leaderOf(replicas);
  await rig.cluster.setRate(EXITS_PER_SECOND);
  const times = form === 'long' ? 20 : 3;
  const recoveriesMs: number[] = [];
  for (let killed = 0; killed < times && !signal.aborted; killed++) {
    const { leader, follower } = await leaderOf(replicas);
    await sleep(Math.random() * 1500);
    if (killed % 2 === 1) await beginAnew(follower);
    const leads = nextLine(follower, 'leading');
    await leader.agent.kill();
    const killedAtMs = Date.now();
    recoveriesMs.push(atMs(await leads) - killedAtMs);
    await leader.agent.start();
    await ready(leader.agent);
    progress(`${killed + 1} of ${times} kills`);
  }
  await rig.cluster.setRate(0);
  const exits = await rig.cluster.exits();
  await quiet(() => rig.ledger.held.length, 4_000);
  const { row, note } = judge(exits, failuresIn(rig.ledger.held));
  const { events } = await readerOf(rig.restate.ingressUrl).summary(CLUSTER_ID);
  progress(`closed after ${await closedInTime(rig, replicas)} ms`);
  const again = `${events.known ?? 0} exits told again under their ids, which the plane knew`;
  return { ...row, faultsInjected: times, recoveriesMs, note: `${note}; ${again}` };
}

/** A new pod in its place: it knows nothing of what was told, by itself or by others. */
async function beginAnew({ agent, dataDir }: Replica): Promise<void> {
  await until('its outbox is empty', async () => (await agent.metric('watcher_queue_depth')) === 0);
  await agent.kill();
  rmSync(dataDir, { recursive: true, force: true });
  await agent.start();
  await ready(agent);
}

const failuresIn = (held: readonly ReceivedItem[]): ReceivedItem[] =>
  held.filter(({ event }) => event.type === 'failure' || event.type === 'ongoing');

/** Removes every fourth pod that failed and kills the leader; Ms until their incidents are closed and no other. */
async function closedInTime(rig: Rig<LoopingCluster>, replicas: readonly Replica[]): Promise<number> {
  const keys = new Map(failuresIn(rig.ledger.held).map(({ event }) => [event.pod_uid ?? '', event.incident_key ?? '']));
  const exits = await rig.cluster.exits();
  const pods = [...new Map(exits.map((exit) => [exit.uid, exit])).values()];
  const isGone = (index: number): boolean => index % 4 === 0;
  for (const pod of pods.filter((_, index) => isGone(index))) await rig.cluster.remove(pod);
  const { leader, follower } = await leaderOf(replicas);
  const leads = nextLine(follower, 'leading');
  await leader.agent.kill();
  await leads;
  const beganMs = performance.now();
  const reader = readerOf(rig.restate.ingressUrl);
  const areOpen = (): Promise<boolean[]> =>
    Promise.all(pods.map(async ({ uid }) => (await reader.incident(CLUSTER_ID, keys.get(uid) ?? '')).isOpen));
  await until('the incidents of pods that are gone are closed', async () =>
    (await areOpen()).every((isOpen, index) => !isGone(index) || !isOpen),
  );
  const tookMs = Math.round(performance.now() - beganMs);
  const wrong = (await areOpen()).filter((isOpen, index) => isOpen === isGone(index)).length;
  assert.equal(wrong, 0, 'incidents of pods that are still there were closed');
  return tookMs;
}

function judge(exits: readonly SyntheticFailure[], held: readonly ReceivedItem[]) {
  const idOf = ({ uid, container, containerId }: SyntheticFailure): string =>
    eventId({
      ...{ clusterId: CLUSTER_ID, subject: `uid:${uid}`, container: { role: 'app', name: container } },
      occurrence: `exit:${containerId}`,
    });
  const ids = new Set(exits.map(idOf));
  const first = new Map<string, string>();
  for (const exit of exits) if (!first.has(exit.uid)) first.set(exit.uid, idOf(exit));
  const times = countBy(held.map(({ event }) => event.event_id));
  const tellings = held.filter(({ disposition }) => disposition === 'told' || disposition === 'told-escalated');
  const toldTimes = countBy(tellings.map(({ event }) => event.pod_uid ?? ''));
  const lost = [...first].filter(([uid, id]) => !times.has(id) || !toldTimes.has(uid));
  const doubled = [...times.values(), ...toldTimes.values()].filter((count) => count > 1);
  const unknown = [...times.keys()].filter((id) => !ids.has(id));
  const row = { failuresInjected: exits.length, lost: lost.length, doubled: doubled.length, unknown: unknown.length };
  const quietly = held.length - tellings.length;
  return {
    row,
    note: `${first.size} pods told once each; ${quietly} later exits told by a leader that knew nothing cooled down at the plane`,
  };
}

function countBy(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
