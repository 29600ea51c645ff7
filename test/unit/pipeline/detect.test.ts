/** What detection tells of a pod: the six default families over all kinds of containers. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { look, silent, told } from '../../support/detecting.ts';
import { app, CREATED_MS, ephemeral, init, pod, sidecar } from '../../support/pod-builder.ts';

describe('a pod in order', () => {
  const calm = [
    ['running', pod().with(app().running())],
    ['just made', pod().phase('Pending').with(app())],
    ['being created', pod().phase('Pending').with(app().waiting('ContainerCreating'))],
    ['initializing', pod().phase('Pending').with(init().running(), app().waiting('PodInitializing'))],
    ['waiting without a reason', pod().with(app().waiting(''))],
    [
      'completed',
      pod()
        .phase('Succeeded')
        .with(app().exited({ code: 0 })),
    ],
    ['with completed init containers', pod().with(init().exited({ code: 0 }), app().running())],
    ['with an app container that ended well and is to be restarted', pod().with(app().exited({ code: 0 }))],
    ['restarted after a good end', pod().with(app().restarts(1).running('b').last({ code: 0 }))],
    ['without containers', pod()],
  ] as const;
  for (const [what, step] of calm) {
    test(`${what} is silent`, () => assert.deepEqual(look(step).findings, []));
  }

  test('leaves no memory', () => assert.equal(look(pod().with(app().running())).memory, undefined));
});

describe('each default family', () => {
  const cases = [
    ['CrashLoopBackOff', 'critical', 'crash', app().crashLooping()],
    ['ImagePullBackOff', 'critical', 'image', app().waiting('ErrImagePull')],
    ['ImagePullBackOff', 'critical', 'image', app().waiting('ImagePullBackOff')],
    ['ImagePullBackOff', 'critical', 'image', app().waiting('InvalidImageName')],
    ['CreateContainerConfigError', 'critical', 'start', app().waiting('CreateContainerConfigError')],
    ['CreateContainerConfigError', 'critical', 'start', app().waiting('RunContainerError')],
    ['OOMKilled', 'warning', 'crash', app().exited({ code: 137, reason: 'OOMKilled' })],
    ['Failed', 'warning', 'crash', app().exited({ code: 1 })],
    ['Failed', 'warning', 'crash', app().exited({ code: 255, reason: 'Unknown' })],
    ['CreateContainerConfigError', 'critical', 'crash', app().exited({ code: 128, reason: 'StartError' })],
  ] as const;
  for (const [family, severity, incidentClass, container] of cases) {
    const { state } = container.facts();
    const word = state.kind === 'waiting' || state.kind === 'terminated' ? state.reason : '';
    test(`${word} is told under ${family}`, () => {
      const [finding, ...others] = look(pod().with(container)).findings;
      assert.deepEqual(others, []);
      assert.equal(finding?.families[0], family);
      assert.equal(finding.severity, severity);
      assert.equal(finding.incidentClass, incidentClass);
      assert.equal(finding.reason, word);
    });
  }

  test('Evicted and Failed of the whole pod are told of no container', () => {
    assert.deepEqual(told(look(pod().failed('Evicted', 'low on memory'))), ['Evicted (pod)']);
    assert.deepEqual(told(look(pod().failed())), ['Failed (pod)']);
    assert.equal(look(pod().failed('Evicted', 'low on memory')).findings[0]?.message, 'low on memory');
  });

  test('reasons of a failed pod each find their family', () => {
    const families = (reason: string) => look(pod().failed(reason)).findings[0]?.families;
    assert.deepEqual(families('Evicted'), ['Evicted']);
    assert.deepEqual(families('Preempting'), ['Evicted', 'Preempting']);
    assert.deepEqual(families('OutOfnvidia.com/gpu'), ['Failed', 'OutOfnvidia.com/gpu']);
    assert.deepEqual(families('DeadlineExceeded'), ['Failed', 'DeadlineExceeded']);
    assert.deepEqual(families('NeverHeardOf'), ['Failed', 'NeverHeardOf']);
  });

  test('is found in every init, sidecar and app container, not only in the first', () => {
    const all = pod().with(
      init('one').exited({ id: '1' }),
      init('two').crashLooping({ id: '2' }),
      sidecar('proxy').crashLooping({ id: '3' }),
      app('web').waiting('ErrImagePull'),
      app('api').exited({ id: '5', code: 137, reason: 'OOMKilled' }),
    );
    const expected = [
      'Error one',
      'CrashLoopBackOff two',
      'CrashLoopBackOff proxy',
      'ErrImagePull web',
      'OOMKilled api',
    ];
    assert.deepEqual(told(look(all)), expected);
  });
});

describe('an ephemeral container', () => {
  test('is read and never told', () => {
    const debugging = pod().with(app().running(), ephemeral('debug').exited({ code: 1 }));
    assert.deepEqual(told(look(debugging)), []);
    assert.deepEqual(silent(look(debugging)), ['Error debug: ephemeral']);
    assert.deepEqual(told(look(pod().with(ephemeral().waiting('ErrImagePull')))), []);
  });

  test('does not explain why its pod failed', () => {
    assert.deepEqual(
      told(
        look(
          pod()
            .failed()
            .with(ephemeral().exited({ code: 1 })),
        ),
      ),
      ['Failed (pod)'],
    );
  });
});

describe('one attempt is one finding', () => {
  test('exit and back-off seen together are told as the back-off, with the cause in it', () => {
    const [loop, ...others] = look(
      pod().with(
        app().restarts(4).crashLooping({ id: 'd', code: 137, reason: 'OOMKilled', signal: 9, finishedAtMs: 7000 }),
      ),
    ).findings;
    assert.deepEqual(others, []);
    assert.equal(loop?.reason, 'CrashLoopBackOff');
    assert.match(loop.message, /^last exit code 137 \(OOMKilled, signal 9\); back-off 10s/);
    assert.deepEqual(loop.container?.exit, { code: 137, signal: 9, reason: 'OOMKilled', cause: 'oom' });
    assert.deepEqual(loop.families, ['CrashLoopBackOff', 'OOMKilled']);
    assert.equal(loop.occurredAtMs, 7000);
    assert.equal(loop.covers.length, 1);
  });

  test('a back-off after good ends is told, under its own family only, and covers nothing', () => {
    const loop = look(pod().with(app().restarts(3).crashLooping({ id: 'd', code: 0 }))).findings[0];
    assert.deepEqual(loop?.families, ['CrashLoopBackOff']);
    assert.deepEqual(loop.covers, []);
  });

  test('a failed start and the exit it left are told as the exit, in the words that say more', () => {
    const failedStart = app()
      .waiting('RunContainerError', 'exec: "nope": not found')
      .id('b')
      .last({ id: 'b', code: 128, reason: 'StartError' });
    const [finding, ...others] = look(pod().with(failedStart)).findings;
    assert.deepEqual(others, []);
    assert.equal(finding?.occurrence, 'exit:containerd://b');
    assert.equal(finding.reason, 'RunContainerError');
    assert.equal(finding.message, 'exec: "nope": not found');
    assert.deepEqual(finding.families, ['CreateContainerConfigError', 'StartError', 'Failed', 'RunContainerError']);
  });

  test('a failed start that left no exit is told all the same', () => {
    assert.deepEqual(told(look(pod().with(app().waiting('RunContainerError')))), ['RunContainerError app']);
    const goodEnd = app().waiting('RunContainerError').id('b').last({ id: 'b', code: 0 });
    assert.deepEqual(told(look(pod().with(goodEnd))), ['RunContainerError app']);
  });

  test('an exit and the missing ConfigMap that stops the next attempt are two things', () => {
    const both = pod().with(app().waiting('CreateContainerConfigError').last({ id: 'a' }));
    assert.deepEqual(told(look(both)), ['CreateContainerConfigError app', 'Error app']);
  });

  test('the same exit in state and lastState is told once', () => {
    assert.deepEqual(told(look(pod().with(app().exited({ id: 'a' }).last({ id: 'a' })))), ['Error app']);
  });

  test('two exits that both show are both told, the older first', () => {
    const both = look(pod().with(app().restarts(1).exited({ id: 'b' }).last({ id: 'a' })));
    assert.deepEqual(
      both.findings.map(({ occurrence }) => occurrence),
      ['exit:containerd://a', 'exit:containerd://b'],
    );
  });

  test('an OOM kill of a child process is told though the container ended with code 0', () => {
    assert.deepEqual(told(look(pod().with(app().exited({ code: 0, reason: 'OOMKilled' })))), ['OOMKilled app']);
  });
});

describe('words nobody has listed', () => {
  const cases = [
    ['FancyRuntimeError', 'CreateContainerConfigError'],
    ['ErrSomething', 'CreateContainerConfigError'],
    ['MountFailed', 'CreateContainerConfigError'],
    ['ImageDecryptError', 'ImagePullBackOff'],
    ['PullQpsBackOff', 'ImagePullBackOff'],
    ['WarpDriveBackOff', 'CrashLoopBackOff'],
  ] as const;
  for (const [word, family] of cases) {
    test(`${word} falls into ${family}`, () => {
      assert.deepEqual(look(pod().with(app().waiting(word))).findings[0]?.families, [family, word]);
    });
  }

  test('a word without trouble in it is the normal course of a start', () => {
    assert.deepEqual(told(look(pod().with(app().waiting('Thinking')))), []);
  });

  test('an unknown termination is a failure if its code says so', () => {
    assert.deepEqual(told(look(pod().with(app().exited({ code: 3, reason: 'seccomp killed' })))), [
      'seccomp killed app',
    ]);
    assert.deepEqual(told(look(pod().with(app().exited({ code: 0, reason: 'Whatever' })))), []);
    assert.deepEqual(told(look(pod().with(app().exited({ code: 0, reason: '', signal: 11 })))), ['Error app']);
  });
});

describe('restarts between two looks', () => {
  const running = (restarts: number, id: string, last: string) =>
    pod().with(app().restarts(restarts).running(id).last({ id: last }));

  test('of which only the last shows are counted on the next finding and never invented as ids', () => {
    const before = look(running(1, 'b', 'a'));
    const after = look(running(4, 'e', 'd'), { memory: before.memory });
    assert.deepEqual(
      after.findings.map(({ occurrence, restartsUnseen }) => [occurrence, restartsUnseen]),
      [['exit:containerd://d', 2]],
    );
  });

  test('are counted once', () => {
    const before = look(running(1, 'b', 'a'));
    const after = look(running(4, 'e', 'd'), { memory: before.memory });
    assert.equal(look(running(4, 'e', 'd'), { memory: after.memory }).findings[0]?.restartsUnseen, 0);
  });

  test('are counted from none for a pod that was never in trouble', () => {
    assert.equal(look(running(3, 'd', 'c')).findings[0]?.restartsUnseen, 2);
  });

  test('are not counted at a first look, which is where counting begins', () => {
    assert.equal(look(running(50, 'b', 'a'), { isFirstLook: true }).findings[0]?.restartsUnseen, 0);
  });

  test('that all showed one by one leave nothing unseen', () => {
    const steps = [
      pod().with(app().exited({ id: 'a' })),
      pod().with(app().crashLooping({ id: 'a' })),
      running(1, 'b', 'a'),
      pod().with(app().restarts(1).exited({ id: 'b' }).last({ id: 'a' })),
      pod().with(app().restarts(1).crashLooping({ id: 'b' })),
      running(2, 'c', 'b'),
    ];
    let memory: ReturnType<typeof look>['memory'];
    for (const step of steps) {
      const detection = look(step, { memory });
      assert.deepEqual(
        detection.findings.map(({ restartsUnseen }) => restartsUnseen).filter((count) => count > 0),
        [],
      );
      memory = detection.memory;
    }
  });

  test('wait for the next finding where the last ended well', () => {
    const before = look(running(1, 'b', 'a'));
    const good = look(pod().with(app().restarts(4).running('e').last({ id: 'd', code: 0 })), { memory: before.memory });
    assert.deepEqual(good.findings, []);
    const next = look(pod().with(app().restarts(4).exited({ id: 'e' }).last({ id: 'd', code: 0 })), {
      memory: good.memory,
    });
    assert.equal(next.findings[0]?.restartsUnseen, 2);
  });

  test('begin anew when the count is lower than known', () => {
    const before = look(running(9, 'b', 'a'));
    const reset = look(running(0, 'c', 'a'), { memory: before.memory });
    const next = look(running(1, 'd', 'c'), { memory: reset.memory });
    assert.equal(next.findings[0]?.restartsUnseen, 0);
  });

  test('change nothing in memory while nothing changes', () => {
    const before = look(running(1, 'b', 'a'));
    assert.equal(look(running(1, 'b', 'a'), { memory: before.memory }).memory, before.memory);
  });
});

describe('a finding', () => {
  test('says what it is about', () => {
    const labels = { app: 'web' };
    const [finding] = look(
      pod()
        .labelled(labels)
        .ownedBy('StatefulSet', 'web')
        .with(
          sidecar('proxy').restarts(2).running('x'),
          app().restarts(3).exited({ id: 'a', code: 1, message: ' boom \n', startedAtMs: 1000, finishedAtMs: 61_000 }),
        ),
      { nowMs: CREATED_MS + 5 },
    ).findings;
    assert.equal(finding?.type, 'failure');
    assert.equal(finding.message, 'exit code 1 (Error): boom');
    assert.equal(finding.pod.restartCount, 5);
    assert.deepEqual([...finding.pod.labels], Object.entries(labels));
    assert.deepEqual(finding.pod.owner?.name, 'web');
    assert.deepEqual(finding.container, {
      name: 'app',
      role: 'app',
      image: 'registry.example/app:1',
      exit: { code: 1, signal: 0, ranForMs: 60_000 },
    });
    assert.equal(finding.occurredAtMs, 61_000);
    assert.equal(finding.observedAtMs, CREATED_MS + 5);
  });

  test('of a pod the kubelet never admitted happened when the pod was made', () => {
    assert.equal(look(pod().failed('OutOfcpu')).findings[0]?.occurredAtMs, CREATED_MS);
  });

  test('of an exit without a time has none', () => {
    assert.equal(look(pod().with(app().exited({ finishedAtMs: -62_135_596_800_000 }))).findings[0]?.occurredAtMs, 0);
  });
});
