/**
 * The way of an event from the outbox to the plane, as the agent builds it: outbox on disk, drain, retries, breaker,
 * client, over real sockets to an ingress with faults at will. Only the clock runs faster.
 *
 * The oracle is strict where the reference plane would forgive: an event id that is executed under two keys is doubled.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { LookupFunction } from 'node:net';
import path from 'node:path';
import { Drain } from '../../internal/pipeline/drain.ts';
import { quietDrainObserver } from '../../internal/pipeline/drain-observer.ts';
import type { DrainState } from '../../internal/pipeline/drain-state.ts';
import type { Outbox } from '../../internal/pipeline/outbox.ts';
import { openSqliteOutbox } from '../../internal/pipeline/outbox-sqlite.ts';
import { silentLogger } from '../../internal/platform/log.ts';
import { systemRandom } from '../../internal/platform/random.ts';
import type { WireEvent } from '../../internal/restate/wire-event.ts';
import { createBreaker, type Breaker } from '../../internal/restate/breaker.ts';
import type { PlaneClient } from '../../internal/restate/plane-client.ts';
import { buildSend } from '../../internal/restate/deliver.ts';
import { shrinkEvent } from '../../internal/restate/wire-trim.ts';
import { pipelineSettings } from '../support/drain-under-test.ts';
import { anEvent } from '../support/event-builder.ts';
import { idsInBody } from '../support/outbox-event.ts';
import { clientFor, type RememberingObserver } from '../support/plane-rig.ts';
import { startScriptedIngress, type ScriptedIngress } from '../support/scripted-ingress.ts';
import { fastClock, type FastClock } from './parts-clock.ts';

const MEBIBYTE = 1024 * 1024;
const PROBE_AFTER_MS = 30_000;

export interface DeliveryOptions {
  readonly speed: number;
  /** Of the ingress; the agent's default where absent. */
  readonly bodyLimitBytes?: number;
  /** --restate-timeout, on the fast clock. */
  readonly timeoutMs?: number;
  readonly batchSize?: number;
  /** Of another plane than the scripted ingress. */
  readonly url?: string;
  readonly clusterId?: string;
  /** An outbox that is there already, and stays. */
  readonly dataDir?: string;
  readonly migrations?: readonly string[];
  /** Delivers nothing. */
  readonly isHeld?: boolean;
  /** How host names are looked up. */
  readonly lookup?: LookupFunction;
  readonly host?: string;
}

/** A request of ours and how it ended, on the fast clock. */
export interface Attempt {
  readonly atMs: number;
  readonly code: string;
  readonly tookMs: number;
}

export interface Delivery extends AsyncDisposable {
  readonly clock: FastClock;
  readonly ingress: ScriptedIngress;
  readonly outbox: Outbox;
  readonly drain: Drain;
  readonly observer: RememberingObserver;
  readonly client: PlaneClient;
  readonly attempts: readonly Attempt[];
  readonly states: readonly DrainState[];
  readonly tokenFile: string;
  /** Ids appended so far. */
  readonly appended: readonly string[];
  append(count: number, padBytes?: number): Promise<void>;
  /** One transaction of `count` events with this one among them, at this place. */
  appendAround(count: number, place: number, event: WireEvent): Promise<void>;
  /** Resolves when the outbox holds `left` events, within so much real time. */
  drained(left?: number, withinMs?: number): Promise<void>;
  /** Ids as they took effect, in order. */
  executed(): string[];
}

