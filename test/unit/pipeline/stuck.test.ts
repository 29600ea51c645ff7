/** States that must not last: told once their delay is over, by the object's own times, and never before. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { settingsTable } from '../../../internal/config/schema.ts';
import type { Detection } from '../../../internal/pipeline/detect-types.ts';
import { defaultStuckDelays as delays, inWords } from '../../../internal/pipeline/stuck-delays.ts';
import { look, told } from '../../support/detecting.ts';
import { app, CREATED_MS, ephemeral, init, pod, sidecar, type PodBuilder } from '../../support/pod-builder.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const T = CREATED_MS + 60 * MINUTE;

const at = (step: PodBuilder, nowMs: number): Detection => look(step, { nowMs });

/** Silent until `dueMs` and telling when to look again; told from then on, under one id. */
function tellsAt(step: PodBuilder, dueMs: number, expected: string): void {
  const early = at(step, dueMs - 1);
  assert.deepEqual(told(early), []);
  assert.equal(early.lookAgainAtMs, dueMs);
  const due = at(step, dueMs);
  assert.deepEqual(told(due), [expected]);
  assert.equal(due.lookAgainAtMs, undefined);
  assert.equal(at(step, dueMs + 60 * MINUTE).findings[0]?.eventId, due.findings[0]?.eventId);
}

const pending = () => pod({ nodeName: '' }).phase('Pending').with(app());
const scheduled = (atMs: number) => pod().phase('Pending').condition('PodScheduled', 'True', '', atMs);

describe('a pod without a node', () => {
  test('that no scheduler looks at is told after its delay, from its creation on', () => {
    tellsAt(pending(), CREATED_MS + delays.stuckPendingAfterMs, 'StuckPending (pod)');
  });

  test('that is unschedulable is told in the words of the scheduler', () => {
    const words = '0/3 nodes are available: 3 Insufficient cpu.';
    const step = pending().condition('PodScheduled', 'False', 'Unschedulable', T, words);
    tellsAt(step, T + delays.unschedulableAfterMs, 'Unschedulable (pod)');
    const finding = at(step, T + MINUTE).findings[0];
    assert.equal(finding?.message, words);
    assert.equal(finding.occurredAtMs, T);
    assert.equal(finding.incidentClass, 'schedule');
  });

  test('that is gated is told apart, and much later', () => {
    const step = pending().condition('PodScheduled', 'False', 'SchedulingGated', T);
    tellsAt(step, T + delays.schedulingGatedAfterMs, 'SchedulingGated (pod)');
    assert.deepEqual(at(step, T + delays.schedulingGatedAfterMs).findings[0]?.families, ['SchedulingGated']);
  });

  test('whose scheduler failed is unschedulable, under the word it wrote', () => {
    const step = pending().condition('PodScheduled', 'False', 'SchedulerError', T);
    tellsAt(step, T + delays.unschedulableAfterMs, 'SchedulerError (pod)');
    assert.deepEqual(at(step, T + MINUTE).findings[0]?.families, ['Unschedulable', 'SchedulerError']);
  });

  test('is one occurrence however often the scheduler tries again', () => {
    const first = pending().condition('PodScheduled', 'False', 'Unschedulable', T, 'no room');
    const later = pending().condition('PodScheduled', 'False', 'Unschedulable', T + MINUTE, 'no match');
    const ids = [first, later].map((step) => at(step, T + 10 * MINUTE).findings[0]?.eventId);
    assert.equal(ids[0], ids[1]);
  });
});

describe('a pod whose containers are not made', () => {
  test('is told as pending where its kubelet has not begun', () => {
    tellsAt(scheduled(T).with(app()), T + delays.stuckPendingAfterMs, 'StuckPending (pod)');
  });

  for (const word of ['ContainerCreating', 'PodInitializing', '']) {
    test(`is told after its delay while "${word}"`, () => {
      tellsAt(scheduled(T).with(app().waiting(word)), T + delays.stuckCreatingAfterMs, 'StuckCreating (pod)');
    });
  }

  test('says what the kubelet says of it', () => {
    const step = scheduled(T).with(app('web').waiting('ContainerCreating', 'mounting volumes'));
    const message = at(step, T + delays.stuckCreatingAfterMs).findings[0]?.message;
    assert.equal(message, 'container web is ContainerCreating for more than 5m: mounting volumes');
  });

  test('waits anew with each container that started', () => {
    const step = scheduled(T).with(app('one').running('a', T + 4 * MINUTE), app('two').waiting('ContainerCreating'));
    tellsAt(step, T + 4 * MINUTE + delays.stuckCreatingAfterMs, 'StuckCreating (pod)');
  });

  test('waits anew with each init container that ended', () => {
    const done = init('setup').exited({ code: 0, finishedAtMs: T + 14 * MINUTE });
    const step = scheduled(T).with(done, app().waiting('PodInitializing'));
    tellsAt(step, T + 14 * MINUTE + delays.stuckCreatingAfterMs, 'StuckCreating (pod)');
  });

  test('also while it runs: a container that ended and is not made again', () => {
    const ended = app().restarts(1).waiting('ContainerCreating').last({ id: 'a', code: 0, finishedAtMs: T });
    tellsAt(
      pod().with(ended).condition('Ready', 'False', '', T),
      T + delays.stuckCreatingAfterMs,
      'StuckCreating (pod)',
    );
  });

  test('begins another occurrence only when a container ran and exited', () => {
    const idOf = (container: ReturnType<typeof app>) =>
      at(scheduled(T).with(container), T + 60 * MINUTE).findings[0]?.eventId;
    const first = idOf(app().waiting('ContainerCreating', 'mounting'));
    assert.equal(idOf(app().waiting('PodInitializing', 'still mounting')), first);
    assert.notEqual(idOf(app().waiting('ContainerCreating').last({ id: 'a', code: 0, finishedAtMs: T })), first);
  });
});

