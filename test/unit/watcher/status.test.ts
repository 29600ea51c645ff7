// What the status document says became of a failure.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { statusOf, type StatusParts } from '../../../cmd/watcher/status.ts';
import type { PodWatchDescription } from '../../../internal/kubernetes/pod-watch.ts';
import { PodTraces, type PodTrace, type TraceStep } from '../../../internal/pipeline/trace.ts';
import type { StatusDocument } from '../../../internal/server/status.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const eventId = 'e1';
const told: readonly TraceStep[] = [
  { step: 'found', eventId, failure: 'OOMKilled', container: 'app' },
  { step: 'decided', eventId, stage: 'dedupe', decision: 'pass', reason: 'new' },
  { step: 'stored', eventId },
  { step: 'settled', eventId, as: 'delivered', reason: 'accepted' },
];
const seenAgain: TraceStep = {
  ...{ step: 'decided', eventId, stage: 'dedupe', decision: 'deduplicate', reason: 'already-told' },
};

function becameOf(steps: readonly TraceStep[]): string | undefined {
  const entries = steps.map((what, at) => ({ what, atMs: at, untilMs: at, times: 1 }));
  return statusWith([], [{ namespace: 'shop', name: 'web-0', uid: 'u', isCut: false, entries }]).failures[0]?.became;
}

function statusWith(
  watches: readonly Partial<PodWatchDescription>[],
  traces: readonly PodTrace[] = [],
): StatusDocument {
  const clock = new ManualClock();
  const parts = {
    ...{ config: { clusterId: 'c' }, described: [], settings: { changed: () => new Map() }, clock },
    health: { ready: () => [] },
    cluster: { watches: { describe: () => ({ watches }) }, leadership: { describe: () => ({ identity: 'i' }) } },
    traces: Object.assign(new PodTraces(clock), { latest: () => traces }),
    isTelling: () => true,
  } as unknown as StatusParts;
  return statusOf(parts)();
}

describe('what became of a failure', () => {
  test('is the last that was said of it until it is delivered or set aside', () => {
    assert.equal(becameOf(told.slice(0, 1)), 'found');
    assert.equal(becameOf(told.slice(0, 2)), 'pass: new');
    assert.equal(becameOf(told.slice(0, 3)), 'stored');
    assert.equal(becameOf(told), 'delivered');
  });

  test('stays delivered when it is seen again and not told again', () => {
    assert.equal(becameOf([...told, seenAgain]), 'delivered');
  });
});

test('of thousands of watches those that are wrong come first, then the least fresh, and the rest is counted', () => {
  const fresh = Array.from({ length: 2_000 }, (_, at) => ({ namespace: `n${at}`, lastActivityMs: -1 }));
  const wrong = { namespace: 'denied', error: 'API_FORBIDDEN', lastActivityMs: -1 } as const;
  const status = statusWith([...fresh, { namespace: 'old', lastActivityMs: -60_000 }, wrong, { namespace: 'new' }]);
  assert.deepEqual(
    status.watches.slice(0, 4).map(({ namespace, age_seconds: age }) => [namespace, age]),
    [
      ['denied', 0.001],
      ['new', undefined],
      ['old', 60],
      ['n0', 0.001],
    ],
  );
  assert.deepEqual([status.watches.length, status.watches_left_out], [100, 1_903]);
});
