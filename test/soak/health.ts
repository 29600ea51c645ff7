/**
 * From the vitals of processes to whether they leak. Pure. The first minutes of a process count for nothing; after that,
 * memory may grow by a bound each hour, and open files stay what they were.
 */
import { slopePerHour } from './slope.ts';
import type { ProcessLife, Vitals } from './vitals.ts';

/** Code is compiled, caches fill, the heap finds its size. */
const WARM_UP_MS = 10 * 60_000;
/** A slope of less is noise. */
const SLOPE_OVER_MS = 15 * 60_000;

/** Each hour: readings scatter by less, and what does not come to rest in an hour shows more. */
export const GROWTH_BOUND_BYTES = 24 * 2 ** 20;
const FILES_BOUND = 16;

export interface LifeHealth {
  readonly agent: string;
  readonly ageMs: number;
  readonly rss: Course;
  readonly heap: Course;
  readonly files: Pick<Course, 'start' | 'end'>;
  readonly handles: Pick<Course, 'start' | 'end'>;
  /** Median and highest of the readings, each the 99th percentile of its time. */
  readonly loopP99Ms: { readonly median: number; readonly max: number };
  readonly leaks: readonly string[];
}

interface Course {
  readonly start: number;
  readonly end: number;
  /** Undefined where the process did not live for long enough. */
  readonly perHour: number | undefined;
}

/** Undefined for a life too short to have been read. */
export function healthOf({ agent, vitals }: ProcessLife): LifeHealth | undefined {
  const last = vitals.at(-1);
  if (last === undefined) return undefined;
  const warm = vitals.filter(({ ageMs }) => ageMs >= WARM_UP_MS);
  const isLong = last.ageMs - WARM_UP_MS >= SLOPE_OVER_MS;
  const judged = warm.length > 0 ? warm : vitals;
  const course = (of: (one: Vitals) => number): Course => ({
    start: medianOf(judged.slice(0, FEW).map(of)),
    end: medianOf(judged.slice(-FEW).map(of)),
    perHour: isLong ? slopePerHour(warm.map((one) => ({ atMs: one.ageMs, value: of(one) }))) : undefined,
  });
  const loops = vitals.map(({ loopP99Ms }) => loopP99Ms);
  const health = {
    agent,
    ageMs: last.ageMs,
    rss: course(({ rssBytes }) => rssBytes),
    heap: course(({ heapBytes }) => heapBytes),
    files: course(({ files }) => files),
    handles: course(({ handles }) => handles),
    loopP99Ms: { median: medianOf(loops), max: Math.max(...loops) },
  };
  return { ...health, leaks: warm.length > 0 ? leaksOf(health) : [] };
}

/** Readings that stand for a moment. */
const FEW = 5;

function leaksOf({ agent, rss, heap, files }: Omit<LifeHealth, 'leaks'>): string[] {
  const grows = (what: string, { perHour = 0 }: Course): string[] =>
    perHour > GROWTH_BOUND_BYTES ? [`agent ${agent}: ${what} grows by ${megabytes(perHour)} MB an hour`] : [];
  const opened = files.end - files.start;
  return [
    ...grows('resident memory', rss),
    ...grows('the heap', heap),
    ...(opened > FILES_BOUND ? [`agent ${agent}: ${opened} more files are open`] : []),
  ];
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

export function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
