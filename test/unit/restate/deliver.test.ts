import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { Delivery, DeliveryOutcome } from '../../../internal/pipeline/delivery.ts';
import { createBreaker } from '../../../internal/restate/breaker.ts';
import { buildSend } from '../../../internal/restate/deliver.ts';
import type { Exchange } from '../../../internal/restate/exchange.ts';
import type { PlaneCall } from '../../../internal/restate/plane-client.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { named, rememberingObserver } from '../../support/plane-rig.ts';

const delivery: Delivery = { handler: 'onPodEvents', idempotencyKey: 'k1', body: Buffer.from('[]'), events: 2 };
const down: Exchange = { kind: 'failure', cause: 'network', detail: 'ECONNREFUSED' };

function answer(status: number, source?: string, retryAfter?: string): Exchange {
  const headers = { errorSource: source, isFromRestate: status < 300, contentType: 'application/json', retryAfter };
  return { kind: 'answer', status, ...headers, body: '{}', isBodyCut: false };
}

/** A sender whose client answers with `answers` in turn, the last one for ever. */
function rig(t: TestContext, ...answers: readonly Exchange[]) {
  const clock = new ManualClock();
  const observer = rememberingObserver();
  const breaker = createBreaker({ clock });
  t.after(() => breaker.stop());
  const calls: (PlaneCall & { atMs: number })[] = [];
  const client = {
    call: (call: PlaneCall): Promise<Exchange> => {
      calls.push({ ...call, atMs: clock.monotonicMs() });
      return Promise.resolve(answers[Math.min(calls.length, answers.length) - 1] ?? down);
    },
    close: () => Promise.resolve(),
  };
  const random = { next: () => 0.5, hex: () => '' };
  const send = buildSend({ client, breaker, clusterId: 'c/1', mode: 'call', clock, random, observer });
  return { clock, observer, calls, send, stopping: new AbortController() };
}

describe('delivering a batch', () => {
  test('posts its bytes under its key to the handler of this cluster', async (t) => {
    const { send, calls, stopping } = rig(t, answer(200));
    assert.equal(named(await send(delivery, stopping.signal)), 'accepted executed');
    const [call] = calls;
    assert.deepEqual(call?.target, ['ProjectService', 'c/1', 'onPodEvents']);
    assert.deepEqual([call.body, call.idempotencyKey, call.mode], [delivery.body, 'k1', 'call']);
  });

  test('is tried again after 0.5, 1 and 2 s with the same bytes under the same key, then goes back', async (t) => {
    const { send, calls, clock, stopping, observer } = rig(t, down);
    const sending = send(delivery, stopping.signal);
    await clock.advance(60_000);
    assert.equal(named(await sending), 'retry network same');
    assert.deepEqual(
      calls.map(({ atMs }) => atMs),
      [0, 500, 1500, 3500],
    );
    assert.ok(calls.every((call) => call.body === delivery.body && call.idempotencyKey === 'k1'));
    assert.deepEqual(
      observer.deliveries.map(({ attempts }) => attempts),
      [4],
    );
    assert.equal(clock.pendingTimers, 0);
  });

  test('ends with the first answer that settles it', async (t) => {
    const { send, calls, clock, stopping } = rig(t, down, answer(503, 'ingress'), answer(200));
    const sending = send(delivery, stopping.signal);
    await clock.advance(60_000);
    assert.equal(named(await sending), 'accepted executed');
    assert.equal(calls.length, 3);
  });

  const atOnce: readonly (readonly [Exchange, string])[] = [
    [answer(422, 'invocation'), 'split invalid'],
    [answer(413), 'split too-large'],
    [answer(500, 'invocation'), 'retry invocation-failed next-generation'],
    [answer(404, 'ingress'), 'refused not-registered'],
    [answer(401), 'refused unauthorized'],
    [answer(302), 'refused redirected'],
    [answer(429, 'ingress', '3600'), 'retry ingress-busy same'],
  ];
  for (const [exchange, expected] of atOnce) {
    test(`goes back at once where trying again soon is no use: ${expected}`, async (t) => {
      const { send, calls, stopping } = rig(t, exchange);
      assert.equal(named(await send(delivery, stopping.signal)), expected);
      assert.equal(calls.length, 1);
    });
  }

  test('waits as long as the plane asks, up to what a sender is held for', async (t) => {
    const { send, calls, clock, stopping } = rig(t, answer(429, 'ingress', '4'), answer(200));
    const sending = send(delivery, stopping.signal);
    await clock.advance(60_000);
    await sending;
    assert.deepEqual(
      calls.map(({ atMs }) => atMs),
      [0, 4000],
    );
  });

  test('goes back at once while the breaker is open, and the plane is left alone', async (t) => {
    const { send, calls, clock, stopping } = rig(t, down);
    const outcomes: DeliveryOutcome[] = [];
    for (let index = 0; index < 3; index++) {
      const sending = send(delivery, stopping.signal);
      await clock.advance(10_000);
      outcomes.push(await sending);
    }
    assert.equal(calls.length, 5);
    assert.deepEqual(outcomes.map(named), ['retry network same', 'retry breaker-open same', 'retry breaker-open same']);
  });

  test('ends its pause and tries no more once it is told to stop', async (t) => {
    const { send, calls, clock, stopping } = rig(t, down);
    const sending = send(delivery, stopping.signal);
    await clock.advance(100);
    stopping.abort();
    assert.equal(named(await sending), 'retry network same');
    assert.deepEqual([calls.length, clock.pendingTimers], [1, 0]);
  });

  test('is an outcome even where the client breaks its promise', async (t) => {
    const { clock, stopping, observer } = rig(t);
    const breaker = createBreaker({ clock });
    t.after(() => breaker.stop());
    for (const problem of [new TypeError('a bug'), new Error('a bug')]) {
      const client = { call: () => Promise.reject(problem), close: () => Promise.resolve() };
      const random = { next: () => 0.5, hex: () => '' };
      const send = buildSend({ client, breaker, clusterId: 'c', mode: 'call', clock, random, observer });
      const sending = send(delivery, stopping.signal);
      await clock.advance(60_000);
      assert.equal((await sending).kind, 'retry');
    }
  });
});