describe('an init container', () => {
  test('that does not end is told by name, from its own start on', () => {
    const step = scheduled(T).with(init('migrate').running('m', T + MINUTE), app().waiting('PodInitializing'));
    tellsAt(step, T + MINUTE + delays.stuckInitAfterMs, 'StuckInit migrate');
  });

  test('that is a sidecar is told while it has not started, and not afterwards', () => {
    const starting = sidecar('proxy').running('p', T).but({ started: false });
    const waiting = app().waiting('PodInitializing');
    tellsAt(scheduled(T).with(starting, waiting), T + delays.stuckInitAfterMs, 'StuckInit proxy');
    assert.deepEqual(told(at(scheduled(T).with(sidecar('proxy').running('p', T), waiting), T + 2 * MINUTE)), []);
  });

  test('that crashes is told as such and not as stuck', () => {
    const step = scheduled(T).with(init('migrate').crashLooping({ finishedAtMs: T }), app().waiting('PodInitializing'));
    assert.deepEqual(told(at(step, T + 60 * MINUTE)), ['CrashLoopBackOff migrate']);
  });
});

describe('a pod that is not Ready', () => {
  const unready = (startedAtMs: number) =>
    pod()
      .with(app('web').running('a', startedAtMs).but({ ready: false }))
      .condition('Ready', 'False', 'ContainersNotReady', T);

  test('is told after its delay, with the probe that fails', () => {
    tellsAt(unready(T - MINUTE), T + delays.notReadyAfterMs, 'NotReady (pod)');
    const message = at(unready(T), T + delays.notReadyAfterMs).findings[0]?.message;
    assert.equal(message, 'not Ready for more than 5m: container web fails its readiness probe');
  });

  test('has the whole delay from the start of its container: the image may have taken long', () => {
    tellsAt(unready(T + 30 * MINUTE), T + 30 * MINUTE + delays.notReadyAfterMs, 'NotReady (pod)');
  });

  test('is another occurrence when it was Ready in between', () => {
    const again = unready(T).condition('Ready', 'False', '', T + 10 * MINUTE);
    const ids = [unready(T), again].map((step) => at(step, T + 60 * MINUTE).findings[0]?.eventId);
    assert.notEqual(ids[0], ids[1]);
  });

  test('because of its node, a startup probe or a readiness gate says so', () => {
    const ready = pod().with(app().running('a', T));
    const messageOf = (step: PodBuilder) => at(step, T + 60 * MINUTE).findings[0]?.message;
    assert.match(messageOf(ready.condition('Ready', 'False', '', T)) ?? '', /its node may not be$/);
    const starting = pod().with(app('web').running('a', T).but({ ready: false, started: false }));
    assert.match(messageOf(starting.condition('Ready', 'False', '', T)) ?? '', /web fails its startup probe$/);
    const gated = ready.condition('Ready', 'False', 'ReadinessGatesNotReady', T, 'condition "lb" is False');
    assert.match(messageOf(gated) ?? '', /condition "lb" is False$/);
  });

  test('whose Ready is Unknown is not Ready', () => {
    assert.deepEqual(told(at(unready(T).condition('Ready', 'Unknown', '', T), T + 60 * MINUTE)), ['NotReady (pod)']);
  });

  test('is told by what goes on with its container, and by nothing else', () => {
    const step = unready(T).with(app('web').crashLooping({ finishedAtMs: T }));
    assert.deepEqual(told(at(step, T + 60 * MINUTE)), ['CrashLoopBackOff web']);
    const failed = unready(T).with(app('web').exited({ finishedAtMs: T }));
    assert.deepEqual(told(at(failed, T + 60 * MINUTE)), ['Error web']);
  });

  test('is told beside an exit that was before the present attempt', () => {
    const restarted = app('web').restarts(1).running('b', T).last({ id: 'a' }).but({ ready: false });
    const step = pod().with(restarted).condition('Ready', 'False', '', T);
    assert.deepEqual(told(at(step, T + 60 * MINUTE)), ['Error web', 'NotReady (pod)']);
  });

  test('because its work is done is no failure', () => {
    const done = pod()
      .restarting('Never')
      .with(app('one').exited({ code: 0, finishedAtMs: T }), app('two').running('b', T))
      .condition('Ready', 'False', 'ContainersNotReady', T);
    assert.deepEqual(told(at(done, T + 60 * MINUTE)), []);
    const completed = pod()
      .with(app().exited({ code: 0 }))
      .condition('Ready', 'False', 'PodCompleted', T);
    assert.deepEqual(told(at(completed, T + 60 * MINUTE)), []);
  });

  test('is not so because of a debug container', () => {
    const step = pod()
      .with(app().running('a'), ephemeral('debug').exited({ code: 1 }))
      .condition('Ready', 'True');
    assert.deepEqual(told(at(step, T + 60 * MINUTE)), []);
  });
});

