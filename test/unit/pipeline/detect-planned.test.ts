/** Planned is not failed: what detection is silent about, and what it must not be silent about. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeMemory, encodeMemory } from '../../../internal/pipeline/detect-memory.ts';
import { look, silent, told } from '../../support/detecting.ts';
import { app, CREATED_MS, init, pod, sidecar, type ExitParts } from '../../support/pod-builder.ts';

const SECOND = 1000;
const T = CREATED_MS + 3600 * SECOND;

describe('a pod that is deleted', () => {
  const leaving = (exit: ExitParts) =>
    pod()
      .deleting(T)
      .with(app().exited({ id: 'a', ...exit }));

  test('an exit one second before the deletion is a failure', () => {
    const oom = leaving({ code: 137, reason: 'OOMKilled', finishedAtMs: T - SECOND });
    assert.deepEqual(told(look(oom)), ['OOMKilled app']);
    assert.deepEqual(told(look(leaving({ code: 1, finishedAtMs: T - SECOND }))), ['Error app']);
  });

  test('an exit after the deletion was asked for is planned, whatever its code', () => {
    for (const code of [1, 2, 137, 143]) {
      const detection = look(leaving({ code, finishedAtMs: T + 5 * SECOND }));
      assert.deepEqual(told(detection), []);
      assert.deepEqual(silent(detection), ['Error app: deletion']);
    }
  });

  test('in the very second of the deletion, SIGTERM and SIGKILL are planned and anything else is told', () => {
    assert.deepEqual(told(look(leaving({ code: 143, finishedAtMs: T }))), []);
    assert.deepEqual(told(look(leaving({ code: 137, finishedAtMs: T }))), []);
    assert.deepEqual(told(look(leaving({ code: 1, finishedAtMs: T }))), ['Error app']);
    assert.deepEqual(told(look(leaving({ code: 137, reason: 'OOMKilled', finishedAtMs: T }))), ['OOMKilled app']);
  });

  test('an exit without a time counts as happening now', () => {
    assert.deepEqual(told(look(leaving({ code: 255, reason: 'Unknown', finishedAtMs: 0 }))), []);
  });

  test('a shortened grace period does not move the moment it was asked for', () => {
    const shortened = pod().but({ deletionAtMs: T + 2 * SECOND, deletionGraceSeconds: 2 });
    assert.deepEqual(told(look(shortened.with(app().exited({ code: 1, finishedAtMs: T + SECOND })))), []);
    assert.deepEqual(told(look(shortened.with(app().exited({ code: 1, finishedAtMs: T - SECOND })))), ['Error app']);
  });

  test('its removal, whose time is not that of the request, tells nothing new of an exit', () => {
    const stopped = leaving({ code: 1, finishedAtMs: T + 5 * SECOND });
    const removed = stopped.but({ deletionAtMs: T + 7 * SECOND, deletionGraceSeconds: 0 });
    assert.deepEqual(told(look(removed, { before: stopped.facts() })), []);
    assert.deepEqual(told(look(removed, { before: removed.facts(), change: 'deleted' })), []);
    assert.deepEqual(told(look(removed, { change: 'deleted' })), []);
  });

  test('a deletion by force of a pod that had failed excuses nothing', () => {
    const failed = pod().with(app().exited({ id: 'a', code: 1, finishedAtMs: T - SECOND }));
    const removed = failed.but({ deletionAtMs: T, deletionGraceSeconds: 0 });
    assert.deepEqual(told(look(removed, { before: failed.facts(), change: 'deleted' })), ['Error app']);
  });

  test('states that go on are planned', () => {
    const detection = look(
      pod().deleting(T).with(app('web').waiting('ErrImagePull'), app('api').waiting('CreateContainerError')),
    );
    assert.deepEqual(told(detection), []);
    assert.deepEqual(silent(detection), ['ErrImagePull web: deletion', 'CreateContainerError api: deletion']);
  });

  test('a back-off is planned, the exit before the deletion is told', () => {
    const looping = pod()
      .deleting(T)
      .with(app().crashLooping({ id: 'a', finishedAtMs: T - 60 * SECOND }));
    assert.deepEqual(told(look(looping)), ['Error app']);
  });

  test('phase Failed because of how it was stopped is planned', () => {
    const stopped = leaving({ code: 137, finishedAtMs: T + 30 * SECOND }).phase('Failed');
    assert.deepEqual(told(look(stopped)), []);
    assert.deepEqual(silent(look(stopped)), ['Failed (pod): deletion', 'Error app: deletion']);
  });

  test('phase Failed because of an exit before the deletion is told as that exit', () => {
    const failed = leaving({ code: 1, finishedAtMs: T - 60 * SECOND }).phase('Failed');
    assert.deepEqual(told(look(failed)), ['Error app']);
  });

  test('an eviction is told though somebody deletes the remains', () => {
    assert.deepEqual(told(look(pod().failed('Evicted').deleting(T))), ['Evicted (pod)']);
  });

  test('the object in the deletion itself is classified, too', () => {
    const gone = pod().with(app().exited({ id: 'a' }));
    assert.deepEqual(told(look(gone, { change: 'deleted' })), ['Error app']);
    assert.deepEqual(told(look(pod().with(app().waiting('ErrImagePull')), { change: 'deleted' })), []);
  });
});

describe('a disruption', () => {
  test('by the eviction API is planned, with or without a deletion', () => {
    const drained = pod().disrupted('EvictionByEvictionAPI', T).with(app().running());
    assert.deepEqual(silent(look(drained)), ['EvictionByEvictionAPI (pod): planned-disruption']);
    assert.deepEqual(told(look(drained.deleting(T))), []);
    assert.deepEqual(
      told(look(drained.phase('Failed').with(app().exited({ code: 137, finishedAtMs: T + SECOND })))),
      [],
    );
  });

  for (const reason of ['PreemptionByScheduler', 'DeletionByTaintManager', 'DeletionByPodGC', 'NeverHeardOf']) {
    test(`by ${reason} is told once the pod is deleted`, () => {
      const disrupted = pod().disrupted(reason, T).with(app().running());
      assert.deepEqual(told(look(disrupted)), []);
      assert.deepEqual(silent(look(disrupted)), [`${reason} (pod): disruption-pending`]);
      assert.deepEqual(told(look(disrupted.deleting(T))), [`${reason} (pod)`]);
      assert.deepEqual(told(look(disrupted, { change: 'deleted' })), [`${reason} (pod)`]);
      assert.equal(look(disrupted.deleting(T)).findings[0]?.families[0], 'Evicted');
    });
  }

  test('that controllers call off is never told', () => {
    assert.deepEqual(told(look(pod().condition('DisruptionTarget', 'False', 'PreemptionByScheduler', T))), []);
  });

  test('ends containers, and those exits are no findings of their own', () => {
    const evicting = pod()
      .disrupted('TerminationByKubelet', T)
      .with(app().exited({ code: 137, finishedAtMs: T + SECOND }));
    assert.deepEqual(told(look(evicting)), []);
    const before = pod()
      .disrupted('TerminationByKubelet', T)
      .with(app().exited({ code: 1, finishedAtMs: T - SECOND }));
    assert.deepEqual(told(look(before)), ['Error app']);
  });

  test('that ended a pod without a reason of its own is the reason told', () => {
    const collected = pod().phase('Failed').disrupted('DeletionByPodGC', T).deleting(T, 0);
    assert.deepEqual(told(look(collected)), ['DeletionByPodGC (pod)']);
  });
});

describe('the end of a pod', () => {
  test('is one finding though the kubelet marks its containers as lost in state and lastState', () => {
    const lost: ExitParts = { id: '', code: 137, reason: 'ContainerStatusUnknown' };
    const evicted = pod()
      .failed('Evicted')
      .disrupted('TerminationByKubelet', T)
      .with(app().restarts(1).running('a').exited(lost).last(lost));
    assert.deepEqual(told(look(evicted)), ['Evicted (pod)']);
    assert.deepEqual(silent(look(evicted)), [
      'ContainerStatusUnknown app: evidence',
      'ContainerStatusUnknown app: evidence',
    ]);
  });

  test('covers the exits it brought about', () => {
    const exit = { id: 'a', code: 137, finishedAtMs: T + SECOND };
    const alone = look(pod().with(app().exited(exit))).findings[0];
    const ended = look(pod().failed('Evicted').disrupted('TerminationByKubelet', T).with(app().exited(exit)));
    assert.deepEqual(told(ended), ['Evicted (pod)']);
    assert.ok(ended.findings[0]?.covers.includes(alone?.eventId ?? ''));
  });

  test('does not swallow an exit from before, or an earlier attempt', () => {
    const before = pod().failed('Evicted').disrupted('TerminationByKubelet', T);
    assert.deepEqual(told(look(before.with(app().exited({ code: 1, finishedAtMs: T - 60 * SECOND })))), [
      'Evicted (pod)',
      'Error app',
    ]);
    const attempt = pod()
      .failed('DeadlineExceeded')
      .with(app().exited({ id: 'b', code: 143 }).last({ id: 'a', code: 1 }));
    assert.deepEqual(told(look(attempt)), ['DeadlineExceeded (pod)', 'Error app']);
    const oom = pod()
      .failed('DeadlineExceeded')
      .with(app().exited({ id: 'b', code: 137, reason: 'OOMKilled' }));
    assert.deepEqual(told(look(oom)), ['DeadlineExceeded (pod)', 'OOMKilled app']);
  });

  test('that a container explains is told as its exit, which passes as Failed and covers the end', () => {
    const end = look(pod().failed()).findings[0];
    const explained = look(
      pod()
        .restarting('Never')
        .failed()
        .with(app().exited({ code: 137, reason: 'OOMKilled' })),
    );
    assert.deepEqual(told(explained), ['OOMKilled app']);
    assert.deepEqual(explained.findings[0]?.families, ['OOMKilled', 'Failed']);
    assert.deepEqual(explained.findings[0].covers, [end?.eventId]);
    assert.deepEqual(silent(explained), ['Failed (pod): explained-by-exit']);
  });

  test('is told where only containers without ids would explain it', () => {
    const lost = pod()
      .failed()
      .with(app().exited({ id: '', code: 137, reason: 'ContainerStatusUnknown' }));
    assert.deepEqual(told(look(lost)), ['Failed (pod)']);
  });

  test('silences what its containers were waiting for', () => {
    const evicted = look(pod().failed('Evicted').with(app().waiting('ErrImagePull')));
    assert.deepEqual(told(evicted), ['Evicted (pod)']);
  });

  test('on a node that was lost is told though its phase says Running', () => {
    assert.deepEqual(told(look(pod().but({ reason: 'NodeLost' }).deleting(T).with(app().running()))), [
      'NodeLost (pod)',
    ]);
  });
});

describe('a sidecar', () => {
  const job = (appState: ReturnType<typeof app>, exitAtMs: number) =>
    pod()
      .restarting('Never')
      .with(sidecar('proxy').exited({ id: 's', code: 137, finishedAtMs: exitAtMs }), appState);
  const done = app().exited({ id: 'a', code: 0, finishedAtMs: T });

  test('that ends after every app container has exited for good is silent', () => {
    assert.deepEqual(silent(look(job(done, T + SECOND))), ['Error proxy: sidecar-after-apps']);
    assert.deepEqual(silent(look(job(done, T))), ['Error proxy: sidecar-after-apps']);
  });

  test('that ends before an app container is told', () => {
    assert.deepEqual(told(look(job(done, T - SECOND))), ['Error proxy']);
  });

  test('that ends while an app container runs, or will be restarted, is told', () => {
    assert.deepEqual(told(look(job(app().running(), T))), ['Error proxy']);
    assert.deepEqual(told(look(job(done, T + SECOND).restarting('Always'))), ['Error proxy']);
    const retried = job(app().exited({ id: 'a', code: 1, finishedAtMs: T }), T + SECOND).restarting('OnFailure');
    assert.deepEqual(told(look(retried)), ['Error proxy', 'Error app']);
  });

  test('of a pod without app containers is told', () => {
    assert.deepEqual(told(look(pod().with(sidecar('proxy').exited({ finishedAtMs: T })))), ['Error proxy']);
  });
});

describe('a pod that succeeded', () => {
  test('is silent about whatever its containers did', () => {
    const succeeded = pod()
      .phase('Succeeded')
      .restarting('OnFailure')
      .with(
        init().restarts(1).exited({ code: 0 }).last({ id: 'i', code: 1 }),
        sidecar('proxy').exited({ code: 255 }),
        app().restarts(1).exited({ id: 'b', code: 0 }).last({ id: 'a', code: 1 }),
      );
    assert.deepEqual(told(look(succeeded)), []);
    assert.deepEqual(silent(look(succeeded)), [
      'Error init: succeeded',
      'Error proxy: succeeded',
      'Error app: succeeded',
    ]);
  });
});

describe('an edited spec', () => {
  const old = pod().with(app().running('a'));
  const edited = old.container('app', (container) => container.image('registry.example/app:2'));
  const replacedBy = (exit: ExitParts) =>
    pod().with(app().image('registry.example/app:2').restarts(1).running('b').last(exit));

  test('stops the container it replaces, and that exit is planned', () => {
    const { memory } = look(edited, { before: old.facts() });
    const replaced = look(replacedBy({ id: 'a', code: 143 }), { memory, before: edited.facts() });
    assert.deepEqual(silent(replaced), ['Error app: spec-changed']);
    assert.deepEqual(told(look(replacedBy({ id: 'a', code: 143 }))), ['Error app']);
  });

  test('does not excuse the container after it', () => {
    const { memory } = look(edited, { before: old.facts() });
    const replaced = look(replacedBy({ id: 'a', code: 143 }), { memory });
    const next = look(pod().with(app().restarts(1).exited({ id: 'b', code: 1 }).last({ id: 'a', code: 143 })), {
      memory: replaced.memory,
    });
    assert.deepEqual(told(next), ['Error app']);
  });
});

describe('a resize in place', () => {
  const old = pod().with(app('web').running('a'), app('api').running('x'));
  const resizing = old.condition('PodResizeInProgress', 'True', '', T);
  const restarted = (exit: ExitParts) =>
    old.with(
      app('web')
        .restarts(1)
        .running('b')
        .last({ id: 'a', ...exit }),
    );

  test('stops containers whose policy says so, and that is planned (recorded on 1.36)', () => {
    const { memory } = look(resizing);
    const after = look(restarted({ code: 137, finishedAtMs: T + 2 * SECOND }), { memory });
    assert.deepEqual(told(after), []);
    assert.deepEqual(silent(after), ['Error web: spec-changed']);
    const later = look(restarted({ code: 137 }), { memory: after.memory });
    assert.deepEqual(told(later), []);
    assert.deepEqual(told(look(restarted({ code: 137 }))), ['Error web']);
  });

  test('does not excuse a crash or an OOM kill while it goes on', () => {
    const { memory } = look(resizing);
    assert.deepEqual(told(look(restarted({ code: 1 }), { memory })), ['Error web']);
    assert.deepEqual(told(look(restarted({ code: 137, reason: 'OOMKilled' }), { memory })), ['OOMKilled web']);
  });

  test('that left a container running excuses nothing of it later, nor the container after it', () => {
    const { memory } = look(resizing);
    const over = look(old, { memory });
    assert.deepEqual(told(look(restarted({ code: 137 }), { memory: over.memory })), ['Error web']);
    const replaced = look(restarted({ code: 137 }), { memory });
    const next = old.with(app('web').restarts(2).running('c').last({ id: 'b', code: 137 }));
    assert.deepEqual(told(look(next, { memory: replaced.memory })), ['Error web']);
  });

  test('is remembered through a restart of the agent', () => {
    const { memory } = look(resizing);
    assert.ok(memory !== undefined);
    const kept = decodeMemory(encodeMemory(memory) ?? '');
    assert.deepEqual(told(look(restarted({ code: 137 }), { memory: kept })), []);
  });

  test('of an agent that did not know of it was remembered without it', () => {
    assert.deepEqual(decodeMemory('[["web",1,0,"a"]]')?.get('web'), {
      ...{ exits: 1, unseen: 0, replacedId: 'a', resizedId: '' },
    });
    assert.equal(decodeMemory('[["web",1,0,"a",7]]'), undefined);
  });
});

describe('a restart of all containers', () => {
  test('is told by the exit that caused it, not by those it brought about', () => {
    const restarting = pod().with(
      app('worker').restarts(1).waiting('RestartingAllContainers').last({ id: 'w', code: 42 }),
      app('helper')
        .restarts(1)
        .waiting('RestartingAllContainers')
        .last({ id: '', code: 137, reason: 'RestartingAllContainers' }),
    );
    assert.deepEqual(told(look(restarting)), ['Error worker']);
    assert.deepEqual(silent(look(restarting)), ['RestartingAllContainers helper: restarting-all-containers']);
  });
});
