/** Who tells: followers keep, a new leader tells what the old one may not have, and who lost the lead tells nothing. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FOLLOWER_FINDINGS } from '../../../internal/platform/limits.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';
import { app, CREATED_MS, pod, type PodBuilder } from '../../support/pod-builder.ts';

const exited = (id = 'a', uid = 'u1'): PodBuilder => pod({ uid }).with(app().exited({ id }));

function follower(): PipelineRig {
  const rig = new PipelineRig();
  rig.isTelling = false;
  return rig;
}

describe('a follower', () => {
  test('detects, appends nothing and stores nothing', async () => {
    const rig = follower();
    await rig.pipeline.load();
    await rig.change(exited());
    await rig.clock.advance(600_000);
    assert.deepEqual(rig.outbox.appends, []);
    assert.deepEqual(rig.observer.takeDecisions(), ['gate hold follower']);
    await rig.pipeline.stop();
  });

  test('that takes over tells what came since the old leader last renewed, each once, in order', async () => {
    const rig = follower();
    await rig.change(exited('a', 'told-by-old-leader'));
    await rig.clock.advance(60_000);
    const renewedMs = rig.clock.now();
    await rig.clock.advance(1000);
    for (const uid of ['u1', 'u2', 'u1']) await rig.change(exited('a', uid));
    rig.isTelling = true;
    rig.pipeline.beginTerm(renewedMs);
    await rig.pipeline.settled();
    assert.deepEqual(
      rig.outbox.events.map(({ podUid }) => podUid),
      ['u1', 'u2'],
    );
  });

  test('that takes over lets what the old leader told cool down', async () => {
    const rig = follower();
    await rig.change(exited('a'));
    await rig.clock.advance(60_000);
    rig.isTelling = true;
    rig.pipeline.beginTerm(rig.clock.now());
    await rig.change(exited('a'));
    await rig.change(exited('b'));
    assert.deepEqual(rig.told(), []);
    await rig.clock.advance(180_000);
    await rig.change(exited('c'));
    assert.deepEqual(rig.told(), ['ongoing Error']);
  });

  test('that takes over where nobody led tells all it has', async () => {
    const rig = follower();
    await rig.change(exited());
    rig.isTelling = true;
    rig.pipeline.beginTerm(undefined);
    await rig.pipeline.settled();
    assert.deepEqual(rig.told(), ['failure Error']);
  });

  test('that started after the old leader died looks back to its last renewal', async () => {
    const rig = follower();
    const recovered = (uid: string, finishedAtMs: number) =>
      pod({ uid }).with(app().restarts(1).running('b').last({ id: 'a', finishedAtMs }));
    await rig.change(recovered('before', CREATED_MS - 7_200_000), 'initial', 'added');
    await rig.change(recovered('in-the-gap', CREATED_MS - 3_000_000), 'initial', 'added');
    rig.pipeline.synced();
    rig.isTelling = true;
    rig.pipeline.beginTerm(CREATED_MS - 3_600_000);
    await rig.pipeline.settled();
    assert.deepEqual(
      rig.outbox.events.map(({ podUid }) => podUid),
      ['in-the-gap'],
    );
  });

  test('tells an exit again to nobody just because it was forgotten and seen anew', async () => {
    const rig = follower();
    const long = pod().with(
      app()
        .restarts(1)
        .running('b')
        .last({ id: 'a', finishedAtMs: CREATED_MS - 3_600_000 }),
    );
    await rig.change(long);
    rig.isTelling = true;
    rig.pipeline.beginTerm(CREATED_MS - 1000);
    await rig.pipeline.settled();
    assert.deepEqual(rig.told(), []);
    assert.deepEqual(rig.observer.takeDecisions().at(-1), 'gate suppress told-by-leader');
  });

  test('keeps the last findings only, says which it gave up, and makes up for it with a look at all pods', async () => {
    const rig = follower();
    const all = Array.from({ length: FOLLOWER_FINDINGS + 5 }, (_, i) => exited('a', `u${i}`).facts());
    for (const facts of all) rig.pipeline.process({ type: 'modified', cause: 'watch', pod: facts });
    const given = rig.observer.takeDecisions().filter((decision) => decision === 'gate suppress ring-full');
    assert.equal(given.length, 5);
    rig.pods = all;
    rig.isTelling = true;
    rig.pipeline.beginTerm(undefined);
    await rig.pipeline.settled();
    await rig.clock.advance(10);
    assert.equal(rig.outbox.events.length, all.length);
  });
});

describe('a leader that loses the lead', () => {
  test('appends nothing that was still waiting, and tells it if it leads again', async () => {
    const rig = new PipelineRig();
    rig.outbox.script = ['full'];
    await rig.change(exited('a', 'u1'));
    rig.isTelling = false;
    await rig.clock.advance(5000);
    assert.deepEqual(rig.outbox.events, []);
    assert.ok(rig.observer.takeDecisions().includes('gate hold leadership-lost'));
    assert.deepEqual(rig.pipeline.state, { kind: 'running' });
    rig.isTelling = true;
    rig.pipeline.beginTerm(CREATED_MS);
    await rig.pipeline.settled();
    assert.deepEqual(rig.told(), ['failure Error']);
  });

  test('says not that all is stored while it keeps what it could not tell, though it leads again', async () => {
    const rig = new PipelineRig();
    rig.pipeline.synced();
    assert.ok(rig.pipeline.isAllStored);
    rig.isTelling = false;
    await rig.change(exited());
    rig.isTelling = true;
    assert.ok(!rig.pipeline.isAllStored, 'whoever leads next would take it for told');
    rig.pipeline.beginTerm(CREATED_MS);
    await rig.pipeline.settled();
    assert.ok(rig.pipeline.isAllStored);
    assert.deepEqual(rig.told(), ['failure Error']);
  });

  test('while an append is under way appends no more after it', async () => {
    const rig = new PipelineRig();
    let letGo = (): void => undefined;
    rig.outbox.script = [{ until: new Promise((resolve) => (letGo = resolve)) }];
    for (const uid of ['u1', 'u2'])
      rig.pipeline.process({ type: 'modified', cause: 'watch', pod: exited('a', uid).facts() });
    rig.isTelling = false;
    letGo();
    await rig.pipeline.settled();
    assert.deepEqual(
      rig.outbox.events.map(({ podUid }) => podUid),
      ['u1'],
    );
    assert.deepEqual(rig.observer.takeDecisions().at(-1), 'gate hold leadership-lost');
  });
});
