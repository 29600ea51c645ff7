/**
 * Sections 2 and 3: what a process weighs once it has seen all pods, what it took to get there, and what a pod adds. One
 * simulated API server in a process of its own serves all programs, one after the other, in turn, several times.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../bench.ts';
import { startFleet, startQuietPlane, type Fleet } from '../fleet.ts';
import { memoryMB } from '../process-figures.ts';
import { startProgram, watcherOnDisk, type Program } from './programs.ts';
import type { BenchOptions } from './section.ts';

export interface Weight {
  readonly residentMB: number;
  readonly peakMB: number;
  readonly syncMs: number;
  readonly cpuMs: number;
}

/** What was measured of one program at one size. */
export interface Measured extends Weight {
  readonly program: Program['name'] | 'watcher, outbox on disk';
  readonly pods: number;
  readonly size: 'lean' | 'large';
}

const ROUNDS = 3;
/** Long enough for both runtimes to give back what the list left behind, as far as they do. */
const SETTLE_MS = 12_000;
const QUICK_SETTLE_MS = 3_000;
/** client-node keeps whole objects; beyond this it only costs the reader's time. */
const MOST_PODS_OF_CLIENT_NODE = 20_000;

export async function measureWeights(programs: readonly Program[], options: BenchOptions): Promise<Measured[]> {
  const leanSizes = options.isQuick ? [0, 1_000, 10_000] : [0, 1_000, 10_000, 20_000, 100_000];
  const lean = await measureSizes('lean', leanSizes, programs, options);
  const large = options.isQuick ? [] : await measureSizes('large', [20_000], programs, options);
  return [...lean, await measureOnDisk(options), ...large];
}

async function measureSizes(
  size: 'lean' | 'large',
  sizes: readonly number[],
  programs: readonly Program[],
  options: BenchOptions,
): Promise<Measured[]> {
  await using fleet = await startFleet(0, size);
  const measured: Measured[] = [];
  let loaded = 0;
  for (const pods of sizes) {
    await fleet.send({ command: 'load', pods: pods - loaded });
    loaded = pods;
    const wanted = programs.filter(({ name }) => name !== 'client-node' || pods <= MOST_PODS_OF_CLIENT_NODE);
    await encodeAhead(fleet, wanted);
    measured.push(...(await measureInTurn(fleet, { pods, size }, wanted, options)));
  }
  return measured;
}

/** So that nobody waits for the server to encode. */
async function encodeAhead(fleet: Fleet, programs: readonly Program[]): Promise<void> {
  await fleet.send({ command: 'encode', mediaType: 'application/vnd.kubernetes.protobuf' });
  if (programs.some(({ name }) => name === 'client-node')) await fleet.send({ command: 'encode' });
}

async function measureInTurn(
  fleet: Fleet,
  what: { readonly pods: number; readonly size: 'lean' | 'large' },
  programs: readonly Program[],
  options: BenchOptions,
): Promise<Measured[]> {
  const weights = new Map<Program, Weight[]>(programs.map((program) => [program, []]));
  for (let round = 0; round < (options.isQuick ? 1 : ROUNDS); round++) {
    for (const program of programs) {
      const weight = await weigh(program, fleet, options);
      weights.get(program)?.push(weight);
      const { residentMB, syncMs, cpuMs } = weight;
      const figures = `${residentMB.toFixed(0)} MB, synced after ${syncMs.toFixed(0)} ms, ${cpuMs.toFixed(0)} ms of CPU`;
      options.say(`${what.pods} ${what.size} pods, ${program.name}: ${figures}`);
    }
  }
  return [...weights].map(([{ name }, rounds]) => ({ program: name, ...what, ...medianOf(rounds) }));
}

async function weigh(program: Program, fleet: Fleet, { isQuick }: BenchOptions): Promise<Weight> {
  await using running = await startProgram(program, fleet.kubeconfig);
  await sleep(isQuick ? QUICK_SETTLE_MS : SETTLE_MS);
  const { resident, peak } = memoryMB(running.pid);
  return { residentMB: resident, peakMB: peak, syncMs: running.syncedMs, cpuMs: running.syncedCpuMs };
}

/** The agent without pods, as it runs for real: with a plane and the outbox's thread. */
async function measureOnDisk(options: BenchOptions): Promise<Measured> {
  const folder = mkdtempSync(path.join(tmpdir(), 'watcher-bench-'));
  try {
    await using fleet = await startFleet(0);
    await using plane = await startQuietPlane();
    const rounds: Weight[] = [];
    for (let round = 0; round < (options.isQuick ? 1 : ROUNDS); round++) {
      rounds.push(await weigh(watcherOnDisk(plane.url, path.join(folder, String(round))), fleet, options));
    }
    return { program: 'watcher, outbox on disk', pods: 0, size: 'lean', ...medianOf(rounds) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function medianOf(rounds: readonly Weight[]): Weight {
  const of = (field: keyof Weight): number => median(rounds.map((round) => round[field]));
  return { residentMB: of('residentMB'), peakMB: of('peakMB'), syncMs: of('syncMs'), cpuMs: of('cpuMs') };
}
