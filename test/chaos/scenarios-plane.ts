/**
 * Planes that are slow, wrong, rude or away, R-23 to R-33 but R-31: outbox on disk, drain, retries, breaker and client as
 * the agent has them, real sockets, and a clock that runs so fast that half a minute passes in less than a second.
 *
 * Each scenario asserts its figure and throws where it is missed; its row counts what was lost or took effect twice, and
 * tells recoveries in the agent's time.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
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
  },
];

/** Everything is kept while it lasts and is asked for seldom; afterwards it is delivered once. */
async function rude(each: readonly Rudeness[], { form }: ScenarioRun, pausesMs: number): Promise<ScenarioRow> {
  const recoveriesMs: number[] = [];
  const lastsMs = form === 'long' ? 20 * 60_000 : 3 * 60_000;
  const tallies: Tally[] = [];
  for (const { name, fault } of each) {
    const one = await once({ speed: SPEED, timeoutMs: 60_000 }, async (rig) => {
      rig.ingress.always(fault);
      await rig.append(EVENTS);
      await rig.clock.sleep(lastsMs);
      const asked = rig.attempts.length;
      assert.equal(rig.outbox.stats().events, EVENTS, `${name}: something left the outbox`);
      assert.equal(rig.outbox.stats().quarantined, 0, `${name}: something was quarantined`);
      assert.ok(asked >= 2 && asked <= 8 + lastsMs / pausesMs, `${name}: asked ${asked} times in ${lastsMs / 1000} s`);
      writeFileSync(rig.tokenFile, 'second');
      const endedMs = performance.now();
      rig.ingress.always(undefined);
      await rig.drained();
      recoveriesMs.push((performance.now() - endedMs) * SPEED);
      assert.equal(rig.ingress.requests.at(-1)?.headers.authorization, 'Bearer second', 'the token was not read again');
    });
    tallies.push(one);
  }
  return row(tallies, recoveriesMs, `each lasted ${lastsMs / 60_000} min; at most one request in ${pausesMs / 1000} s`);
}

const hangs: readonly Fault[] = [
  { kind: 'hang' },
  { kind: 'hang-in-body' },
  { kind: 'drip', everyMs: 20 },
  { kind: 'flood' },
];

async function hanging({ form }: ScenarioRun): Promise<ScenarioRow> {
  const tallies: Tally[] = [];
  const lastsMs = form === 'long' ? 10 * 60_000 : 30_000;
  for (const fault of hangs) {
    tallies.push(
      await once({ speed: 10 }, async (rig) => {
        rig.ingress.always(fault);
        const heapBytes = process.memoryUsage.rss();
        await rig.append(EVENTS);
        await rig.clock.sleep(lastsMs);
        const grownBytes = process.memoryUsage.rss() - heapBytes;
        const slowestMs = Math.max(...rig.attempts.map(({ tookMs }) => tookMs));
        assert.ok(rig.attempts.length >= 2, `${fault.kind}: ${rig.attempts.length} attempts`);
        assert.ok(slowestMs < 12_000, `${fault.kind}: an attempt took ${slowestMs} ms, not 5 s`);
        assert.ok(rig.ingress.mostSockets() <= 4 * rig.attempts.length, `${fault.kind}: too many sockets`);
        assert.ok(rig.ingress.openSockets() <= 4, `${fault.kind}: ${rig.ingress.openSockets()} sockets are open`);
        assert.ok(grownBytes < 128 * 2 ** 20, `${fault.kind}: grown by ${grownBytes} bytes`);
        assert.equal(rig.outbox.stats().events, EVENTS);
        rig.ingress.always(undefined);
        await rig.drained();
      }),
    );
  }
  return row(tallies, [], 'cut after 5 s, at most 4 sockets');
}

export const planeScenarios: readonly Scenario[] = [
  { id: 'R-23', fault: 'plane asks to wait, sensibly or not', run: retryAfter },
  ...poisonAndSize,
  { id: 'R-26', fault: 'plane refuses our credentials', run: (run) => rude(refusals, run, PROBE_MS * 0.8) },
  { id: 'R-27', fault: 'wrong address, redirect', run: (run) => rude(wrongAddresses, run, PROBE_MS * 0.8) },
  ...planeAway,
  { id: 'R-29', fault: 'plane hangs, drips or floods', run: hanging },
  { id: 'R-30', fault: 'successes that are none', run: (run) => rude(oddSuccesses, run, PROBE_MS * 0.8) },
  ...settingsAndEnrolment,
];
