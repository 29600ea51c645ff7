/**
 * Resident memory of the whole process once it has seen all pods, at 1,000 and 10,000 pods, and at its peak on the way
 * there; beside the same of a process with an informer of @kubernetes/client-node.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { median, type Bench, type BenchContext, type Figure } from './bench.ts';
import { startFleet, startQuietPlane } from './fleet.ts';
import { memoryMB, unavailableHere } from './process-figures.ts';
import { startNaive, startWatcher, unbuilt, type StartSubject } from './subjects.ts';

const SIZES = [0, 1_000, 10_000];
const SAMPLES = 10;
const SAMPLE_EVERY_MS = 500;

interface Size {
  readonly resident: number;
  readonly peak: number;
}

export const memory: Bench = {
  name: 'memory',
  about:
    'Resident memory after sync (VmRSS, median of 5 s) and at its peak (VmHWM), on a simulated API server with pods of ' +
    '4 KB protobuf, 6 KB JSON.\nBaseline: an informer of @kubernetes/client-node.',
  unavailable: () => Promise.resolve(unavailableHere() ?? unbuilt()),
  run: async ({ isQuick, say }: BenchContext) => {
    const figures: Figure[] = [];
    const slope: { ours: number; theirs: number }[] = [];
    for (const pods of SIZES) {
      say(`${pods} pods`);
      const ours = await measure(startWatcher, pods, isQuick);
      const theirs = await measure(startNaive, pods, isQuick);
      slope.push({ ours: ours.resident, theirs: theirs.resident });
      const size = pods === 0 ? 'no pods' : `${pods} pods`;
      figures.push({ what: `resident, ${size}`, value: ours.resident, baseline: theirs.resident, unit: 'MB' });
      if (pods > 0) figures.push({ what: `peak, ${size}`, value: ours.peak, baseline: theirs.peak, unit: 'MB' });
    }
    return [...figures, perPod(slope)];
  },
};

/** What a pod costs, from the smallest to the largest size. */
function perPod(sizes: readonly { readonly ours: number; readonly theirs: number }[]): Figure {
  const [first, last] = [sizes[0], sizes.at(-1)];
  const pods = (SIZES.at(-1) ?? 0) - (SIZES[0] ?? 0);
  const slope = (from = NaN, to = NaN): number => ((to - from) * 1024) / pods;
  return {
    what: 'per pod',
    value: slope(first?.ours, last?.ours),
    baseline: slope(first?.theirs, last?.theirs),
    unit: 'KB',
  };
}

async function measure(start: StartSubject, pods: number, isQuick: boolean): Promise<Size> {
  await using fleet = await startFleet(pods);
  await using plane = await startQuietPlane();
  await using subject = await start({ kubeconfig: fleet.kubeconfig, ingressUrl: plane.url, clusterId: 'bench' });
  const samples: number[] = [];
  for (let taken = 0; taken < (isQuick ? 2 : SAMPLES); taken++) {
    await sleep(SAMPLE_EVERY_MS);
    samples.push(memoryMB(subject.pid).resident);
  }
  return { resident: median(samples), peak: memoryMB(subject.pid).peak };
}
