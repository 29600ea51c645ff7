/**
 * Planes that are slow, wrong, rude or away, R-23 to R-33 but R-31: outbox on disk, drain, retries, breaker and client as
 * the agent has them, real sockets, and a clock that runs so fast that half a minute passes in less than a second.
 *
 * Each scenario asserts its figure and throws where it is missed; its row counts what was lost or took effect twice, and
 * tells recoveries in the agent's time.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { startDelivery, type Delivery, type DeliveryOptions } from './parts-delivery.ts';
import { planeAway } from './parts-plane-away.ts';
import { poisonAndSize } from './parts-plane-poison.ts';
import { settingsAndEnrolment } from './parts-plane-settings.ts';
import { addTallies, tally, type Tally } from './parts-tally.ts';
import type { Fault } from '../support/scripted-ingress.ts';
import type { Scenario, ScenarioRow, ScenarioRun } from './scenario.ts';

const EVENTS = 20;
const PROBE_MS = 30_000;
const SPEED = 100;

/** One delivery, what is done to it, and its tally. */
async function once(options: DeliveryOptions, act: (rig: Delivery) => Promise<void>): Promise<Tally> {
  await using rig = await startDelivery(options);
  await act(rig);
  return tally(rig.appended, rig.executed());
}

function row(tallies: readonly Tally[], recoveriesMs: readonly number[] = [], note = ''): ScenarioRow {
  return { faultsInjected: tallies.length, ...addTallies(tallies), recoveriesMs, ...(note === '' ? {} : { note }) };
}

interface Wait {
  readonly header: string;
  readonly atLeastMs: number;
  readonly atMostMs: number;
}

/** Jitter of a fifth upward, and what a busy machine adds, made longer by the clock. */
const waits: readonly Wait[] = [
  { header: '5', atLeastMs: 5_000, atMostMs: 60_000 },
  { header: '30', atLeastMs: 30_000, atMostMs: 90_000 },
  { header: '99999999', atLeastMs: 300_000, atMostMs: 450_000 },
  { header: '-1', atLeastMs: 500, atMostMs: 55_000 },
  { header: 'soon', atLeastMs: 400, atMostMs: 55_000 },
  { header: 'Thu, 01 Jan 2099 00:00:00 GMT', atLeastMs: 300_000, atMostMs: 450_000 },
];

async function retryAfter(): Promise<ScenarioRow> {
  const tallies = await Promise.all(
    waits.map(({ header, atLeastMs, atMostMs }) =>
      once({ speed: SPEED, timeoutMs: 60_000 }, async (rig) => {
        rig.ingress.next({ kind: 'answer', status: 429, headers: { 'retry-after': header } });
        await rig.append(1);
        await rig.drained();
        const [refused, done, ...more] = rig.attempts;
        assert.deepEqual([refused?.code, done?.code, more.length], ['429', '200', 0], `Retry-After ${header}`);
        const waitedMs = (done?.atMs ?? 0) - (refused?.atMs ?? 0);
        assert.ok(waitedMs >= atLeastMs && waitedMs <= atMostMs, `Retry-After ${header}: waited ${waitedMs} ms`);
      }),
    ),
  );
  return row(tallies, [], 'waits as asked, between 0.5 s and 5 min');
}

interface Rudeness {
  readonly name: string;
  readonly fault: Fault;
  /** Where batches are under suspicion, each is tried by itself, and is halved. */
  readonly isSuspicion?: boolean;
}

const answer = (status: number, headers: Record<string, string> = {}, body = ''): Fault => ({
  ...{ kind: 'answer', status, headers, body },
});

const refusals: readonly Rudeness[] = [401, 403].map((status) => ({ name: `${status}`, fault: answer(status) }));
const wrongAddresses: readonly Rudeness[] = [
  ...[404, 405].map((status) => ({ name: `${status}`, fault: answer(status) })),
  ...[301, 302, 303, 307, 308].map((status) => ({
    name: `${status}`,
    fault: answer(status, { location: '/ProjectService/c/onPodEvents' }),
  })),
];
const JSON_TYPE = { 'content-type': 'application/json' };
const oddSuccesses: readonly Rudeness[] = [
  { name: 'a web page', fault: answer(200, { 'content-type': 'text/html' }, '<!doctype html><title>Log in</title>') },
  { name: 'an empty success', fault: answer(200) },
  { name: "somebody else's JSON", fault: answer(200, JSON_TYPE, '{"ok":true}') },
  { name: 'half a JSON', fault: answer(200, JSON_TYPE, '{"received":') },
  {
    name: 'a success that is an error',
    fault: answer(200, { ...JSON_TYPE, 'x-restate-error-source': 'invocation' }, '{}'),
    isSuspicion: true,
  },
];

