/** Names of failures: the rules of internal/pipeline/identity*.ts, one test each. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  encodeFields,
  eventId,
  fingerprint,
  incidentKey,
  ongoingId,
  resolvedId,
  subjectOf,
} from '../../../internal/pipeline/identity.ts';
import { workloadOf } from '../../../internal/pipeline/identity-workload.ts';
import { idsOf, look } from '../../support/detecting.ts';
import { app, CREATED_MS, init, pod, type ExitParts } from '../../support/pod-builder.ts';

const FACT = {
  clusterId: 'c1',
  subject: 'uid:1',
  container: { role: 'app', name: 'web' },
  occurrence: 'exit:a',
} as const;

describe('event ids', () => {
  test('are 128 bits in hexadecimal and always the same for the same fact', () => {
    assert.match(eventId(FACT), /^[0-9a-f]{32}$/);
    assert.equal(eventId(FACT), eventId({ ...FACT, container: { ...FACT.container } }));
    assert.equal(eventId(FACT), '0274eb961ecb4bccea94706f4b6f4daf', 'pinned: other replicas are of other versions');
  });

  test('differ by cluster, subject, container role, container name and occurrence', () => {
    const others = [
      { ...FACT, clusterId: 'c2' },
      { ...FACT, subject: 'uid:2' },
      { ...FACT, container: { role: 'init', name: 'web' } as const },
      { ...FACT, container: { role: 'app', name: 'api' } as const },
      { ...FACT, container: undefined },
      { ...FACT, occurrence: 'exit:b' },
    ];
    assert.equal(new Set([FACT, ...others].map(eventId)).size, others.length + 1);
  });

  test('do not collide where fields run together', () => {
    const shifted = { ...FACT, clusterId: 'c', subject: '1uid:1' };
    assert.notEqual(eventId(FACT), eventId(shifted));
    assert.notEqual(encodeFields(['ab', 'c']), encodeFields(['a', 'bc']));
    assert.notEqual(encodeFields(['1:a', '']), encodeFields(['', '1:a']));
    assert.notEqual(encodeFields([]), encodeFields(['']));
  });

  test('of a pod and of a container without a name differ', () => {
    const nameless = { ...FACT, container: { role: 'app', name: '' } as const };
    assert.notEqual(eventId(nameless), eventId({ ...FACT, container: undefined }));
  });

  test('are never an incident key, a resolved id or an ongoing id', () => {
    const incident = incidentKey({ ...FACT, incidentClass: 'crash' });
    const names = [eventId(FACT), incident, resolvedId(eventId(FACT)), ongoingId(incident, 0, 1)];
    assert.equal(new Set(names).size, names.length);
  });
});

describe('ongoing ids', () => {
  test('are one for each cooldown since the epoch', () => {
    assert.equal(ongoingId('i', 180_000, 180_000), ongoingId('i', 359_999, 180_000));
    assert.notEqual(ongoingId('i', 359_999, 180_000), ongoingId('i', 360_000, 180_000));
  });

  test('survive a cooldown of zero', () => {
    assert.notEqual(ongoingId('i', 1, 0), ongoingId('i', 2, 0));
  });
});

describe('a container that exits', () => {
  const exit = (parts: ExitParts): ExitParts => ({ id: 'a', finishedAtMs: 1000, ...parts });

  test('50 times gives 50 ids', () => {
    const history = Array.from({ length: 50 }, (_, round) => [
      pod().with(
        app()
          .restarts(round)
          .exited({ id: `c${round}` }),
      ),
      pod().with(
        app()
          .restarts(round)
          .crashLooping({ id: `c${round}` }),
      ),
      pod().with(
        app()
          .restarts(round + 1)
          .running(`c${round + 1}`)
          .last({ id: `c${round}` }),
      ),
    ]).flat();
    const exits = history.flatMap((step) => look(step).findings).filter((f) => f.occurrence.startsWith('exit:'));
    assert.equal(new Set(exits.map((finding) => finding.eventId)).size, 50);
    assert.equal(idsOf(history).length, 100, '50 exits and 50 loops');
  });

  test('has one id in state and later in lastState', () => {
    const inState = pod().with(app().running('a').exited(exit({})));
    const inLastState = pod().with(app().restarts(1).running('b').last(exit({})));
    assert.equal(idsOf([inState, inLastState]).length, 1);
  });

  test('keeps its id when Error turns into OOMKilled, and when code, signal, message or time change', () => {
    const views = [
      exit({}),
      exit({ reason: 'OOMKilled', code: 137 }),
      exit({ code: 2, signal: 9, message: 'later' }),
      exit({ finishedAtMs: 2000 }),
    ];
    assert.equal(idsOf(views.map((view) => pod().with(app().exited(view)))).length, 1);
  });

  test('keeps its id when a kubelet that restarted shows it as terminated again', () => {
    const views = [app().exited({ id: 'a' }), app().crashLooping({ id: 'a' }), app().exited({ id: 'a' })];
    const exits = views
      .flatMap((view) => look(pod().with(view)).findings)
      .filter((f) => f.occurrence.startsWith('exit:'));
    assert.equal(new Set(exits.map((finding) => finding.eventId)).size, 1);
  });

  test('keeps its id when restartCount is reset', () => {
    assert.equal(idsOf([3, 0].map((count) => pod().with(app().restarts(count).exited(exit({}))))).length, 1);
  });

  test('is named by the status where its state names no container, and told as the same once lastState does', () => {
    const unknown = exit({ id: '', reason: 'ContainerStatusUnknown', code: 137 });
    const inState = pod().with(app().running('a').exited(unknown));
    const inLastState = pod().with(
      app()
        .restarts(1)
        .running('b')
        .last(exit({ id: 'a' })),
    );
    assert.equal(idsOf([inState, inLastState]).length, 1);
  });

  test('lost without an id is one for each restart count', () => {
    const lost = exit({ id: '', reason: 'ContainerStatusUnknown', code: 137 });
    const waiting = pod().with(app().restarts(1).waiting('ContainerCreating').last(lost));
    const running = pod().with(app().restarts(1).running('b').last(lost));
    const copies = pod().with(app().restarts(1).exited(lost).last(lost));
    assert.equal(idsOf([waiting, running, copies]).length, 1);
    assert.equal(idsOf([waiting, pod().with(app().restarts(2).running('c').last(lost))]).length, 2);
  });
});

describe('a back-off', () => {
  test('is one through flips between waiting, running and terminated until the next container exits', () => {
    const looping = pod().with(app().restarts(1).crashLooping({ id: 'b' }));
    const flips = [looping, pod().with(app().restarts(2).running('c').last({ id: 'b' })), looping];
    const loops = flips.flatMap((step) => look(step).findings).filter((f) => f.occurrence.startsWith('loop:'));
    assert.equal(new Set(loops.map(({ eventId: id }) => id)).size, 1);
    const next = look(pod().with(app().restarts(2).crashLooping({ id: 'c' }))).findings[0];
    assert.notEqual(next?.eventId, loops[0]?.eventId);
  });

  test('names the exit it follows in covers', () => {
    const exit = look(pod().with(app().exited({ id: 'a' }))).findings[0];
    const loop = look(pod().with(app().crashLooping({ id: 'a' }))).findings[0];
    assert.deepEqual(loop?.covers, [exit?.eventId]);
  });
});

describe('an image that cannot be pulled', () => {
  const pulling = (reason: string, message = ''): ReturnType<typeof pod> => pod().with(app().waiting(reason, message));

  test('is one occurrence through flips between ErrImagePull and ImagePullBackOff and changes of message', () => {
    const flips = ['ErrImagePull', 'ImagePullBackOff', 'ErrImagePull'].map((reason, index) =>
      pulling(reason, `${index}`),
    );
    assert.equal(idsOf(flips).length, 1);
  });

  test('is another one when the image is edited', () => {
    const edited = pod().with(app().image('registry.example/app:2').waiting('ErrImagePull'));
    assert.equal(idsOf([pulling('ErrImagePull'), edited]).length, 2);
  });

  test('is another one when a container has run and exited in between', () => {
    const later = pod().with(app().waiting('ErrImagePull').last({ id: 'a', code: 0 }));
    assert.equal(idsOf([pulling('ErrImagePull'), later]).length, 2);
  });

  test('is named so that image and container cannot run together', () => {
    const one = pod().with(app().image('x:none').waiting('ErrImagePull').id('y'));
    const other = pod().with(app().image('x').waiting('ErrImagePull').id('none:y'));
    assert.equal(idsOf([one, other]).length, 2);
  });
});

describe('a container that cannot be made', () => {
  test('is one occurrence through attempts, messages and words of the same family', () => {
    const words = ['CreateContainerConfigError', 'CreateContainerError', 'CreateContainerConfigError'];
    assert.equal(idsOf(words.map((word, index) => pod().with(app().waiting(word, `try ${index}`)))).length, 1);
  });

  test('is another one when a container has run and exited in between', () => {
    const first = pod().with(app().waiting('CreateContainerConfigError'));
    const later = pod().with(app().waiting('CreateContainerConfigError').last({ id: 'a', code: 0 }));
    assert.equal(idsOf([first, later]).length, 2);
  });
});

describe('the end of a pod', () => {
  test('is one occurrence whatever reason or condition is added later', () => {
    const views = [
      pod().failed(),
      pod().failed('Evicted', 'low on memory'),
      pod().failed('Evicted').disrupted('TerminationByKubelet', 5000),
      pod()
        .failed('Evicted')
        .deleting(CREATED_MS + 9000),
    ];
    assert.equal(idsOf(views).length, 1);
  });

  test('of a pod made anew under the same name is another one', () => {
    assert.equal(idsOf([pod({ uid: 'u1' }).failed('Evicted'), pod({ uid: 'u2' }).failed('Evicted')]).length, 2);
  });
});

describe('a disruption', () => {
  test('is one occurrence when its condition is reset and set again', () => {
    const disrupted = (atMs: number) =>
      pod()
        .deleting(CREATED_MS + 1000)
        .disrupted('PreemptionByScheduler', atMs);
    const reset = pod().condition('DisruptionTarget', 'False');
    assert.equal(idsOf([disrupted(1000), reset, disrupted(9000)]).length, 1);
  });

  test('and the end of its pod cover each other', () => {
    const disrupted = look(
      pod()
        .deleting(CREATED_MS + 1000)
        .disrupted('PreemptionByScheduler', 1000),
    ).findings[0];
    const ended = look(
      pod()
        .deleting(CREATED_MS + 1000)
        .failed()
        .disrupted('PreemptionByScheduler', 1000),
    ).findings[0];
    assert.ok(disrupted !== undefined && ended !== undefined);
    assert.deepEqual(disrupted.covers, [ended.eventId]);
    assert.deepEqual(ended.covers, [disrupted.eventId]);
  });
});

describe('the subject', () => {
  test('of a mirror pod is its node and hash, as its uid changes when the mirror is made anew', () => {
    const crashed = app().exited({ id: 'a' });
    const mirror = (uid: string) => pod({ uid }).mirror('h1').with(crashed);
    assert.equal(idsOf([mirror('u1'), mirror('u2')]).length, 1);
    assert.equal(idsOf([mirror('u1'), pod({ uid: 'u1' }).mirror('h2').with(crashed)]).length, 2);
    assert.equal(idsOf([mirror('u1'), mirror('u1').but({ nodeName: 'node-2' })]).length, 2);
  });

  test('of a pod can not be mistaken for that of a mirror', () => {
    const mirror = subjectOf({ uid: 'u', nodeName: 'n', mirrorHash: 'h' });
    assert.notEqual(mirror, subjectOf({ uid: mirror, nodeName: '', mirrorHash: '' }));
  });
});

describe('incident keys', () => {
  test('keep pods, containers and classes apart, and hold together what goes on', () => {
    const keys = (step: ReturnType<typeof pod>) => look(step).findings.map((finding) => finding.incidentKey);
    const exit = keys(pod().with(app().exited({ id: 'a' })));
    assert.deepEqual(keys(pod().with(app().restarts(1).crashLooping({ id: 'b' }))), exit);
    assert.notDeepEqual(keys(pod({ uid: 'other' }).with(app().exited({ id: 'a' }))), exit);
    assert.notDeepEqual(keys(pod().with(app('other').exited({ id: 'a' }))), exit);
    assert.notDeepEqual(keys(pod().with(app().waiting('ErrImagePull'))), exit);
  });
});

describe('fingerprints', () => {
  const crashed = (name: string, node: string) =>
    pod({ name, uid: name, nodeName: node })
      .ownedBy('ReplicaSet', 'web-5d8f7c9b4')
      .labelled({ 'pod-template-hash': '5d8f7c9b4' })
      .with(app().exited({ id: name }));
  const print = (step: ReturnType<typeof pod>, clusterId = 'c1') => look(step, { clusterId }).findings[0]?.fingerprint;

  test('are the same for the same trouble in many pods, nodes and clusters', () => {
    assert.equal(print(crashed('web-1', 'n1')), print(crashed('web-2', 'n2'), 'c2'));
  });

  test('differ by namespace, workload, container, family and image', () => {
    const base = crashed('web-1', 'n1');
    const others = [
      base.but({ namespace: 'other' }),
      base.ownedBy('StatefulSet', 'web'),
      base.with().but({ containers: [app('api').exited().facts()] }),
      base.with(app().exited({ id: 'x', reason: 'OOMKilled' })),
      base.container('app', (container) => container.image('registry.example/app:2')),
    ];
    assert.equal(new Set([base, ...others].map((step) => print(step))).size, others.length + 1);
  });

  test('see through a rollout: two ReplicaSets of one Deployment give one', () => {
    const next = crashed('web-3', 'n1').ownedBy('ReplicaSet', 'web-77').labelled({ 'pod-template-hash': '77' });
    assert.equal(print(crashed('web-1', 'n1')), print(next));
  });

  test('are made from fields that cannot run together', () => {
    const of = (namespace: string, name: string): string =>
      fingerprint({ namespace, workload: { kind: 'K', name }, containerName: '', family: '', image: '' });
    assert.notEqual(of('ab', 'c'), of('a', 'bc'));
  });
});

describe('the workload', () => {
  const cases = [
    { owner: undefined, hash: '', kind: '', name: '' },
    { owner: ['StatefulSet', 'db'], hash: '', kind: 'StatefulSet', name: 'db' },
    { owner: ['ReplicaSet', 'web-5d8f'], hash: '5d8f', kind: 'Deployment', name: 'web' },
    { owner: ['ReplicaSet', 'web-5d8f'], hash: '', kind: 'ReplicaSet', name: 'web-5d8f' },
    { owner: ['ReplicaSet', 'web-5d8f'], hash: '77', kind: 'ReplicaSet', name: 'web-5d8f' },
    { owner: ['ReplicaSet', '-5d8f'], hash: '5d8f', kind: 'ReplicaSet', name: '-5d8f' },
    { owner: ['Job', 'backup-29384756'], hash: '', kind: 'CronJob', name: 'backup' },
    { owner: ['Job', 'backup-20260101'], hash: '', kind: 'Job', name: 'backup-20260101' },
    { owner: ['Job', 'backup-2024'], hash: '', kind: 'Job', name: 'backup-2024' },
    { owner: ['Rollout', 'web'], hash: '', kind: 'Rollout', name: 'web' },
    { owner: ['Node', 'node-1'], hash: '', kind: 'Node', name: '' },
  ] as const;
  for (const { owner, hash, kind, name } of cases) {
    test(`of a pod of ${owner === undefined ? 'nobody' : owner.join(' ')}${hash && ` with hash ${hash}`} is ${kind || 'none'} ${name}`, () => {
      const labelled = pod().labelled(hash === '' ? {} : { 'pod-template-hash': hash });
      const owned = owner === undefined ? labelled : labelled.ownedBy(owner[0], owner[1]);
      assert.deepEqual(workloadOf(owned.facts()), { kind, name });
    });
  }
});

test('an init container and an app container of one name never share an id', () => {
  const one = pod().with(init('x').exited({ id: 'a' }));
  const other = pod().with(app('x').exited({ id: 'a' }));
  assert.equal(idsOf([one, other]).length, 2);
});
