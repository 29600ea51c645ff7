/**
 * Deaths at the worst moment: the plane has done what it was told, and the process ends before it hears so, or before it
 * has noted it. The next process sends the same bytes under the same key, and the plane knows them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Send } from '../../../internal/pipeline/delivery.ts';
import type { Outbox } from '../../../internal/pipeline/outbox.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { copyOf, openDurable, temporaryDirectory } from '../../support/outbox-directory.ts';
import { drainUnderTest } from '../../support/drain-under-test.ts';
import { outboxEvent } from '../../support/outbox-event.ts';
import { ScriptedPlane } from '../../support/scripted-plane.ts';

const LIVES = 25;

/** One life of the agent on the files of `dir`: new failures, a drain, and then the disk as the death leaves it. */
async function liveAndDie(
  t: Parameters<typeof copyOf>[0] & Parameters<typeof drainUnderTest>[0],
  dir: string,
  ids: readonly string[],
  send: Send,
  wrap: (outbox: Outbox) => Outbox = (outbox) => outbox,
): Promise<string> {
  const clock = new ManualClock();
  const { outbox } = await openDurable(t, dir, { clock });
  const { drain } = await drainUnderTest(t, { outbox: wrap(outbox), clock, send, settingsChange: { batchSize: 4 } });
  await outbox.append(
    ids.map((id) => outboxEvent(id, `pod-${id.length}`)),
    [],
  );
  drain.start();
  await clock.advance(5000);
  return copyOf(t, dir);
}

test('killed between the answer of the plane and hearing it: told again under the same key, done once', async (t) => {
  const plane = new ScriptedPlane();
  let dir = await temporaryDirectory(t);
  const all: string[] = [];
  for (let life = 0; life < LIVES; life++) {
    const ids = [`a${life}`, `bb${life}`, `ccc${life}`];
    all.push(...ids);
    const isLast = life === LIVES - 1;
    const deaf: Send = (delivery, signal) =>
      plane.send(delivery, signal).then((outcome) => (isLast ? outcome : new Promise(() => undefined)));
    dir = await liveAndDie(t, dir, ids, deaf);
  }
  assert.deepEqual([[...plane.told].sort(), plane.repeated], [all.sort(), 0]);
  assert.ok(plane.requests.length > LIVES, 'it was told again');
});

test('killed between hearing the answer and noting it: told again under the same key, done once', async (t) => {
  const plane = new ScriptedPlane();
  let dir = await temporaryDirectory(t);
  const all: string[] = [];
  for (let life = 0; life < LIVES; life++) {
    const ids = [`a${life}`, `bb${life}`, `ccc${life}`];
    all.push(...ids);
    const forgetful = (outbox: Outbox): Outbox => {
      if (life < LIVES - 1) outbox.acknowledge = () => new Promise(() => undefined);
      return outbox;
    };
    dir = await liveAndDie(t, dir, ids, plane.send, forgetful);
  }
  assert.deepEqual([[...plane.told].sort(), plane.repeated], [all.sort(), 0]);
});