/** Everything is kept while it lasts and is asked for seldom; afterwards it is delivered once. */
async function rude(each: readonly Rudeness[], { form }: ScenarioRun): Promise<ScenarioRow> {
  const lastsMs = form === 'long' ? 20 * 60_000 : 3 * 60_000;
  const recoveriesMs: number[] = [];
  const tallies = await Promise.all(
    each.map((rudeness) =>
      once({ speed: SPEED, timeoutMs: 60_000 }, async (rig) => {
        recoveriesMs.push(await endure(rig, rudeness, lastsMs));
      }),
    ),
  );
  return row(tallies, recoveriesMs, `each lasted ${lastsMs / 60_000} min; one request in ${PROBE_MS / 1000} s`);
}

/** How long deliveries took to flow again, in the agent's time. */
async function endure(rig: Delivery, { name, fault, isSuspicion = false }: Rudeness, lastsMs: number): Promise<number> {
  rig.ingress.always(fault);
  await rig.append(EVENTS);
  await rig.clock.sleep(lastsMs);
  const asked = rig.attempts.length;
  assert.equal(rig.outbox.stats().events, EVENTS, `${name}: something left the outbox`);
  assert.equal(rig.outbox.stats().quarantined, 0, `${name}: something was quarantined`);
  // Some more while the pace slows down.
  const most = (isSuspicion ? 24 : 8) + (lastsMs / PROBE_MS) * (isSuspicion ? 2 : 1);
  assert.ok(asked >= 2 && asked <= most, `${name}: asked ${asked} times in ${lastsMs / 1000} s`);
  writeFileSync(rig.tokenFile, 'second');
  const endedMs = rig.clock.monotonicMs();
  rig.ingress.always(undefined);
  await rig.drained();
  const isDenial = fault.kind === 'answer' && (fault.status === 401 || fault.status === 403);
  const token = rig.ingress.requests.at(-1)?.headers.authorization;
  assert.ok(!isDenial || token === 'Bearer second', 'the token was not read again');
  return rig.clock.monotonicMs() - endedMs;
}

const hangs: readonly Fault[] = [
  { kind: 'hang' },
  { kind: 'hang-in-body' },
  { kind: 'drip', everyMs: 20 },
  { kind: 'flood' },
];

async function hanging({ form }: ScenarioRun): Promise<ScenarioRow> {
  const lastsMs = form === 'long' ? 10 * 60_000 : 30_000;
  const rssBytes = process.memoryUsage.rss();
  const tallies = await Promise.all(hangs.map((fault) => once({ speed: 10 }, (rig) => hang(rig, fault, lastsMs))));
  const grownBytes = process.memoryUsage.rss() - rssBytes;
  assert.ok(grownBytes < 256 * 2 ** 20, `grown by ${grownBytes} bytes`);
  return row(tallies, [], 'each attempt cut after 5 s, at most 4 sockets open');
}

async function hang(rig: Delivery, fault: Fault, lastsMs: number): Promise<void> {
  rig.ingress.always(fault);
  await rig.append(EVENTS);
  await rig.clock.sleep(lastsMs);
  const slowestMs = Math.max(...rig.attempts.map(({ tookMs }) => tookMs));
  assert.ok(rig.attempts.length >= 2, `${fault.kind}: ${rig.attempts.length} attempts`);
  assert.ok(slowestMs < 15_000, `${fault.kind}: an attempt took ${slowestMs} ms, not 5 s`);
  assert.ok(rig.ingress.openSockets() <= 4, `${fault.kind}: ${rig.ingress.openSockets()} sockets are open`);
  assert.equal(rig.outbox.stats().events, EVENTS);
  rig.ingress.always(undefined);
  await rig.drained();
}

export const planeScenarios: readonly Scenario[] = [
  { id: 'R-23', fault: 'plane asks to wait, sensibly or not', run: retryAfter },
  ...poisonAndSize,
  { id: 'R-26', fault: 'plane refuses our credentials', run: (run) => rude(refusals, run) },
  { id: 'R-27', fault: 'wrong address, redirect', run: (run) => rude(wrongAddresses, run) },
  ...planeAway,
  { id: 'R-29', fault: 'plane hangs, drips or floods', run: hanging },
  { id: 'R-30', fault: 'successes that are none', run: (run) => rude(oddSuccesses, run) },
  ...settingsAndEnrolment,
];
