// Nothing lost and nothing doubled at the reference plane while both it and the Restate server are killed in the middle.
//
// Batches are sent by the agent's own sender, each under its key, until they are accepted, as the outbox would; the plane
// is a process of its own.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivery } from '../../internal/pipeline/delivery.ts';
import { systemClock } from '../../internal/platform/clock.ts';
import { systemRandom } from '../../internal/platform/random.ts';
import { createBreaker } from '../../internal/restate/breaker.ts';
import { buildSend } from '../../internal/restate/deliver.ts';
import { anEvent } from '../support/event-builder.ts';
import { startPlaneProcess } from '../support/plane-process.ts';
import { clientFor } from '../support/plane-rig.ts';
import { readerOf } from '../support/plane-server.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';
import { startRestateServer } from '../support/restate-server.ts';

const CLUSTER = 'killed';
const BATCHES = 60;
const BATCH_EVENTS = 20;
const SENDERS = 2;

/** Each batch repeats the last event of the one before, as two replicas might. */
function batch(number: number, generation: number): Delivery {
  const events = Array.from({ length: BATCH_EVENTS + 1 }, (_, index) => anEvent(String(number * BATCH_EVENTS + index)));
  const body = Buffer.from(JSON.stringify(events));
  const idempotencyKey = createHash('sha256').update(`onPodEvents\n${generation}\n`).update(body).digest('hex');
  return { handler: 'onPodEvents', idempotencyKey, body, events: events.length };
}

describe('with kills of plane and Restate server in the middle', { skip: skipWithoutRestate() }, () => {
  test('each event takes effect exactly once', { timeout: 180_000 }, async (t) => {
    const restate = await startRestateServer();
    t.after(() => restate.stop());
    const plane = await startPlaneProcess(restate.adminUrl);
    t.after(() => plane.stop());
    const { client, observer } = clientFor(restate.ingressUrl, { timeoutMs: 2_000 });
    t.after(() => client.close());
    const clock = systemClock();
    const breaker = createBreaker({ clock, probeAfterMs: 200 });
    t.after(() => breaker.stop());
    const send = buildSend({
      client,
      breaker,
      clusterId: CLUSTER,
      mode: 'call',
      clock,
      random: systemRandom(),
      observer,
    });

    let next = 0;
    let done = 0;
    const deliverUntilAccepted = async (number: number): Promise<void> => {
      for (let generation = 1; ;) {
        const outcome = await send(batch(number, generation), new AbortController().signal);
        if (outcome.kind === 'accepted') return;
        assert.ok(outcome.kind === 'retry', JSON.stringify(outcome));
        if (outcome.key === 'next-generation') generation += 1;
        await sleep(50);
      }
    };
    const sender = async (): Promise<void> => {
      while (next < BATCHES) {
        await deliverUntilAccepted(next++);
        done += 1;
      }
    };
    const kills = async (): Promise<number> => {
      let killed = 0;
      for (const victim of [plane, restate, plane, restate, plane, restate]) {
        const from = done;
        while (done < from + BATCHES / 10 && done < BATCHES) await sleep(1);
        if (done >= BATCHES) break;
        await victim.kill();
        await victim.start();
        killed += 1;
      }
      return killed;
    };
    const [killed] = await Promise.all([kills(), ...Array.from({ length: SENDERS }, sender)]);
    assert.equal(killed, 6);

    const received = (await readerOf(restate.ingressUrl).received(CLUSTER)).map(({ event }) => event.event_id);
    const expected = Array.from({ length: BATCHES * BATCH_EVENTS + 1 }, (_, index) => `event-${index}`);
    assert.equal(received.length, new Set(received).size, 'something is there twice');
    assert.equal([...received].sort().join(), expected.sort().join());
  });
});