export async function startDelivery(options: DeliveryOptions): Promise<Delivery> {
  const stack = new AsyncDisposableStack();
  const { clusterId = 'c' } = options;
  const clock = fastClock(options.speed);
  const dir = mkdtempSync(path.join(tmpdir(), 'watcher-chaos-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const tokenFile = path.join(dir, 'token');
  writeFileSync(tokenFile, 'first');
  const { bodyLimitBytes } = options;
  const ingress = await startScriptedIngress(bodyLimitBytes === undefined ? {} : { bodyLimitBytes });
  stack.defer(() => ingress.stop());
  const outbox = await openSqliteOutbox({
    ...{ dir: options.dataDir ?? path.join(dir, 'data'), quotaBytes: 256 * MEBIBYTE, clock, logger: silentLogger() },
    ...(options.migrations === undefined ? {} : { migrations: options.migrations }),
  });
  stack.defer(() => outbox.close());
  const { client, observer } = clientFor(options.url ?? ingress.url.replace('127.0.0.1', options.host ?? '127.0.0.1'), {
    ...{ clock, timeoutMs: options.timeoutMs ?? 5_000, files: { tokenFile } },
    ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
  });
  stack.defer(() => client.close());
  const attempts: Attempt[] = [];
  observer.request = (_handler, code, tookMs) => void attempts.push({ atMs: clock.monotonicMs(), code, tookMs });
  const breaker = fastBreaker(clock, observer);
  stack.defer(() => breaker.stop());
  const states: DrainState[] = [];
  const drain = new Drain({
    ...{ outbox, clock, random: systemRandom(), logger: silentLogger(), trim: shrinkEvent },
    settings: { current: () => pipelineSettings({ batchSize: options.batchSize ?? 100 }) },
    send: buildSend({ client, breaker, clusterId, mode: 'call', clock, random: systemRandom(), observer }),
    observer: { ...quietDrainObserver(), state: (state) => states.push(state) },
  });
  if (options.isHeld !== true) {
    stack.defer(async () => {
      await drain.stop(0);
    });
    drain.start();
  }
  const appended: string[] = [];
  return {
    ...{ clock, ingress, outbox, drain, client, observer, attempts, states, tokenFile, appended },
    append: (count, padBytes) => append(outbox, appended, count, clock, padBytes),
    appendAround: (count, place, event) => {
      const events = nextEvents(appended, count - 1);
      return appendAll(outbox, appended, events.toSpliced(place, 0, event), clock);
    },
    drained: (left = 0, withinMs = 60_000) => drained(outbox, left, withinMs),
    executed: () => executedIds(ingress),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** opossum has timers of its own, which no clock of ours moves: its half minute is made as short as the clock is fast. */
function fastBreaker(clock: FastClock, observer: RememberingObserver): Breaker {
  const probeAfterMs = PROBE_AFTER_MS / clock.speed;
  const machine = { ...clock, monotonicMs: () => clock.monotonicMs() / clock.speed };
  const breaker = createBreaker({ clock: machine, probeAfterMs, onChange: (state) => observer.breakerChanged(state) });
  return {
    ...breaker,
    run: async (attempt) => {
      const outcome = await breaker.run(attempt);
      if (outcome.kind !== 'retry' || outcome.reason !== 'breaker-open' || outcome.afterMs === undefined)
        return outcome;
      return { ...outcome, afterMs: outcome.afterMs * clock.speed };
    },
  };
}

/** Each of a pod of its own. */
function nextEvents(ids: readonly string[], count: number, padBytes = 0): WireEvent[] {
  return Array.from({ length: count }, (_, index) =>
    anEvent(String(ids.length + index), { message: 'x'.repeat(padBytes) }),
  );
}

/** In one transaction. */
async function appendAll(outbox: Outbox, ids: string[], events: readonly WireEvent[], clock: FastClock): Promise<void> {
  const rows = events.map((event) => {
    const { event_id: eventId, namespace, name: pod, phase, fingerprint } = event;
    const bytes = Buffer.from(JSON.stringify(event));
    return { eventId, podUid: `uid-${eventId}`, namespace, pod, phase, fingerprint, bytes, observedAtMs: clock.now() };
  });
  const { result } = await outbox.append(rows, []);
  if (result !== 'appended') throw new Error('the outbox is full');
  ids.push(...rows.map(({ eventId }) => eventId));
}

/** A hundred in each transaction, as a storm would come. */
async function append(
  outbox: Outbox,
  ids: string[],
  count: number,
  clock: FastClock,
  padBytes?: number,
): Promise<void> {
  for (let left = count; left > 0; left -= 100) {
    await appendAll(outbox, ids, nextEvents(ids, Math.min(100, left), padBytes), clock);
  }
}

async function drained(outbox: Outbox, left: number, withinMs: number): Promise<void> {
  const lateMs = performance.now() + withinMs;
  while (outbox.stats().events > left) {
    if (performance.now() > lateMs) throw new Error(`${outbox.stats().events} events are still in the outbox`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function executedIds(ingress: ScriptedIngress): string[] {
  return ingress.executed.flatMap(({ handler, body }) =>
    handler.startsWith('onPodEvent') ? idsInBody(Buffer.from(body)) : [],
  );
}
