/**
 * Profiler: CPU and heap profiles of this process, by V8's own sampling. The heap is sampled from start() on, so that a
 * profile shows what is held now and not only what was allocated while somebody looked; without start(), from the first
 * profile on. Nothing is sampled before.
 */
import { Session } from 'node:inspector/promises';
import { sleep, type Clock } from '../platform/clock.ts';
import { pprofOfCpu, pprofOfHeap } from './pprof.ts';

/** Bytes between two samples of the heap, as Go's runtime has it (runtime.MemProfileRate). */
const HEAP_INTERVAL_BYTES = 512 * 1024;
/** Where sampling begins with the profile, it takes this long and looks closer. */
const SHORT_LOOK_MS = 5_000;
const SHORT_LOOK_INTERVAL_BYTES = 16 * 1024;

interface HeapSampling {
  readonly session: Session;
  readonly intervalBytes: number;
  readonly sinceMs: number;
}

export class Profiler {
  readonly #clock: Clock;
  #heap: Promise<HeapSampling> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Samples the heap from now on. */
  start(): void {
    this.#heap ??= this.#sampleHeap(HEAP_INTERVAL_BYTES);
  }

  /** gzipped pprof; ends early when `over` is aborted. */
  async cpu(seconds: number, over?: AbortSignal): Promise<Buffer> {
    const session = new Session();
    session.connect();
    try {
      await session.post('Profiler.enable');
      await session.post('Profiler.start');
      await sleep(this.#clock, seconds * 1000, over);
      const { profile } = await session.post('Profiler.stop');
      const durationMs = (profile.endTime - profile.startTime) / 1000;
      return pprofOfCpu(profile, { atMs: this.#clock.now() - durationMs, durationMs });
    } finally {
      session.disconnect();
    }
  }

  /** gzipped pprof; takes 5 s where sampling begins with it. */
  async heap(): Promise<Buffer> {
    const isFirst = this.#heap === undefined;
    this.#heap ??= this.#sampleHeap(SHORT_LOOK_INTERVAL_BYTES);
    const { session, intervalBytes, sinceMs } = await this.#heap;
    if (isFirst) await sleep(this.#clock, SHORT_LOOK_MS);
    const { profile } = await session.post('HeapProfiler.getSamplingProfile');
    const durationMs = this.#clock.monotonicMs() - sinceMs;
    return pprofOfHeap(profile, { intervalBytes, atMs: this.#clock.now(), durationMs });
  }

  async stop(): Promise<void> {
    const heap = await this.#heap;
    this.#heap = undefined;
    heap?.session.disconnect();
  }

  async #sampleHeap(intervalBytes: number): Promise<HeapSampling> {
    const session = new Session();
    session.connect();
    await session.post('HeapProfiler.enable');
    await session.post('HeapProfiler.startSampling', { samplingInterval: intervalBytes });
    return { session, intervalBytes, sinceMs: this.#clock.monotonicMs() };
  }
}
