/** Filter and look-back: what is wanted, and what is old news. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decideFilter } from '../../../internal/pipeline/filter.ts';
import { decideLookBack, lookBackSinceMs } from '../../../internal/pipeline/filter-look-back.ts';
import type { Finding } from '../../../internal/pipeline/finding.ts';
import { defaultEnabledReasons } from '../../../internal/pipeline/reasons.ts';
import type { PipelineSettings } from '../../../internal/pipeline/settings.ts';
import { STATUS_LATE_MS } from '../../../internal/platform/limits.ts';
import { look } from '../../support/detecting.ts';
import { app, pod, type ContainerBuilder } from '../../support/pod-builder.ts';

const DEFAULTS: PipelineSettings = {
  dedupCooldownMs: 180_000,
  batchSize: 100,
  batchFlushMs: 1000,
  enabledReasons: defaultEnabledReasons,
  eventTypes: [],
};

function findingOf(container: ContainerBuilder): Finding {
  const [finding] = look(pod().with(container)).findings;
  assert.ok(finding !== undefined);
  return finding;
}

describe('the filter', () => {
  const loop = findingOf(app().crashLooping({ code: 137, reason: 'OOMKilled' }));
  const enabled = (...enabledReasons: string[]): PipelineSettings => ({ ...DEFAULTS, enabledReasons });

  test('lets a finding pass under the first of its families that is enabled', () => {
    assert.deepEqual(decideFilter(loop, DEFAULTS), { pass: true, under: 'CrashLoopBackOff' });
    assert.deepEqual(decideFilter(loop, enabled('OOMKilled')), { pass: true, under: 'OOMKilled' });
  });

  test('suppresses a finding none of whose families is enabled', () => {
    assert.deepEqual(decideFilter(loop, enabled('ImagePullBackOff')), { pass: false, reason: 'family-disabled' });
    assert.deepEqual(decideFilter(loop, enabled()), { pass: false, reason: 'family-disabled' });
  });

  test('lets everything pass under * and names its own family', () => {
    assert.deepEqual(decideFilter(loop, enabled('*')), { pass: true, under: 'CrashLoopBackOff' });
    assert.deepEqual(decideFilter(findingOf(app().waiting('OddError')), enabled('*')), {
      pass: true,
      under: 'CreateContainerConfigError',
    });
  });

  test('takes a family for all of its reasons, and a reason for itself alone', () => {
    const pull = (word: string) => findingOf(app().waiting(word));
    assert.ok(decideFilter(pull('ErrImagePull'), enabled('ImagePullBackOff')).pass);
    assert.deepEqual(decideFilter(pull('InvalidImageName'), enabled('InvalidImageName')), {
      pass: true,
      under: 'InvalidImageName',
    });
    assert.ok(!decideFilter(pull('ErrImagePull'), enabled('InvalidImageName')).pass);
  });

  test('sends types beyond failure and ongoing only to a plane that names them', () => {
    const resolved: Finding = { ...loop, type: 'resolved' };
    assert.deepEqual(decideFilter(resolved, DEFAULTS), { pass: false, reason: 'type-not-wanted' });
    assert.ok(decideFilter(resolved, { ...DEFAULTS, eventTypes: ['resolved'] }).pass);
    assert.ok(decideFilter({ ...loop, type: 'ongoing' }, DEFAULTS).pass);
  });

  test('suppresses what is less grave than asked for', () => {
    const exit = findingOf(app().exited());
    const critical: PipelineSettings = { ...DEFAULTS, minimumSeverity: 'critical' };
    assert.deepEqual(decideFilter(exit, critical), { pass: false, reason: 'below-severity' });
    assert.ok(decideFilter(exit, { ...DEFAULTS, minimumSeverity: 'warning' }).pass);
    assert.ok(decideFilter(loop, critical).pass);
  });
});

describe('the look-back', () => {
  test('tells what goes on, however long it has', () => {
    assert.ok(decideLookBack(findingOf(app().crashLooping({ finishedAtMs: 1 })), 1000).pass);
    assert.ok(decideLookBack(findingOf(app().waiting('ErrImagePull')), 1000).pass);
  });

  test('tells what ended within it and not what ended before', () => {
    const exited = (finishedAtMs: number) => decideLookBack(findingOf(app().running('b').last({ finishedAtMs })), 1000);
    assert.deepEqual(exited(999), { pass: false, reason: 'ended-before-look-back' });
    assert.ok(exited(1000).pass);
  });

  test('takes a missing time for recent', () => {
    assert.ok(decideLookBack(findingOf(app().running('b').last({ finishedAtMs: 0 })), 1000).pass);
  });

  test('reaches back for the window, or further if nobody was watching', () => {
    const nowMs = 10_000_000;
    assert.equal(lookBackSinceMs(nowMs, 3000, undefined), nowMs - 3000);
    assert.equal(lookBackSinceMs(nowMs, 2 * STATUS_LATE_MS, nowMs), nowMs - 2 * STATUS_LATE_MS);
    assert.equal(lookBackSinceMs(nowMs, 3000, 5_000_000), 5_000_000 - STATUS_LATE_MS);
  });
});
