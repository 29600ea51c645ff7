/**
 * The ways to hold a watch, compared for docs/adr/0005-transport.md: what a list of 100,000 pods and an update cost, and what
 * each tells of a connection that was reset or that fell silent.
 *
 *   node test/bench/watch/transport.ts [--quick] [--only-broken]
 */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { TcpRelay } from '../../support/simulated-apiserver/tcp-relay.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { startFleet, startQuietPlane, type Fleet, type QuietPlane } from '../fleet.ts';
import { loadText } from '../report.ts';
import type { Program } from './programs.ts';
import { digits, renderSection, rightColumn, type BenchOptions, type Section } from './section.ts';
import { startProgram } from './start-program.ts';
import { clients, serverOf } from './transport-clients.ts';
import { costOf } from './updates.ts';
import { encodeAhead, weigh, type Round } from './weigh.ts';

const PODS = 100_000;
const QUICK_PODS = 10_000;
const UPDATED_PODS = 10_000;
const ROUNDS = 3;
const PATIENCE_MS = 12_000;

const programs: readonly Program[] = Object.keys(clients).map((name) => ({
  name,
  command: [process.execPath, path.join(import.meta.dirname, 'transport-child.ts')],
  flags: ({ kubeconfig }) => [kubeconfig, name],
  syncs: 'by line',
}));
/** The PING only matters where something is broken. */
const working = programs.filter(({ name }) => !name.includes('PING'));

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, 'only-broken': { type: 'boolean', default: false } },
  });
  const options: BenchOptions = { isQuick: values.quick, say: (text) => process.stdout.write(`  . ${text}\n`) };
  const before = loadText();
  await using plane = await startQuietPlane();
  const sections: Section[] = [];
  if (!values['only-broken']) sections.push(await measureLists(plane, options), await measureUpdates(plane, options));
  sections.push(await breakThem(plane));
  for (const section of sections) process.stdout.write(`\n${renderSection(section)}`);
  process.stdout.write(`\nload average ${before} before, ${loadText()} after\n`);
}

async function measureLists(plane: QuietPlane, options: BenchOptions): Promise<Section> {
  await using fleet = await startFleet(0);
  const rounds = options.isQuick ? 1 : ROUNDS;
  const empty = await weighEach(fleet, plane, rounds, options);
  const pods = options.isQuick ? QUICK_PODS : PODS;
  await fleet.send({ command: 'load', pods });
  await encodeAhead(fleet, []);
  const full = await weighEach(fleet, plane, rounds, options);
  const rows = [...full].map(([name, { cpuMs, residentMB, peakMB }]) => {
    const without = empty.get(name);
    const micros = ((cpuMs - (without?.cpuMs ?? NaN)) * 1000) / pods;
    return [name, digits(micros), digits(without?.residentMB ?? NaN), digits(residentMB), digits(peakMB)];
  });
  return {
    name: 'the list',
    about: `µs of CPU a pod for the streamed list of ${pods} pods of 4 KB, beyond none; MB resident without pods, with, and at most.`,
    columns: [{ heading: 'TRANSPORT' }, ...['µS', 'EMPTY', 'AFTER', 'PEAK'].map(rightColumn)],
    rows,
    judgements: [],
  };
}

async function weighEach(
  fleet: Fleet,
  plane: QuietPlane,
  rounds: number,
  options: BenchOptions,
): Promise<Map<string, Round>> {
  const weights = new Map<string, Round>();
  for (const program of working) {
    // Nothing is kept of the pods, so there is nothing to wait for long.
    const weight = await weigh(program, rounds, fleet, plane, { ...options, isQuick: true });
    options.say(`${program.name}: ${digits(weight.cpuMs)} ms of CPU, ${digits(weight.residentMB)} MB`);
    weights.set(program.name, weight);
  }
  return weights;
}

async function measureUpdates(plane: QuietPlane, options: BenchOptions): Promise<Section> {
  await using fleet = await startFleet(UPDATED_PODS);
  await encodeAhead(fleet, []);
  const rows: string[][] = [];
  for (const program of working) {
    const { micros, rate } = await costOf(program, fleet, plane, options);
    rows.push([program.name, digits(rate), digits(micros)]);
  }
  return {
    name: 'updates',
    about: 'µs of CPU for each update of a watch, beyond what is used idle.',
    columns: [{ heading: 'TRANSPORT' }, rightColumn('UPDATES/S'), rightColumn('µS')],
    rows,
    judgements: [],
  };
}

async function breakThem(plane: QuietPlane): Promise<Section> {
  const rows: string[][] = [];
  for (const program of programs) {
    for (const [how, wire] of Object.entries(wires)) {
      rows.push([program.name, how, ...(await breakOne(program, plane, wire))]);
    }
  }
  return {
    name: 'broken connections',
    about:
      'What whoever reads the watch is told when its connection is reset, closed in the middle of the answer, or stays and\n' +
      `brings nothing (the server hangs, its kernel answers), within ${PATIENCE_MS / 1000} s. Nobody but the transport looks:\n` +
      "the agent's own idle watchdog is not on.",
    columns: [{ heading: 'TRANSPORT' }, { heading: 'CONNECTION' }, rightColumn('AFTER MS'), { heading: 'TOLD' }],
    rows,
    judgements: [],
  };
}

/** A connection that can be broken in one way. */
interface Wire {
  readonly port: number;
  readonly breakIt: () => Promise<void> | void;
  readonly close: () => Promise<void>;
}

const wires: Readonly<Record<string, (target: URL) => Promise<Wire>>> = {
  reset: async (target) => {
    const relay = await TcpRelay.start({ host: target.hostname, port: Number(target.port) });
    return { port: relay.port, breakIt: () => relay.cut(), close: () => relay.stopListening() };
  },
  closed: async (target) => {
    const proxy = await startTcpProxy(target);
    const close = async (): Promise<void> => proxy[Symbol.asyncDispose]();
    return { port: proxy.port, breakIt: close, close };
  },
  silent: async (target) => {
    const relay = await TcpRelay.start({ host: target.hostname, port: Number(target.port) });
    return { port: relay.port, breakIt: () => relay.freeze(), close: () => relay.stopListening() };
  },
};

async function breakOne(
  program: Program,
  plane: QuietPlane,
  startWire: (target: URL) => Promise<Wire>,
): Promise<[ms: string, told: string]> {
  await using fleet = await startFleet(10);
  const wire = await startWire(serverOf(fleet.kubeconfig).url);
  const over = Promise.withResolvers<string>();
  await using _running = await startProgram(program, {
    kubeconfig: fleet.kubeconfig,
    planeUrl: plane.url,
    environment: { THROUGH_PORT: String(wire.port) },
    onLine: (line) => {
      if (line.startsWith('over: ')) over.resolve(line.slice('over: '.length));
    },
  });
  const brokenMs = performance.now();
  void wire.breakIt();
  const late = new AbortController();
  const nothing = sleep(PATIENCE_MS, 'nothing', { signal: late.signal }).catch(() => 'nothing');
  const told = await Promise.race([over.promise, nothing]);
  late.abort();
  await wire.close();
  return [told === 'nothing' ? '-' : digits(performance.now() - brokenMs), told];
}

await main();
