/**
 * Model tests of the outbox by the ten thousand, shared out among threads, one for each core. This file is both: what
 * starts the threads, and what runs in them.
 */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { damageKinds, tryDamages, type DamageTally } from '../support/outbox-damages.ts';
import { tryHistories, type HistoriesTally } from '../support/outbox-histories.ts';

const SAY_EVERY = 1000;

type Work =
  | { readonly kind: 'histories'; readonly count: number }
  | { readonly kind: 'damages'; readonly extent: 'every' | 'sample'; readonly index: number; readonly of: number };

type Report<Tally> = { readonly tried: number } | { readonly tally: Tally } | { readonly failed: string };

const THREADS = Math.max(1, Math.min(4, availableParallelism()));

/** So many random histories, in any thread. */
export async function histories(count: number, progress: (line: string) => void): Promise<HistoriesTally> {
  const shares = shareOut(count).map((share): Work => ({ kind: 'histories', count: share }));
  const tallies = await inThreads<HistoriesTally>(shares, progress);
  return tallies.reduce((one, other) => ({
    histories: one.histories + other.histories,
    events: one.events + other.events,
    deaths: one.deaths + other.deaths,
  }));
}

/** Every damage, or a sample. */
export async function damages(extent: 'every' | 'sample', progress: (line: string) => void): Promise<DamageTally> {
  const shares = Array.from({ length: THREADS }, (_, index): Work => ({ kind: 'damages', extent, index, of: THREADS }));
  const tallies = await inThreads<DamageTally>(shares, progress);
  return tallies.reduce((one, other) => ({
    tried: one.tried + other.tried,
    events: one.events + other.events,
    taken: one.taken + other.taken,
    slowestStartMs: Math.max(one.slowestStartMs, other.slowestStartMs),
  }));
}

function shareOut(count: number): number[] {
  return Array.from({ length: THREADS }, (_, index) => Math.floor((count + index) / THREADS));
}

/** Ends them all when one fails. */
async function inThreads<Tally>(shares: readonly Work[], progress: (line: string) => void): Promise<Tally[]> {
  const workers = shares.map((share) => new Worker(import.meta.filename, { workerData: share }));
  const tried = shares.map(() => 0);
  try {
    return await Promise.all(
      workers.map((worker, index) =>
        tallyOf<Tally>(worker, (count) => {
          tried[index] = count;
          progress(`${tried.reduce((sum, one) => sum + one, 0)} tried`);
        }),
      ),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

async function tallyOf<Tally>(worker: Worker, tried: (count: number) => void): Promise<Tally> {
  for (;;) {
    const [report] = (await once(worker, 'message')) as [Report<Tally>];
    if ('tally' in report) return report.tally;
    if ('failed' in report) throw new Error(report.failed);
    tried(report.tried);
  }
}

async function work(share: Work): Promise<HistoriesTally | DamageTally> {
  const progress = (tried: number): void => {
    if (tried % SAY_EVERY === 0) parentPort?.postMessage({ tried });
  };
  if (share.kind === 'histories') return tryHistories(share.count, progress);
  return tryDamages(damageKinds, { ...share, progress });
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  work(workerData as Work).then(
    (tally) => port.postMessage({ tally }),
    (error: unknown) =>
      port.postMessage({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
}
