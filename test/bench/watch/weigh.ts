/**
 * What a process weighs once it has seen all pods, and what it took to get there. One simulated API server in a process of
 * its own, its answers encoded beforehand, serves all programs one after the other.
 */
import { get } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../bench.ts';
import { startFleet, startQuietPlane, type Fleet, type QuietPlane } from '../fleet.ts';
import { memoryMB } from '../process-figures.ts';
import { CLIENT_GO, clientNode, watcher, watcherInMemory, type Program } from './programs.ts';
import { digits, type BenchOptions } from './section.ts';
import { startProgram } from './start-program.ts';
import { serverOf } from './transport-clients.ts';

export type PodSize = 'lean' | 'large';

/** Medians of the rounds. */
export interface Weight {
  readonly program: string;
  readonly pods: number;
  readonly size: PodSize;
  readonly residentMB: number;
  readonly peakMB: number;
  readonly syncMs: number;
  readonly cpuMs: number;
}

export interface Weights {
  readonly all: readonly Weight[];
  /** One request to the API server over a connection of its own. */
  readonly answerMs: number;
}

/** Of one program at one size. */
export type Round = Pick<Weight, 'residentMB' | 'peakMB' | 'syncMs' | 'cpuMs'>;

const ROUNDS = 3;
/** From this size on promises are in ratios to client-go. */
const JUDGED_PODS = 20_000;
const ROUNDS_OF_JUDGED = 2;
/** Measured: resident memory of each of the programs has stopped moving a second after it was synced. */
const SETTLE_MS = 5_000;
const QUICK_SETTLE_MS = 2_000;
/** client-node keeps whole objects; beyond this it only costs the reader's time. */
const MOST_PODS_OF_CLIENT_NODE = 20_000;
const ANSWERS = 5;

export async function weighAll(informers: readonly Program[], options: BenchOptions): Promise<Weights> {
  await using plane = await startQuietPlane();
  const sizes = options.isQuick ? [0, 1_000, 10_000] : [0, 1_000, 10_000, 20_000, 100_000];
  const lean = await weighSizes('lean', sizes, informers, plane, options);
  const large = options.isQuick ? undefined : await weighSizes('large', [20_000], informers, plane, options);
  return { all: [...lean.all, ...(large?.all ?? [])], answerMs: lean.answerMs };
}

async function weighSizes(
  size: PodSize,
  sizes: readonly number[],
  informers: readonly Program[],
  plane: QuietPlane,
  options: BenchOptions,
): Promise<Weights> {
  await using fleet = await startFleet(0, size);
  const answerMs = await answerOf(fleet);
  await warmUp([watcher, ...informers], fleet, plane);
  const all: Weight[] = [];
  let loaded = 0;
  for (const pods of sizes) {
    await fleet.send({ command: 'load', pods: pods - loaded });
    loaded = pods;
    const wanted = wantedAt(pods, informers);
    await encodeAhead(fleet, wanted);
    for (const program of wanted) {
      const rounds = options.isQuick ? 1 : roundsOf(program, pods);
      const weight = { program: program.name, pods, size, ...(await weigh(program, rounds, fleet, plane, options)) };
      all.push(weight);
      options.say(`${pods} ${size} pods: ${sayWeight(weight)}`);
    }
  }
  return { all, answerMs };
}

/** Reads files into memory and fills the compile cache, as on a node where it has run before. */
async function warmUp(
  programs: readonly Program[],
  { kubeconfig }: Fleet,
  { url: planeUrl }: QuietPlane,
): Promise<void> {
  for (const program of programs) await (await startProgram(program, { kubeconfig, planeUrl }))[Symbol.asyncDispose]();
}

function wantedAt(pods: number, informers: readonly Program[]): readonly Program[] {
  const affordable = informers.filter((one) => one !== clientNode || pods <= MOST_PODS_OF_CLIENT_NODE);
  return pods === 0 ? [watcher, watcherInMemory, ...affordable] : [watcher, ...affordable];
}

/** So that nobody waits for the server to encode. */
export async function encodeAhead(fleet: Fleet, programs: readonly Program[]): Promise<void> {
  await fleet.send({ command: 'encode', mediaType: 'application/vnd.kubernetes.protobuf' });
  if (programs.includes(clientNode)) await fleet.send({ command: 'encode' });
}

export async function weigh(
  program: Program,
  rounds: number,
  fleet: Fleet,
  plane: QuietPlane,
  { isQuick }: BenchOptions,
): Promise<Round> {
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    await using running = await startProgram(program, { kubeconfig: fleet.kubeconfig, planeUrl: plane.url });
    await sleep(isQuick ? QUICK_SETTLE_MS : SETTLE_MS);
    const { resident, peak } = memoryMB(running.pid);
    measured.push({ residentMB: resident, peakMB: peak, syncMs: running.syncedMs, cpuMs: running.syncedCpuMs });
  }
  const of = (field: keyof Round): number => median(measured.map((round) => round[field]));
  return { residentMB: of('residentMB'), peakMB: of('peakMB'), syncMs: of('syncMs'), cpuMs: of('cpuMs') };
}

function roundsOf({ name }: Program, pods: number): number {
  if (name.startsWith(watcher.name)) return ROUNDS;
  return name === CLIENT_GO && pods >= JUDGED_PODS ? ROUNDS_OF_JUDGED : 1;
}

function sayWeight({ program, residentMB, syncMs, cpuMs }: Weight): string {
  return `${program}: ${digits(residentMB)} MB, synced after ${digits(syncMs)} ms with ${digits(cpuMs)} ms of CPU`;
}

/** Ms from nothing to the answer, the median of some. */
async function answerOf({ kubeconfig }: Fleet): Promise<number> {
  const { url, ca, token } = serverOf(kubeconfig);
  const times: number[] = [];
  for (let asked = 0; asked < ANSWERS; asked++) {
    const startedMs = performance.now();
    await new Promise<void>((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}` };
      get(new URL('/api/v1/pods?limit=1', url), { ca, headers, agent: false }, (answer) => {
        answer.resume().once('end', resolve);
      }).once('error', reject);
    });
    times.push(performance.now() - startedMs);
  }
  return median(times);
}
