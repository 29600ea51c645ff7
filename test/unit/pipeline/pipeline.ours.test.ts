/** One agent a node: pods of one's own node are told whoever leads, all others only while leading. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { GONE_POD_KEPT_MS, STATE_FLUSH_MS } from '../../../internal/platform/limits.ts';
import { PipelineRig, ScriptedOutbox } from '../../support/pipeline-rig.ts';
import { app, CREATED_MS, pod, type PodBuilder } from '../../support/pod-builder.ts';

const HOUR_MS = 3_600_000;
const on = (nodeName: string, uid: string, finishedAtMs = CREATED_MS): PodBuilder =>
  pod({ uid })
    .but({ nodeName })
    .with(app().exited({ id: `of-${uid}`, finishedAtMs }));

function following(outbox = new ScriptedOutbox()): PipelineRig {
  const rig = new PipelineRig({ nodeName: 'mine', outbox });
  rig.isTelling = false;
  return rig;
}

const toldOf = (rig: PipelineRig): string[] => rig.outbox.events.map(({ podUid }) => podUid);

describe('an agent of one node', () => {
  test('tells of its own node while another leads, and keeps the rest', async () => {
    const rig = following();
    await rig.change(on('mine', 'u1'));
    await rig.change(on('other', 'u2'));
    await rig.change(on('', 'u3'));
    assert.deepEqual(toldOf(rig), ['u1']);
    assert.equal(rig.observer.takeDecisions().filter((words) => words === 'gate hold follower').length, 2);
    rig.isTelling = true;
    rig.pipeline.beginTerm(undefined);
    await rig.pipeline.settled();
    assert.deepEqual(toldOf(rig), ['u1', 'u2', 'u3']);
  });

  test('that loses the lead goes on to store what waits of its own node, and gives up the rest', async () => {
    const rig = following();
    rig.isTelling = true;
    rig.outbox.script = ['full'];
    for (const [node, uid] of [
      ['other', 'u1'],
      ['mine', 'u2'],
      ['', 'u3'],
      ['mine', 'u4'],
    ] as const) {
      rig.pipeline.process({ type: 'modified', cause: 'watch', pod: on(node, uid).facts() });
    }
    await rig.pipeline.settled();
    assert.deepEqual(toldOf(rig), []);
    rig.isTelling = false;
    await rig.clock.advance(5000);
    assert.deepEqual(toldOf(rig), ['u2', 'u4']);
    const held = rig.observer.takeDecisions().filter((words) => words === 'gate hold leadership-lost');
    assert.equal(held.length, 2);
    rig.isTelling = true;
    rig.pipeline.beginTerm(CREATED_MS);
    await rig.pipeline.settled();
    assert.deepEqual(toldOf(rig), ['u2', 'u4', 'u1', 'u3']);
  });

  test('stores what it remembers though it never leads', async () => {
    const rig = following();
    await rig.pipeline.load();
    rig.pipeline.synced();
    await rig.change(on('mine', 'u1'));
    await rig.clock.advance(STATE_FLUSH_MS + 60_000);
    assert.ok(Number(rig.outbox.state.get('pipeline')?.get('watched-until-ms')) > CREATED_MS);
    await rig.pipeline.stop();
  });

  test('looks back to when it last watched itself, whatever a leader elsewhere did since', async () => {
    const rig = following();
    rig.outbox.state.set('pipeline', new Map([['watched-until-ms', String(CREATED_MS - HOUR_MS)]]));
    await rig.pipeline.load();
    rig.isTelling = true;
    rig.pipeline.beginTerm(CREATED_MS - 1000);
    for (const [node, uid] of [
      ['mine', 'ours'],
      ['other', 'told-by-leader'],
    ] as const) {
      const recovered = app()
        .restarts(1)
        .running('b')
        .last({ id: uid, finishedAtMs: CREATED_MS - HOUR_MS / 2 });
      await rig.change(pod({ uid }).but({ nodeName: node }).with(recovered), 'initial', 'added');
    }
    assert.deepEqual(toldOf(rig), ['ours']);
    await rig.pipeline.stop();
  });
});

describe('a pod that left what is watched', () => {
  test('is no failure, whatever it looked like', async () => {
    const rig = new PipelineRig();
    const disrupted = on('', 'u1').disrupted('PreemptionByScheduler', CREATED_MS);
    await rig.change(disrupted, 'watch', 'left');
    assert.deepEqual([rig.told(), rig.observer.changes], [[], 0]);
  });

  test('is remembered for a while, for the case that it comes back', async () => {
    const rig = new PipelineRig();
    await rig.pipeline.load();
    await rig.change(on('', 'u1'));
    await rig.change(on('', 'u1'), 'watch', 'left');
    await rig.clock.advance(60_000);
    await rig.change(on('', 'u1'));
    assert.deepEqual(rig.told(), ['failure Error']);
    await rig.change(on('', 'u1'), 'watch', 'left');
    await rig.clock.advance(GONE_POD_KEPT_MS + STATE_FLUSH_MS);
    await rig.change(on('', 'u1'));
    assert.equal(rig.told().length, 2);
    await rig.pipeline.stop();
  });
});
