/**
 * Time from a status change at a real API server to the plane's handler on a real Restate server, for failures one at a
 * time and for a steady stream of them.
 *
 * The clock starts just before the request that changes the status, so the API server's own write is included and nothing
 * is flattered; it stops inside the handler. The baseline watches the same pods at the same time and tells the same plane.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { receivedOf, startPlane } from '../../cmd/demo/plane.ts';
import { startRestate } from '../../cmd/demo/restate.ts';
import type { Received } from '../../cmd/demo/verdict.ts';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';
import { percentile, type Bench, type BenchContext, type Figure } from './bench.ts';
import { createPods, failOneByOne, type FailedPod } from './failing-pods.ts';
import { startNaive, startWatcher, unbuilt } from './subjects.ts';

interface Phase {
  readonly name: string;
  readonly count: number;
  readonly gapMs: number;
  readonly flags: Readonly<Record<string, string>>;
}

/** What the agent was before it is warm is nobody's steady state. */
const WARM_UP: Phase = { name: 'warm-up', count: 20, gapMs: 50, flags: {} };
/** Longer than a batch lingers, and no multiple of the baseline's second, so that its timer is met at any moment. */
const ALONE_MS = 1370;
const ARRIVE_WITHIN_MS = 20_000;

const phasesOf = (isQuick: boolean): readonly Phase[] => {
  const count = isQuick ? 60 : 500;
  return [
    { name: 'one at a time', count: isQuick ? 5 : 30, gapMs: ALONE_MS, flags: {} },
    { name: `${count} at 20/s`, count, gapMs: 50, flags: {} },
    { name: `${count} at 20/s, --batch-flush=100ms`, count, gapMs: 50, flags: { 'batch-flush': '100ms' } },
  ];
};

export const latency: Bench = {
  name: 'latency',
  about:
    "Time from a pod's status change (request to a real API server) to the plane's handler (real Restate server).\n" +
    'One at a time: each comes after a quiet second and leaves at once. At 20/s: what follows the first lingers for ' +
    '--batch-flush, 1 s by default.\nBaseline: an informer and a queue emptied once a second, on the same failures.',
  unavailable: async () => {
    const restate = skipWithoutRestate();
    if (restate !== false) return restate;
    const cluster = await clusterAvailability();
    return cluster.available ? unbuilt() : cluster.reason;
  },
  run: async (context) => {
    await using cluster = await startCluster();
    const { value: restate } = await startRestate(undefined);
    await using stack = new AsyncDisposableStack();
    stack.defer(restate.stop);
    const { value: plane } = await startPlane(restate, 'watcher');
    stack.defer(plane.stop);
    const figures: Figure[] = [];
    for (const [index, phase] of phasesOf(context.isQuick).entries()) {
      const places = { cluster, ingressUrl: restate.ingressUrl, clusterId: `phase-${index}` };
      figures.push(...(await runPhase(places, phase, context)));
    }
    return figures;
  },
};

interface Places {
  readonly cluster: Cluster;
  readonly ingressUrl: string;
  readonly clusterId: string;
}

async function runPhase(places: Places, phase: Phase, { say }: BenchContext): Promise<Figure[]> {
  const { cluster, ingressUrl, clusterId } = places;
  const wishes = { kubeconfig: cluster.kubeconfigPath, ingressUrl, flags: phase.flags };
  const warmUp = await createPods(cluster, `${clusterId}-warm-up`, WARM_UP.count);
  const pods = await createPods(cluster, clusterId, phase.count);
  await using _watcher = await startWatcher({ ...wishes, clusterId: `${clusterId}-watcher` });
  await using _naive = await startNaive({ ...wishes, clusterId: `${clusterId}-naive` });
  await failOneByOne(cluster, warmUp, WARM_UP.gapMs);
  await sleep(2500);
  const failed = await failOneByOne(cluster, pods, phase.gapMs);
  const ours = await delays(failed, receivedOf(ingressUrl, `${clusterId}-watcher`));
  const theirs = await delays(failed, receivedOf(ingressUrl, `${clusterId}-naive`));
  const writes = failed.map(({ askedMs, answeredMs }) => answeredMs - askedMs);
  say(`${phase.name}: ${ours.length} of ${failed.length} arrived, of the baseline's ${theirs.length}`);
  if (ours.length !== failed.length) throw new Error(`${failed.length - ours.length} failures did not arrive`);
  const figure = (share: number): Figure => ({
    what: `p${share * 100}, ${phase.name}`,
    value: percentile(ours, share),
    baseline: percentile(theirs, share),
    unit: 'ms',
  });
  return [
    figure(0.5),
    figure(0.99),
    { what: '  of it the API server’s write, p50', value: percentile(writes, 0.5), unit: 'ms' },
  ];
}

/** Ms of each failure that arrived, waiting for all of them for a while. */
async function delays(failed: readonly FailedPod[], received: () => Promise<readonly Received[]>): Promise<number[]> {
  const deadline = performance.now() + ARRIVE_WITHIN_MS;
  for (;;) {
    const arrivals = new Map((await received()).map(({ pod, receivedAtMs }) => [pod, receivedAtMs]));
    const found = failed.flatMap(({ name, askedMs }) => {
      const atMs = arrivals.get(name);
      return atMs === undefined ? [] : [atMs - askedMs];
    });
    if (found.length === failed.length || performance.now() > deadline) return found;
    await sleep(100);
  }
}
