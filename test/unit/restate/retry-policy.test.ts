import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeliveryOutcome } from '../../../internal/pipeline/delivery.ts';
import { decideRetry } from '../../../internal/restate/retry-policy.ts';

const middle = { next: () => 0.5, hex: () => '' };
const network = { kind: 'retry', key: 'same', reason: 'network', status: 0, afterMs: undefined, detail: '' } as const;

test('an attempt that may heal is repeated after 0.5, 1 and 2 s, and then no more', () => {
  const pauses = [1, 2, 3].map((attempt) => decideRetry(network, attempt, middle));
  assert.deepEqual(
    pauses.map((decision) => decision.retry && decision.pauseMs),
    [500, 1000, 2000],
  );
  assert.deepEqual(decideRetry(network, 4, middle), { retry: false, reason: 'attempts-spent' });
});

test('the pause is moved by up to a fifth', () => {
  const pauses = [0, 0.999].map((next) => decideRetry(network, 2, { next: () => next, hex: () => '' }));
  const [least, most] = pauses.map((decision) => (decision.retry ? Math.round(decision.pauseMs) : undefined));
  assert.deepEqual([least, most], [800, 1200]);
});

test('a pause the plane asks for is kept in hand up to 5 s, beyond that the outbox keeps it', () => {
  const asked = (afterMs: number): unknown => decideRetry({ ...network, reason: 'ingress-busy', afterMs }, 1, middle);
  assert.deepEqual(asked(5000), { retry: true, reason: 'may-heal', pauseMs: 5000 });
  assert.deepEqual(asked(5001), { retry: false, reason: 'asked-to-wait' });
});

const goesBack: readonly (readonly [DeliveryOutcome, string])[] = [
  [{ kind: 'accepted', reason: 'executed', status: 200 }, 'settled'],
  [{ kind: 'split', reason: 'invalid', status: 422, detail: '' }, 'settled'],
  [{ kind: 'refused', reason: 'unauthorized', status: 401, detail: '' }, 'settled'],
  [{ ...network, key: 'next-generation', reason: 'invocation-failed' }, 'needs-new-key'],
  [{ ...network, reason: 'breaker-open' }, 'breaker-open'],
];
for (const [outcome, reason] of goesBack) {
  test(`${outcome.kind} ${outcome.reason} goes back to the outbox at once: ${reason}`, () => {
    assert.deepEqual(decideRetry(outcome, 1, middle), { retry: false, reason });
  });
}