describe('a pod that should be gone', () => {
  test('is told its delay after the whole of its grace', () => {
    const step = pod().deleting(T, 600).with(app().running('a', CREATED_MS));
    tellsAt(step, T + 10 * MINUTE + delays.stuckTerminatingAfterMs, 'StuckTerminating (pod)');
  });

  test('is one occurrence though its grace is shortened', () => {
    const ids = [600, 30, 0].map((grace) => at(pod().deleting(T, grace), T + 60 * MINUTE).findings[0]?.eventId);
    assert.equal(new Set(ids).size, 1);
    assert.notEqual(ids[0], undefined);
  });

  test('says what still runs, or that nothing does', () => {
    const messageOf = (step: PodBuilder) => at(step.deleting(T), T + 60 * MINUTE).findings[0]?.message ?? '';
    assert.match(messageOf(pod().with(app('web').running('a'), app('api').exited({ code: 0 }))), /still running: web$/);
    assert.match(messageOf(pod().with(app('web').exited({ code: 0 }))), /a finalizer holds it/);
  });

  test('is told whatever its phase, and not once it is gone', () => {
    for (const phase of ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown']) {
      const step = pod().phase(phase).deleting(T);
      assert.deepEqual(told(at(step, T + 60 * MINUTE)), ['StuckTerminating (pod)'], phase);
      assert.deepEqual(told(look(step, { nowMs: T + 60 * MINUTE, change: 'deleted' })), [], phase);
    }
  });

  test('does not excuse what it failed of before', () => {
    const step = pod()
      .deleting(T)
      .with(app().exited({ finishedAtMs: T - MINUTE }));
    assert.deepEqual(told(at(step, T + 60 * MINUTE)), ['Error app', 'StuckTerminating (pod)']);
  });
});

describe('phase Unknown', () => {
  test('is told at once, under the family of lost nodes', () => {
    const step = pod().phase('Unknown').condition('Ready', 'Unknown', '', T);
    assert.deepEqual(told(at(step, T)), ['Unknown (pod)']);
    assert.deepEqual(at(step, T).findings[0]?.families, ['Evicted', 'Unknown']);
  });

  test('with reason NodeLost is told as that', () => {
    assert.deepEqual(told(at(pod().phase('Unknown').but({ reason: 'NodeLost' }), T)), ['NodeLost (pod)']);
  });
});

describe('nothing lasts too long', () => {
  const longAfter = T + 365 * 24 * 60 * MINUTE;
  const calm = [
    ['a pod that is Ready', pod().with(app().running()).condition('Ready', 'True', '', T)],
    ['a pod that says nothing of Ready', pod().with(app().running())],
    [
      'a pod that succeeded',
      pod()
        .phase('Succeeded')
        .with(app().exited({ code: 0 })),
    ],
    ['a pod without a phase', pod().phase('')],
  ] as const;
  for (const [what, step] of calm) {
    test(`about ${what}`, () => {
      assert.deepEqual(told(at(step, longAfter)), []);
      assert.equal(at(step, longAfter).lookAgainAtMs, undefined);
    });
  }

  test('where the object tells no time', () => {
    const timeless = pod({ nodeName: '', createdAtMs: 0 }).phase('Pending').with(app());
    assert.deepEqual(told(at(timeless, longAfter)), []);
  });

  test('by other delays than those that are set', () => {
    const patient = { ...delays, stuckPendingAfterMs: 60 * MINUTE };
    const before = look(pending(), { nowMs: CREATED_MS + 10 * MINUTE, delays: patient });
    assert.equal(before.lookAgainAtMs, CREATED_MS + 60 * MINUTE);
    assert.deepEqual(told(look(pending(), { nowMs: CREATED_MS + 60 * MINUTE, delays: patient })), [
      'StuckPending (pod)',
    ]);
  });
});

test('every delay is a setting of its own with the same default', () => {
  const parsed = Object.keys(delays).map((name) => {
    const { format, default: text } = settingsTable[name as keyof typeof delays];
    const value = format.parse(text);
    return [name, value.kind === 'value' ? value.value : undefined];
  });
  assert.deepEqual(Object.fromEntries(parsed), delays);
});

test('how long something lasted is said in hours, minutes and seconds', () => {
  const words = [0, 999, 61_000, 3_600_000, 90_061_000].map(inWords);
  assert.deepEqual(words, ['0s', '1s', '1m1s', '1h', '25h1m1s']);
});
