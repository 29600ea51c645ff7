/**
 * Draining a backlog: an outbox on disk with 100,000 events, the agent as it is shipped, the real Restate server and the
 * reference plane, each a process of its own, on whatever cores there are. What is measured is the time from the first
 * delivery to the last, by the plane's own record of them, and the CPU time of each of the three meanwhile.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { program, type Program } from '../../cmd/demo/agent.ts';
import { startGuarded, type Guarded } from '../../cmd/demo/guarded.ts';
import type { Summary } from '../../cmd/plane/project-reads.ts';
import type { ReceivedPage } from '../../cmd/plane/project/received.ts';
import { openSqliteOutbox } from '../../internal/pipeline/outbox-sqlite.ts';
import type { OutboxEvent } from '../../internal/pipeline/outbox.ts';
import { systemClock } from '../../internal/platform/clock.ts';
import { silentLogger } from '../../internal/platform/log.ts';
import { encodeFinding } from '../../internal/restate/wire-format.ts';
import { aFinding } from '../support/finding-builder.ts';
import { startPlaneProcess } from '../support/plane-process.ts';
import { readerOf, type PlaneReader } from '../support/plane-server.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';
import { startRestateServer, type RestateServer } from '../support/restate-server.ts';
import type { Bench, BenchContext, Figure } from './bench.ts';
import { startFleet } from './fleet.ts';
import { cpuMs, unavailableHere } from './process-figures.ts';

const CLUSTER = 'drain';
const BATCH = 1000;
/** 20,000 events a second. */
const AIM_MICROSECONDS = 50;
/** On a machine with other work the time says little, but what it takes of the cores still tells what it could be. */
const cores = availableParallelism();
const GIVE_UP_MS = 300_000;
const STOP_WITHIN_MS = 30_000;

export const drain: Bench = {
  name: 'drain',
  about:
    'A backlog on disk, told by bin/watcher with --batch-size=1000 to the reference plane on a real Restate server: time per\n' +
    'event from the first delivery to the last, and of it the CPU of each process. Baseline: the aim of 20,000 events/s.',
  unavailable: () => Promise.resolve(skipWithoutRestate() || unavailableHere()),
  run: async (context) => {
    const events = context.isQuick ? 20_000 : 100_000;
    const { spanMs, cpu, told } = await drainBacklog(events, context);
    const each = (ms: number): number => (ms * 1000) / told;
    context.say(`${told} events in ${spanMs.toFixed(0)} ms: ${((told * 1000) / spanMs).toFixed(0)} events/s`);
    return [
      { what: `each of ${events} events`, value: each(spanMs), unit: 'µs', baseline: AIM_MICROSECONDS },
      ...Object.entries(cpu).map(([name, ms]): Figure => ({ what: `  CPU, ${name}`, value: each(ms), unit: 'µs' })),
      {
        what: `  CPU, all three; baseline: what ${cores} cores have for it`,
        value: each(Object.values(cpu).reduce((sum, ms) => sum + ms, 0)),
        baseline: AIM_MICROSECONDS * cores,
        unit: 'µs',
      },
    ];
  },
};

export interface DrainFigures {
  /** From the first delivery's arrival to the last one's. */
  readonly spanMs: number;
  /** Events that arrived in that span: all but those of the first delivery. */
  readonly told: number;
  readonly cpu: Readonly<Record<'agent' | 'Restate server' | 'plane', number>>;
}

/** Fills an outbox, lets an agent drain it and says how long that took. */
export async function drainBacklog(
  events: number,
  { say }: Pick<BenchContext, 'say'>,
  agentProgram: Program = program(),
): Promise<DrainFigures> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), 'watcher-drain-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  await fill(path.join(folder, 'data'), events);
  say(`${events} events are in the outbox`);
  const restate = await startRestateServer();
  stack.defer(() => restate.stop());
  const plane = await startPlaneProcess(restate.adminUrl);
  stack.defer(() => plane.stop());
  const fleet = stack.use(await startFleet(10));
  const agent = await start(agentProgram, flagsFor(restate, fleet.kubeconfig, folder), folder);
  stack.defer(async () => {
    await agent.stop(systemClock(), STOP_WITHIN_MS);
  });
  const pids = { agent: agent.pid, 'Restate server': restate.pid() ?? 0, plane: plane.pid() ?? 0 };
  return await watchDrain(pids, restate.ingressUrl, events);
}

