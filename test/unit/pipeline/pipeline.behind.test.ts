/** While the watch is broken, what is known of pods and nodes may be old: nothing is told for having lasted. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RESOLVED_AFTER_MS } from '../../../internal/platform/limits.ts';
import { defaultStuckDelays as delays } from '../../../internal/pipeline/stuck-delays.ts';
import { BEHIND_RETRY_MS } from '../../../internal/pipeline/up-to-date.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';
import { app, CREATED_MS, pod } from '../../support/pod-builder.ts';

const ALL = { enabledReasons: ['*'], eventTypes: ['resolved'] };
const pending = pod({ nodeName: '' }).phase('Pending').with(app());
const pulling = pod().phase('Pending').with(app().waiting('ImagePullBackOff'));
const well = pod().with(app().running()).condition('Ready', 'True');

interface BrokenRig {
  readonly rig: PipelineRig;
  /** Names of namespaces whose watch is broken; '' for all. */
  readonly behind: Set<string>;
}

function broken(): BrokenRig {
  const behind = new Set<string>();
  return { rig: new PipelineRig({ settings: ALL, behind: () => behind }), behind };
}

describe('while the watch of its namespace is broken', () => {
  test('a state is not told as lasting, and is told soon after if it still shows', async () => {
    const { rig, behind } = broken();
    rig.pods = [pending.facts()];
    await rig.change(pending, 'initial', 'added');
    behind.add('shop');
    await rig.clock.advance(3 * delays.stuckPendingAfterMs);
    assert.deepEqual(rig.told(), []);
    behind.clear();
    await rig.clock.advance(BEHIND_RETRY_MS + 100);
    assert.deepEqual(rig.told(), ['failure StuckPending']);
    await rig.pipeline.stop();
  });

  test('what turns out to have moved on meanwhile is never told', async () => {
    const { rig, behind } = broken();
    rig.pods = [pending.facts()];
    await rig.change(pending, 'initial', 'added');
    behind.add('');
    await rig.clock.advance(3 * delays.stuckPendingAfterMs);
    await rig.change(well, 'relist');
    behind.clear();
    await rig.clock.advance(3 * delays.stuckPendingAfterMs);
    assert.deepEqual(rig.told(), []);
    await rig.pipeline.stop();
  });

  test('pods of other namespaces are told of as ever', async () => {
    const { rig, behind } = broken();
    rig.pods = [pending.facts()];
    await rig.change(pending, 'initial', 'added');
    behind.add('cellar');
    await rig.clock.advance(delays.stuckPendingAfterMs + 100);
    assert.deepEqual(rig.told(), ['failure StuckPending']);
    await rig.pipeline.stop();
  });

  test('what goes on is not told again, and what is over is not resolved', async () => {
    const { rig, behind } = broken();
    rig.pods = [pulling.facts()];
    await rig.change(pulling, 'watch', 'added');
    behind.add('');
    await rig.clock.advance(3 * rig.settings.dedupCooldownMs);
    assert.deepEqual(rig.told(), ['failure ImagePullBackOff']);
    behind.clear();
    rig.pods = [];
    await rig.change(well, 'relist');
    behind.add('');
    await rig.clock.advance(3 * RESOLVED_AFTER_MS);
    assert.deepEqual(rig.told(), ['failure ImagePullBackOff']);
    behind.clear();
    await rig.clock.advance(BEHIND_RETRY_MS + 100);
    assert.deepEqual(rig.told(), ['failure ImagePullBackOff', 'resolved ImagePullBackOff']);
    await rig.pipeline.stop();
  });

  test('a node is not told as lost before it can be seen to be', async () => {
    const { rig, behind } = broken();
    const notReady = { status: 'Unknown', reason: '', message: '', sinceMs: CREATED_MS };
    const item = { uid: 'node-uid', name: 'node-1', notReady };
    rig.pipeline.nodes.take({ type: 'added', cause: 'watch', item });
    behind.add('');
    await rig.clock.advance(3 * delays.nodeNotReadyAfterMs);
    assert.deepEqual(rig.told(), []);
    behind.clear();
    await rig.clock.advance(BEHIND_RETRY_MS + 100);
    assert.deepEqual(rig.told(), ['failure NodeNotReady']);
    await rig.pipeline.stop();
  });
});

describe('of what a watch brings that was away', () => {
  /** A watch that comes back so late that the pod would have been stuck by now. */
  async function late(): Promise<PipelineRig> {
    const rig = new PipelineRig({ settings: { ...ALL, resolvedAfterMs: 5_000 } });
    await rig.clock.advance(2 * delays.stuckPendingAfterMs);
    return rig;
  }

  test('a state that has passed meanwhile is never told', async () => {
    const rig = await late();
    await rig.change(pending, 'watch', 'added');
    await rig.change(well, 'watch');
    rig.pods = [well.facts()];
    await rig.clock.advance(3 * delays.stuckPendingAfterMs);
    assert.deepEqual(rig.told(), []);
    await rig.pipeline.stop();
  });

  test('a state that lasts is told soon after, however often its pod changes', async () => {
    const rig = await late();
    rig.pods = [pending.facts()];
    await rig.change(pending, 'watch', 'added');
    for (let passedMs = 0; passedMs < BEHIND_RETRY_MS; passedMs += 1_000) {
      assert.deepEqual(rig.told(), []);
      await rig.change(pending, 'watch');
      await rig.clock.advance(1_000);
    }
    assert.deepEqual(rig.told(), ['failure StuckPending']);
    await rig.pipeline.stop();
  });

  test('what was told and goes on is not over for it', async () => {
    const rig = await late();
    rig.pods = [pending.facts()];
    await rig.change(pending, 'initial', 'added');
    for (let changes = 0; changes < 30; changes++) {
      await rig.change(pending, 'watch');
      await rig.clock.advance(1_000);
    }
    assert.deepEqual(rig.told(), ['failure StuckPending']);
    await rig.pipeline.stop();
  });
});
