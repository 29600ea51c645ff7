import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { detect } from '../../../internal/pipeline/detect.ts';
import { openIncidentsOf } from '../../../internal/pipeline/incidents-open.ts';
import { INCIDENT_IDLE_MS, STABLE_RUN_MS } from '../../../internal/platform/limits.ts';
import { app, CREATED_MS, init, pod, type PodBuilder } from '../../support/pod-builder.ts';

const context = { clusterId: 'c', nowMs: CREATED_MS + 60_000 };
const open = (built: PodBuilder, nowMs = context.nowMs): readonly string[] =>
  openIncidentsOf(built.facts(), { ...context, nowMs });

const exitedMs = CREATED_MS + 50_000;
const exit = { code: 1, finishedAtMs: exitedMs };
const restarted = (startedAtMs: number): PodBuilder =>
  pod().with(app('web').running('b', startedAtMs).restarts(1).last(exit));

describe('the open incidents of a pod', () => {
  test('are none where nothing is wrong', () => {
    assert.deepEqual(open(pod().with(app('web').running())), []);
  });

  test('have the keys under which they were told', () => {
    const facts = pod().with(app('web').crashLooping(exit)).facts();
    const told = detect(facts, { ...context, change: 'modified', isFirstLook: false, memory: undefined }).findings;
    const keys = told.map(({ incidentKey }) => incidentKey);
    assert.notEqual(keys.length, 0);
    assert.deepEqual(openIncidentsOf(facts, context), keys);
  });

  test('hold an exit until its container has run for long', () => {
    const ranSinceMs = exitedMs + 5000;
    const facts = restarted(ranSinceMs);
    assert.equal(open(facts, exitedMs).length, 1);
    assert.equal(open(facts, ranSinceMs + STABLE_RUN_MS - 1).length, 1);
    assert.deepEqual(open(facts, ranSinceMs + STABLE_RUN_MS), []);
  });

  test('hold an exit until nothing was heard of it for long, where nothing says since when its container runs', () => {
    const facts = restarted(0);
    assert.equal(open(facts, exitedMs + INCIDENT_IDLE_MS - 1).length, 1);
    assert.deepEqual(open(facts, exitedMs + INCIDENT_IDLE_MS), []);
  });

  test('hold an exit without a time no longer than one with it', () => {
    const lost = pod().with(app('web').running('b', exitedMs).restarts(1).last({ code: 255, finishedAtMs: 0 }));
    assert.equal(open(lost, exitedMs).length, 1);
    assert.deepEqual(open(lost, exitedMs + STABLE_RUN_MS), []);
  });

  test('do not hold an init container that ended well in the end', () => {
    const done = pod().with(init('wait').exited({ code: 0 }).restarts(1).last(exit), app('web').running());
    assert.deepEqual(open(done), []);
  });

  test('hold what lasts for as long as it lasts', () => {
    const longAfterMs = context.nowMs + 100 * INCIDENT_IDLE_MS;
    for (const lasting of [
      pod().with(app('web').crashLooping(exit)),
      pod().with(app('web').waiting('ImagePullBackOff')),
      pod().with(app('web').exited(exit)),
      pod().failed('Evicted'),
    ]) {
      assert.equal(open(lasting, longAfterMs).length, 1);
    }
  });

  test('are closed by a deletion that was planned', () => {
    assert.deepEqual(open(pod().with(app('web').waiting('ImagePullBackOff')).deleting(context.nowMs)), []);
  });
});