function flagsFor({ ingressUrl }: RestateServer, kubeconfig: string, folder: string): string[] {
  const flags = {
    ...{ kubeconfig, 'restate-url': ingressUrl, 'cluster-id': CLUSTER, 'batch-size': BATCH },
    ...{ 'watch-namespace-mode': 'all', 'leader-elect': 'false', 'http-listen': '127.0.0.1:0' },
    'data-dir': path.join(folder, 'data'),
  };
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}

/** Its log, with a line for each event, goes to a file: reading it here would take CPU from those that are measured. */
function start({ command }: Program, flags: readonly string[], folder: string): Promise<Guarded> {
  const toFile = ['-c', 'exec "$@" > "$0"', path.join(folder, 'agent.log')];
  return startGuarded({
    program: '/bin/sh',
    args: [...toFile, ...command, ...flags],
    environment: { PATH: process.env['PATH'], TMPDIR: process.env['TMPDIR'], LANG: 'C' },
    onLine: (line) => process.stderr.write(`agent: ${line}\n`),
  });
}

async function watchDrain(
  pids: Readonly<Record<keyof DrainFigures['cpu'], number>>,
  ingressUrl: string,
  events: number,
): Promise<DrainFigures> {
  const plane = readerOf(ingressUrl);
  const used = (name: keyof typeof pids): number => cpuMs(pids[name]);
  await arrived(plane, 1);
  const cpu = { agent: -used('agent'), 'Restate server': -used('Restate server'), plane: -used('plane') };
  const { kept } = await arrived(plane, events);
  for (const name of Object.keys(cpu) as (keyof typeof cpu)[]) cpu[name] += used(name);
  const first = await delivery(ingressUrl, kept.first);
  const last = await delivery(ingressUrl, kept.next - 1);
  return { spanMs: last.atMs - first.atMs, told: events - first.events, cpu };
}

async function arrived(plane: PlaneReader, wanted: number): Promise<Summary> {
  const deadlineMs = performance.now() + GIVE_UP_MS;
  for (;;) {
    const summary = await plane.summary(CLUSTER);
    const events = Object.values(summary.events).reduce((sum, count) => sum + count, 0);
    if (events >= wanted) return summary;
    if (performance.now() > deadlineMs) throw new Error(`only ${events} of ${wanted} events arrived`);
    await sleep(25);
  }
}

async function delivery(ingressUrl: string, from: number): Promise<{ readonly atMs: number; readonly events: number }> {
  const answer = await fetch(`${ingressUrl}/ProjectService/${CLUSTER}/received`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ from, limit: 1 }),
  });
  const { items } = (await answer.json()) as ReceivedPage;
  return { atMs: Date.parse(items[0]?.received_at ?? ''), events: items.length };
}

async function fill(dir: string, events: number): Promise<void> {
  const outbox = await openSqliteOutbox({ dir, quotaBytes: 2 ** 30, clock: systemClock(), logger: silentLogger() });
  try {
    for (let count = 0; count < events; count += BATCH) {
      await outbox.append(
        Array.from({ length: Math.min(BATCH, events - count) }, (_, index) => event(count + index)),
        [],
      );
    }
  } finally {
    await outbox.close();
  }
}

const context = { agentVersion: 'bench', namespaceLabels: () => undefined, workloadOf: () => undefined };

function event(index: number): OutboxEvent {
  const name = (of: string): string => createHash('sha256').update(`${of}-${index}`).digest('hex');
  const finding = aFinding({ eventId: name('event'), incidentKey: name('incident'), pod: { uid: name('pod') } });
  return {
    ...{ eventId: finding.eventId, podUid: finding.pod.uid, namespace: 'shop', pod: `cart-${index}`, phase: 'Running' },
    ...{ fingerprint: finding.fingerprint, bytes: encodeFinding(finding, context), observedAtMs: Date.now() },
  };
}
