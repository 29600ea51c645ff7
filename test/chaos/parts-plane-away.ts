/**
 * a plane that is away for long, in each way there is, while failures go on. The breaker opens, one request in half
 * a minute asks whether it is back, and then everything is delivered, oldest first.
 */
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import type { LookupFunction } from 'node:net';
import type { Fault } from '../support/scripted-ingress.ts';
import { startDelivery, type Delivery } from './parts-delivery.ts';
import { addTallies, tally, type Tally } from './parts-tally.ts';
import type { Form, Scenario, ScenarioRow, ScenarioRun } from './scenario.ts';

const SPEED = 120;
const PROBE_MS = 30_000;
/** Five failures open the breaker; what the second batch in flight tries meanwhile, and the jitter of the first pauses. */
const BEFORE_OPEN = 10;

/** The way to one plane. */
interface Way {
  readonly rig: Delivery;
  readonly names: Resolver;
}

interface Absence {
  readonly name: string;
  begin(way: Way): void;
  end(way: Way): void;
}

const byFault = (name: string, fault: Fault): Absence => ({
  name,
  begin: ({ rig }) => rig.ingress.always(fault),
  end: ({ rig }) => rig.ingress.always(undefined),
});

const LEAST_PER_SECOND = 2_000;
/** For a machine that does other things as well. */
const SLACK = 5;

interface Resolver {
  readonly lookup: LookupFunction;
  isBroken: boolean;
}

/** A resolver that knows the plane's name or not. */
function resolver(): Resolver {
  const state = { isBroken: false };
  const lookup: LookupFunction = (host, options, done) => {
    if (state.isBroken) {
      const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' });
      process.nextTick(() => done(error, '', 4));
    } else if (options.all === true) process.nextTick(() => done(null, [{ address: '127.0.0.1', family: 4 }]));
    else process.nextTick(() => done(null, '127.0.0.1', 4));
  };
  return Object.assign(state, { lookup });
}

function absencesOf(form: Form): readonly Absence[] {
  const statuses = form === 'long' ? [500, 502, 503, 504] : [503];
  return [
    ...statuses.map((status) => byFault(`${status}`, { kind: 'answer', status })),
    byFault('reset', { kind: 'reset' }),
    byFault('no HTTP', { kind: 'garbage' }),
    {
      name: 'name unknown',
      begin: ({ names }) => (names.isBroken = true),
      end: ({ names }) => (names.isBroken = false),
    },
  ];
}

/** All planes are away at the same time, and come back one after the other, so that each drains by itself. */
async function away({ form, progress }: ScenarioRun): Promise<ScenarioRow> {
  await using stack = new AsyncDisposableStack();
  const lastsMs = form === 'long' ? 60 * 60_000 : 4 * 60_000;
  const backlog = form === 'long' ? 30_000 : 3_000;
  const missing = await Promise.all(absencesOf(form).map((absence) => begin(absence, backlog, stack)));
  await Promise.all(missing.map((one) => lasted(one, lastsMs)));
  const tallies: Tally[] = [];
  const recoveriesMs: number[] = [];
  let slowest = Infinity;
  for (const one of missing) {
    const { recoveryMs, perSecond } = await end(one);
    progress(`${one.absence.name}: ${Math.round(perSecond)} events/s afterwards`);
    tallies.push(tally(one.rig.appended, one.rig.executed()));
    recoveriesMs.push(recoveryMs);
    slowest = Math.min(slowest, Math.round(perSecond));
  }
  assert.ok(slowest >= LEAST_PER_SECOND / SLACK, `drained at ${slowest} events/s`);
  const note = `${lastsMs / 60_000} min each, one probe in 30 s; drains at ${slowest} events/s or more`;
  return { faultsInjected: tallies.length, ...addTallies(tallies), recoveriesMs, note };
}

interface Missing extends Way {
  readonly absence: Absence;
  readonly backlog: number;
  readonly beganMs: number;
}

async function begin(absence: Absence, backlog: number, stack: AsyncDisposableStack): Promise<Missing> {
  const names = resolver();
  const wishes = { speed: SPEED, timeoutMs: 600_000, lookup: names.lookup, host: 'plane.test' };
  const rig = stack.use(await startDelivery(wishes));
  absence.begin({ rig, names });
  const beganMs = rig.clock.monotonicMs();
  await rig.append(backlog);
  return { absence, rig, names, backlog, beganMs };
}

async function lasted({ absence, rig, backlog, beganMs }: Missing, lastsMs: number): Promise<void> {
  await rig.clock.sleep(Math.max(0, lastsMs - (rig.clock.monotonicMs() - beganMs)));
  const asked = rig.attempts.length;
  const lastedMs = rig.clock.monotonicMs() - beganMs;
  const most = BEFORE_OPEN + lastedMs / PROBE_MS;
  assert.ok(asked <= most && asked >= 5, `${absence.name}: asked ${asked} times in ${lastedMs / 1000} s`);
  assert.equal(rig.observer.breakerStates[0], 'open', 'the breaker did not open');
  assert.equal(rig.outbox.stats().events, backlog, `${absence.name}: something left the outbox`);
}

async function end({ absence, rig, names, backlog }: Missing) {
  absence.end({ rig, names });
  const endedMs = performance.now();
  await rig.drained(backlog - 1);
  const firstMs = performance.now();
  await rig.drained();
  const perSecond = (backlog * 1000) / (performance.now() - firstMs);
  assertOldestFirst(rig.executed());
  return { recoveryMs: (firstMs - endedMs) * SPEED, perSecond };
}

/** Two batches are in flight, so one may overtake the other; never by more. */
function assertOldestFirst(ids: readonly string[]): void {
  let newest = -1;
  for (const id of ids) {
    const number = Number(id.replace('event-', ''));
    assert.ok(number > newest - 300, `${id} came after event-${newest}`);
    newest = Math.max(newest, number);
  }
}

export const planeAway: readonly Scenario[] = [{ id: 'R-28', fault: 'plane away, failures going on', run: away }];
