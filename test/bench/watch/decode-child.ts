/**
 * One way of reading one set of pods, in a process of its own, so that no other method has shaped the compiled code:
 *
 *   node [--expose-gc] decode-child.ts METHOD SET
 *
 * Prints {micros, bytes}: CPU time a pod, garbage collection included, the median of the rounds; with --expose-gc and a large
 * young generation also the bytes allocated a pod on the JavaScript heap.
 */
import { GCProfiler } from 'node:v8';
import { median } from '../bench.ts';
import { decodeMethods, type DecodeMethod } from './decode-methods.ts';
import { makePodSet, type PodSetName } from './decode-pods.ts';

const PODS = 1000;
const WARM_ROUNDS = 8;
const ROUNDS = 11;
/** So few that they fit between two collections. */
const ALLOCATING_PODS = 800;

const [method = '', set = ''] = process.argv.slice(2);
const read = decodeMethods[method as DecodeMethod](makePodSet(set as PodSetName, PODS));
let kept: unknown;

function readAll(count: number): void {
  for (let index = 0; index < count; index++) kept = read(index);
}

function roundMicros(): number {
  const before = process.cpuUsage();
  readAll(PODS);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / PODS;
}

/** NaN where a collection came in between, or can't be asked for before. */
function bytesAllocated(): number {
  if (globalThis.gc === undefined) return NaN;
  globalThis.gc();
  const profiler = new GCProfiler();
  profiler.start();
  const before = process.memoryUsage().heapUsed;
  readAll(ALLOCATING_PODS);
  const after = process.memoryUsage().heapUsed;
  return profiler.stop().statistics.length > 0 ? NaN : (after - before) / ALLOCATING_PODS;
}

for (let round = 0; round < WARM_ROUNDS; round++) readAll(PODS);
const micros = median(Array.from({ length: ROUNDS }, roundMicros));
const bytes = median([bytesAllocated(), bytesAllocated(), bytesAllocated()].filter((one) => !Number.isNaN(one)));
process.stdout.write(`${JSON.stringify({ micros, bytes, kept: typeof kept })}\n`);
