/** What a new term means to the pipeline: how far back it looks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { observeLeadership } from '../../../cmd/watcher/observe-leadership.ts';
import { createMetrics } from '../../../internal/metrics/metrics.ts';
import { silentLogger } from '../../../internal/platform/log.ts';

const RENEWED_MS = 1_800_000_000_000;

function lookBackOf(previousRenewAtMs: number | undefined): number | undefined {
  const begun: (number | undefined)[] = [];
  const beginTerm = (leaderUntilMs: number | undefined): void => void begun.push(leaderUntilMs);
  const events = observeLeadership(createMetrics(), silentLogger(), { leaseDurationMs: 15_000 }, { beginTerm });
  const { signal } = new AbortController();
  events.onStartedLeading({ id: 'a/1', transitions: 1, previousRenewAtMs, signal, isValid: () => true });
  assert.equal(begun.length, 1);
  return begun[0];
}

test('a new leader looks back over the Lease, and over what the watch of the old one may have missed while it was dead', () => {
  assert.equal(lookBackOf(RENEWED_MS), RENEWED_MS - 45_000);
});

test('a new leader that follows nobody looks back over all there is', () => {
  assert.equal(lookBackOf(undefined), undefined);
});
