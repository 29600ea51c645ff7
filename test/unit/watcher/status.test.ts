// What the status document says became of a failure.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { statusOf, type StatusParts } from '../../../cmd/watcher/status.ts';
import { PodTraces, type PodTrace, type TraceStep } from '../../../internal/pipeline/trace.ts';
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
  const trace: PodTrace = { namespace: 'shop', name: 'web-0', uid: 'u', isCut: false, entries };
  const clock = new ManualClock();
  const parts = {
    ...{ config: { clusterId: 'c' }, described: [], settings: { changed: () => new Map() }, clock },
    health: { ready: () => [] },
    cluster: { watches: { describe: () => ({ watches: [] }) }, leadership: { describe: () => ({ identity: 'i' }) } },
    traces: Object.assign(new PodTraces(clock), { latest: () => [trace] }),
    isTelling: () => true,
  } as unknown as StatusParts;
  return statusOf(parts)().failures[0]?.became;
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
