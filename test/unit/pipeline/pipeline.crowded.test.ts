/** An outbox with room for a little, but not for all that waits: it takes it little by little, however small its room. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { APPEND_RETRY_MS } from '../../../internal/platform/limits.ts';
import { PipelineRig, ScriptedOutbox } from '../../support/pipeline-rig.ts';
import { app, pod } from '../../support/pod-builder.ts';

/** Refuses any append that brings more rows than `most`. */
class SmallOutbox extends ScriptedOutbox {
  most = 0;
  refused = 0;

  override append: ScriptedOutbox['append'] = (events, state) => {
    if (events.length + state.length <= this.most) return super.append(events, state);
    this.refused += 1;
    return Promise.resolve({ result: 'full' });
  };
}

const FAILURES = 200;

test('what waits is stored in smaller and smaller parts once a little room is there', async () => {
  const outbox = new SmallOutbox();
  const rig = new PipelineRig({ outbox });
  for (let index = 0; index < FAILURES; index++) {
    const failed = pod({ uid: `u${index}` }).with(app().exited({ id: 'a' }));
    rig.pods.push(failed.facts());
    await rig.change(failed);
  }
  assert.equal(outbox.events.length, 0);
  outbox.most = 20;
  // Halved each second, from 256 down to what fits, and doubled again after each success.
  for (let second = 0; second < 200; second++) {
    await rig.clock.advance(APPEND_RETRY_MS);
    await rig.pipeline.settled();
  }
  assert.equal(outbox.events.length, FAILURES);
  assert.equal(new Set(outbox.events.map(({ eventId }) => eventId)).size, FAILURES);
  assert.ok(outbox.refused < 2 * FAILURES, `${outbox.refused} times refused: no busy loop`);
});
