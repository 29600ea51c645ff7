// Settings in force: ours, the plane's, and what stays where the plane says what can't be meant.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LiveSettings } from '../../../cmd/watcher/live-settings.ts';
import { silentLogger } from '../../../internal/platform/log.ts';
import { load } from '../config/loading.ts';

function live(...answers: readonly unknown[]): LiveSettings {
  const settings = new LiveSettings(load({ argv: ['--batch-size=70'] }).config, silentLogger());
  for (const answer of answers) settings.apply(settings.parse(answer));
  return settings;
}

const good = { batch_size: 50, batch_flush_ms: 500, dedup_cooldown_seconds: 60, enabled_reasons: ['Failed'] };

describe('settings in force', () => {
  test('are ours until the plane names one', () => {
    assert.equal(live().current().batchSize, 70);
    assert.equal(live({}).current().batchSize, 70);
    assert.equal(live(good).current().batchSize, 50);
  });

  for (const nonsense of [
    { batch_size: -1, batch_flush_ms: 1e9, dedup_cooldown_seconds: 'x', enabled_reasons: ['NoSuchReason'] },
    { batch_size: 1e9, batch_flush_ms: [], dedup_cooldown_seconds: 0.5, enabled_reasons: 7 },
  ]) {
    test(`stay as the plane last meant them when it says ${JSON.stringify(nonsense)}`, () => {
      assert.deepEqual(live(good, nonsense).current(), live(good).current());
      assert.deepEqual(live(good, nonsense, nonsense).current(), live(good).current());
    });
  }

  test('take the good part of an answer beside the nonsense', () => {
    const { batchSize, batchFlushMs } = live(good, { ...good, batch_size: -1, batch_flush_ms: 250 }).current();
    assert.deepEqual([batchSize, batchFlushMs], [50, 250]);
  });

  test('say from when on a storm is told as digests, within bounds', () => {
    const digests = (...answers: readonly unknown[]): unknown[] => {
      const { digestThreshold, digestWindowMs } = live(...answers).current();
      return [digestThreshold, digestWindowMs];
    };
    assert.deepEqual(digests(), [50, 60_000]);
    assert.deepEqual(digests({ digest_threshold: 7, digest_window_seconds: 30 }), [7, 30_000]);
    assert.deepEqual(digests({ digest_threshold: 0, digest_window_seconds: null }), [50, 60_000]);
    assert.deepEqual(digests({ digest_threshold: -1, digest_window_seconds: 601 }), [50, 60_000]);
  });

  test('are ours again where the plane no longer says anything', () => {
    assert.equal(live(good, { ...good, batch_size: 0 }).current().batchSize, 70);
    assert.equal(live(good, { batch_flush_ms: 500 }).current().batchSize, 70);
  });
});
