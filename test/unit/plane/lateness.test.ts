// When a cluster counts as late, and when no longer: decisions over what was heard of it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { heard, judged, nextLookMs, patienceMs, type PartSeen } from '../../../cmd/plane/cluster/lateness.ts';

const EVERY_MS = 60_000;
const MISSED = 3;
const PATIENCE_MS = 3.5 * EVERY_MS;
const beat = (atMs: number, isLeading = true, before?: PartSeen): PartSeen =>
  heard(before, { atMs, everyMs: EVERY_MS, isLeading });

describe('a part of a cluster', () => {
  test('is late once three heartbeats and half of a fourth are missed, not before, and since it was last heard', () => {
    const part = beat(1_000);
    assert.equal(patienceMs(part, MISSED), PATIENCE_MS);
    assert.equal(judged(part, 1_000 + PATIENCE_MS - 1, MISSED), part);
    assert.deepEqual(judged(part, 1_000 + PATIENCE_MS, MISSED).late, { reason: 'silent', sinceMs: 1_000 });
  });

  test('whose follower is heard and whose leader is not has no leader, until one is heard', () => {
    let part = beat(0);
    for (let atMs = 30_000; atMs <= PATIENCE_MS; atMs += 30_000) part = beat(atMs, false, part);
    const late = judged(part, PATIENCE_MS, MISSED);
    assert.deepEqual(late.late, { reason: 'no-leader', sinceMs: 0 });
    assert.deepEqual(beat(PATIENCE_MS + 1, false, late).late, late.late);
    assert.equal(beat(PATIENCE_MS + 1, true, late).late, undefined);
  });

  test('that never had a leader is given as long as one that had', () => {
    const part = beat(0, false);
    assert.equal(judged(beat(PATIENCE_MS - 1, false, part), PATIENCE_MS - 1, MISSED).late, undefined);
    assert.equal(judged(beat(PATIENCE_MS, false, part), PATIENCE_MS, MISSED).late?.reason, 'no-leader');
  });

  test('that was silent is back with its first heartbeat, with all the time to find a leader', () => {
    const silent = judged(beat(0), 10 * PATIENCE_MS, MISSED);
    const back = beat(10 * PATIENCE_MS, false, silent);
    assert.equal(back.late, undefined);
    assert.equal(judged(back, 11 * PATIENCE_MS - 1, MISSED).late, undefined);
  });

  test('is excused for what it was silent while the plane was away, and still late since it was last heard', () => {
    const part = { ...beat(0), excusedMs: 5 * PATIENCE_MS };
    assert.equal(nextLookMs([part], MISSED), 6 * PATIENCE_MS);
    assert.equal(judged(part, 6 * PATIENCE_MS - 1, MISSED), part);
    assert.deepEqual(judged(part, 6 * PATIENCE_MS, MISSED).late, { reason: 'silent', sinceMs: 0 });
    const follower = beat(5 * PATIENCE_MS + 1, false, part);
    assert.equal(judged(follower, 6 * PATIENCE_MS - 1, MISSED).late, undefined, 'and so is its leader');
  });

  test('is late by the time of the next look, or was heard meanwhile; a look never comes for nothing twice', () => {
    const history = fc.array(fc.record({ pauseMs: fc.integer({ min: 1, max: 400_000 }), isLeading: fc.boolean() }));
    fc.assert(
      fc.property(history, (beats) => {
        let atMs = 0;
        let part = beat(0);
        for (const { pauseMs, isLeading } of beats) {
          const nextMs = nextLookMs([part], MISSED);
          atMs += pauseMs;
          if (nextMs !== undefined && nextMs <= atMs) {
            const before = part.late?.reason;
            part = judged(part, nextMs, MISSED);
            assert.ok(part.late !== undefined && part.late.reason !== before, 'it found what it was for');
          } else assert.deepEqual(judged(part, atMs, MISSED).late, part.late, 'nothing was missed');
          if (nextMs === undefined || nextMs > atMs) part = beat(atMs, isLeading, part);
        }
      }),
    );
  });
});
