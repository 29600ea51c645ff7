import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { detect } from '../../../internal/pipeline/detect.ts';
import { openIncidentsOf } from '../../../internal/pipeline/incidents-open.ts';
import { INCIDENT_IDLE_MS } from '../../../internal/platform/limits.ts';
import { app, CREATED_MS, pod, type PodBuilder } from '../../support/pod-builder.ts';

const context = { clusterId: 'c', nowMs: CREATED_MS + 60_000 };
const open = (built: PodBuilder, nowMs = context.nowMs): readonly string[] =>
  openIncidentsOf(built.facts(), { ...context, nowMs });

const exitedMs = CREATED_MS + 50_000;
const exit = { code: 1, finishedAtMs: exitedMs };
const restarted = pod().with(app('web').running('b').restarts(1).last(exit));

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

  test('hold an exit until nothing was heard of it for long', () => {
    assert.equal(open(restarted).length, 1);
    assert.equal(open(restarted, exitedMs + INCIDENT_IDLE_MS - 1).length, 1);
    assert.deepEqual(open(restarted, exitedMs + INCIDENT_IDLE_MS), []);
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
