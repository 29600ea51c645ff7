/** Sections 4 and 5: what an update of a pod costs that is nobody's business, and how late the event loop is meanwhile. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../bench.ts';
import { startFleet, startQuietPlane, type Fleet, type QuietPlane } from '../fleet.ts';
import { cpuMs } from '../process-figures.ts';
import { CLIENT_GO, clientNode, watcher, type Program } from './programs.ts';
import { digits, rightColumn, shareText, type BenchOptions, type Section } from './section.ts';
import { startProgram } from './start-program.ts';
import { encodeAhead } from './weigh.ts';

const PODS = 10_000;
const RATE = 2_000;
const ROUNDS = 3;
const ROUND_MS = 6_000;
const QUICK_ROUND_MS = 3_000;
/** After the last update, for what is still on its way. */
const SETTLE_MS = 500;

const LOOP_UPDATES = 50_000;
const LOOP_MS = 60_000;
const QUICK_LOOP_MS = 10_000;
const PROBE = path.join(import.meta.dirname, 'loop-probe.ts');
const POLL_MS = 20;

/** 4 and 5, on one cluster. */
export async function measureUpdates(informers: readonly Program[], options: BenchOptions): Promise<Section[]> {
  await using fleet = await startFleet(PODS);
  await using plane = await startQuietPlane();
  await encodeAhead(fleet, informers);
  return [
    await costSection([watcher, ...informers], fleet, plane, options),
    await loopSection([watcher, clientNode], fleet, plane, options),
  ];
}

export interface Cost {
  readonly program: string;
  readonly micros: number;
  readonly rate: number;
}

async function costSection(
  programs: readonly Program[],
  fleet: Fleet,
  plane: QuietPlane,
  options: BenchOptions,
): Promise<Section> {
  const costs: Cost[] = [];
  for (const program of programs) costs.push(await costOf(program, fleet, plane, options));
  const go = costs.find(({ program }) => program === CLIENT_GO)?.micros ?? NaN;
  const ratio = ({ program, micros }: Cost): string => (program === CLIENT_GO ? '1' : shareText(micros, go));
  return {
    name: 'CPU a pod update',
    about:
      `Microseconds of CPU, all threads, for each update at ${RATE} a second over ${PODS} pods, of which none is to be told,\n` +
      'less what the process uses idle; median of the rounds after one of warm-up. Ratio to client-go.',
    columns: [{ heading: 'PROGRAM' }, ...['UPDATES/S', 'µS', 'RATIO'].map(rightColumn)],
    rows: costs.map((one) => [one.program, digits(one.rate), digits(one.micros), ratio(one)]),
    judgements: [],
  };
}

export async function costOf(program: Program, fleet: Fleet, plane: QuietPlane, options: BenchOptions): Promise<Cost> {
  const { isQuick, say } = options;
  const ms = isQuick ? QUICK_ROUND_MS : ROUND_MS;
  await using running = await startProgram(program, { kubeconfig: fleet.kubeconfig, planeUrl: plane.url });
  await churn(fleet, running.pid, RATE, ms);
  const idle = await churn(fleet, running.pid, 0, ms);
  const micros: number[] = [];
  const rates: number[] = [];
  for (let round = 0; round < (isQuick ? 1 : ROUNDS); round++) {
    const { usedMs, updates } = await churn(fleet, running.pid, RATE, ms);
    micros.push(((usedMs - idle.usedMs) * 1000) / updates);
    rates.push((updates * 1000) / ms);
  }
  say(`${program.name}: ${digits(median(micros))} µs of CPU an update, ${digits(idle.usedMs)} ms in ${ms} ms idle`);
  return { program: program.name, micros: median(micros), rate: median(rates) };
}

async function churn(
  fleet: Fleet,
  pid: number,
  rate: number,
  ms: number,
): Promise<{ readonly usedMs: number; readonly updates: number }> {
  const { changes: before } = await fleet.send({ command: 'stats' });
  const beforeMs = cpuMs(pid);
  await fleet.send({ command: 'churn', rate });
  await sleep(ms);
  const { changes: after } = await fleet.send({ command: 'stop' });
  await sleep(SETTLE_MS);
  return { usedMs: cpuMs(pid) - beforeMs, updates: after - before };
}

async function loopSection(
  programs: readonly Program[],
  fleet: Fleet,
  plane: QuietPlane,
  options: BenchOptions,
): Promise<Section> {
  const ms = options.isQuick ? QUICK_LOOP_MS : LOOP_MS;
  const rows: string[][] = [];
  for (const program of programs) {
    const { updates, p50, p99, max } = await latenessOf(program, fleet, plane, ms);
    rows.push([program.name, String(updates), digits(p50), digits(p99), digits(max)]);
    options.say(`${program.name}: event loop ${digits(p99)} ms late at p99 during ${updates} updates`);
  }
  return {
    name: 'event loop',
    about: `How late the event loop is, in ms, while ${LOOP_UPDATES} updates arrive in 60 s (here ${ms / 1000} s at that rate).`,
    columns: [{ heading: 'PROGRAM' }, ...['UPDATES', 'P50', 'P99', 'MAX'].map(rightColumn)],
    rows,
    judgements: [],
  };
}

interface Lateness {
  readonly updates: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

async function latenessOf(program: Program, fleet: Fleet, plane: QuietPlane, ms: number): Promise<Lateness> {
  const folder = mkdtempSync(path.join(tmpdir(), 'watcher-bench-'));
  const file = path.join(folder, 'lateness.json');
  const environment = { NODE_OPTIONS: `--import=${PROBE}`, PROBE_FILE: file };
  try {
    const wishes = { kubeconfig: fleet.kubeconfig, planeUrl: plane.url, environment };
    await using running = await startProgram(program, wishes);
    await readProbe(running.pid, file);
    const { updates } = await churn(fleet, running.pid, (LOOP_UPDATES * 1000) / LOOP_MS, ms);
    return { updates, ...(await readProbe(running.pid, file)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function readProbe(pid: number, file: string): Promise<Omit<Lateness, 'updates'>> {
  rmSync(file, { force: true });
  process.kill(pid, 'SIGUSR2');
  while (!existsSync(file)) await sleep(POLL_MS);
  return JSON.parse(readFileSync(file, 'utf8')) as Omit<Lateness, 'updates'>;
}
