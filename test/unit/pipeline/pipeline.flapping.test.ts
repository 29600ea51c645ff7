// What comes and goes is told a bounded number of times: first, then as ongoing after the cooldown, and as resolved only
// when it has held, longer each time it came back.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeIncidents, encodeIncidents } from '../../../internal/pipeline/incidents-codec.ts';
import { newIncident } from '../../../internal/pipeline/incidents.ts';
import { afterResolved, holdDownMs } from '../../../internal/pipeline/resolve.ts';
import { RESOLVED_AFTER_MS } from '../../../internal/platform/limits.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';
import { app, CREATED_MS, pod, type PodBuilder } from '../../support/pod-builder.ts';

const COOLDOWN_MS = 180_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

type Shape = (cycle: number, isDown: boolean, nowMs: number) => PodBuilder;

/** Its container ends and runs again. */
const exiting: Shape = (cycle, isDown, nowMs) => {
  const exit = { id: `run-${cycle}`, finishedAtMs: nowMs };
  return pod().with(
    isDown
      ? app('web').exited(exit)
      : app('web')
          .last(exit)
          .running(`run-${cycle + 1}`),
  );
};

/** Its container can't be started again after each run, for a while. */
const pulling: Shape = (cycle, isDown) =>
  pod().with(
    isDown ? app('web').id(`run-${cycle}`).waiting('ImagePullBackOff') : app('web').running(`run-${cycle + 1}`),
  );

interface Flapping {
  readonly shape: Shape;
  readonly forMs: number;
  readonly upMs: number;
  readonly downMs: number;
}

/** Goes up and down, and returns how much was told by type. */
async function flap(rig: PipelineRig, { shape, forMs, upMs, downMs }: Flapping): Promise<Record<string, number>> {
  const seen = async (each: PodBuilder): Promise<void> => {
    rig.pods = [each.facts()];
    await rig.change(each);
  };
  for (let cycle = 1; rig.clock.now() < CREATED_MS + forMs; cycle++) {
    await seen(shape(cycle, true, rig.clock.now()));
    await rig.clock.advance(downMs);
    await seen(shape(cycle, false, rig.clock.now() - downMs));
    await rig.clock.advance(upMs);
  }
  await rig.pipeline.settled();
  await rig.pipeline.stop();
  const counts: Record<string, number> = { failure: 0, ongoing: 0, resolved: 0 };
  for (const { type } of rig.observer.storedFindings) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

const resolving = (): PipelineRig => new PipelineRig({ settings: { eventTypes: ['resolved'] } });

describe('a pod that comes and goes', () => {
  for (const [what, shape] of [
    ['exits', exiting],
    ['can not be started', pulling],
  ] as const) {
    test(`faster than the stabilisation time is told once and then as ongoing where it ${what}`, async () => {
      const [upMs, downMs, forMs] = [RESOLVED_AFTER_MS / 2, RESOLVED_AFTER_MS / 4, 2 * HOUR_MS];
      const { failure = 0, ongoing = 0, resolved } = await flap(resolving(), { shape, forMs, upMs, downMs });
      assert.deepEqual([failure, resolved], [1, 0]);
      assert.ok(ongoing > 0 && ongoing <= forMs / COOLDOWN_MS, `${ongoing} times ongoing`);
    });
  }

  test('more slowly is told as over ever later, and in the end as one failure that goes on', async () => {
    const [upMs, downMs, forMs] = [10 * MINUTE_MS, MINUTE_MS, 24 * HOUR_MS];
    const { failure = 0, ongoing = 0, resolved } = await flap(resolving(), { shape: pulling, forMs, upMs, downMs });
    // Over after 2, 4 and 8 minutes; 16 it never holds.
    assert.deepEqual([failure, resolved], [4, 3]);
    assert.ok(ongoing <= forMs / (upMs + downMs), `${ongoing} times ongoing`);
  });

  test('once a day is told each time, and as over as soon as the first time', async () => {
    const [upMs, downMs, forMs] = [24 * HOUR_MS, MINUTE_MS, 5 * 24 * HOUR_MS];
    const { failure, resolved } = await flap(resolving(), { shape: pulling, forMs, upMs, downMs });
    assert.deepEqual([failure, resolved], [5, 5]);
  });
});

describe('the hold-down of what was told as over', () => {
  test('doubles each time it comes back, and is never more than 16 times as long', () => {
    let incident = newIncident(0);
    const factors = [];
    for (let flaps = 0; flaps < 7; flaps++) {
      factors.push(holdDownMs(incident, 1));
      incident = afterResolved(incident, 0);
    }
    assert.deepEqual(factors, [1, 2, 4, 8, 16, 16, 16]);
  });

  test('survives the process', () => {
    const incident = afterResolved(afterResolved(newIncident(5), 5), 5);
    const read = decodeIncidents(encodeIncidents(new Map([['key', incident]])) ?? '', 5);
    assert.deepEqual(read, new Map([['key', incident]]));
  });
});
