/**
 * The promises of internal/pipeline/outbox.ts about batches, each run over every implementation.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { idempotencyKey } from '../../../internal/pipeline/idempotency-key.ts';
import { anything, drainAll, freezeSome, idsInBody, outboxEvent, payloadOf } from '../../support/outbox-event.ts';
import { appendAll, hasCode, opened, outboxImplementations } from '../../support/outbox-implementations.ts';

for (const kind of outboxImplementations) {
  describe(`outbox in ${kind.name}: freeze`, () => {
    test('one event goes alone and as it is, more go as an array; the key is of handler, generation and body', async (t) => {
      const { outbox } = await opened(t, kind);
      await appendAll(outbox, 'e1', 'e2', 'e3');
      const one = await freezeSome(outbox, { events: 1, bytes: 1000 });
      const two = await freezeSome(outbox);
      assert.deepEqual([one.handler, one.events, one.eventIds], ['onPodEvent', 1, ['e1']]);
      assert.deepEqual([two.handler, two.events, two.eventIds], ['onPodEvents', 2, ['e2', 'e3']]);
      assert.deepEqual(idsInBody(two.body), ['e2', 'e3']);
      assert.equal(two.idempotencyKey, idempotencyKey('onPodEvents', 0, two.body));
      assert.equal(two.oldestObservedAtMs, outboxEvent('e2').observedAtMs);
    });

    test('a batch keeps to the number and the bytes asked for; what is larger alone goes alone', async (t) => {
      const { outbox } = await opened(t, kind);
      await outbox.append(
        ['e1', 'e2', 'e3'].map((id) => outboxEvent(id, id, 300)),
        [],
      );
      await outbox.append([outboxEvent('big', 'big', 5000)], []);
      const size = payloadOf('e1', 300).length;
      const tight = { events: 10, bytes: 2 * size + 3 };
      assert.deepEqual((await freezeSome(outbox, { ...tight, bytes: tight.bytes - 1 })).eventIds, ['e1']);
      const full = await freezeSome(outbox, tight);
      assert.deepEqual([full.eventIds, full.body.length], [['e2', 'e3'], tight.bytes]);
      assert.deepEqual((await freezeSome(outbox, tight)).eventIds, ['big']);
    });

    test('nothing is frozen where nothing is loose, nor where no new batch is asked for', async (t) => {
      const { outbox } = await opened(t, kind);
      assert.equal(await outbox.freeze(anything), undefined);
      await appendAll(outbox, 'e1');
      assert.equal(await outbox.freeze({ events: 0, bytes: 0 }), undefined);
      assert.deepEqual((await freezeSome(outbox)).eventIds, ['e1']);
      assert.equal(await outbox.freeze(anything), undefined);
    });

    test('two batches in flight never share a pod, and no event overtakes an earlier one of its pod', async (t) => {
      const { outbox } = await opened(t, kind);
      await outbox.append([outboxEvent('a1', 'a'), outboxEvent('b1', 'b'), outboxEvent('a2', 'a')], []);
      await outbox.append([outboxEvent('c1', 'c'), outboxEvent('b2', 'b')], []);
      const first = await freezeSome(outbox, { events: 2, bytes: 1000 });
      const second = await freezeSome(outbox);
      assert.deepEqual([first.eventIds, second.eventIds], [['a1', 'b1'], ['c1']]);
      assert.equal(await outbox.freeze(anything), undefined);
      await outbox.acknowledge(first.batchId);
      assert.deepEqual((await freezeSome(outbox)).eventIds, ['a2', 'b2']);
    });

    test('freezes asked for at once take different events', async (t) => {
      const { outbox } = await opened(t, kind);
      await appendAll(outbox, 'e1', 'e2', 'e3');
      const one = { events: 1, bytes: 1000 };
      const batches = await Promise.all([
        outbox.freeze(one),
        outbox.freeze(one),
        outbox.freeze(one),
        outbox.freeze(one),
      ]);
      assert.deepEqual(
        batches.map((batch) => batch?.eventIds),
        [['e1'], ['e2'], ['e3'], undefined],
      );
    });

    test('a backlog far longer than what is kept in memory comes out whole and in order', async (t) => {
      const { outbox } = await opened(t, kind);
      const ids = Array.from({ length: 10_000 }, (_, index) => `e${index}`);
      for (let at = 0; at < ids.length; at += 500) await appendAll(outbox, ...ids.slice(at, at + 500));
      assert.equal(outbox.stats().looseEvents, ids.length);
      assert.deepEqual(await drainAll(outbox), ids);
    });

    test('a long backlog of one pod waits for its first batch and does not keep other pods from going', async (t) => {
      const { outbox } = await opened(t, kind);
      const mine = Array.from({ length: 3000 }, (_, index) => outboxEvent(`a${index}`, 'a'));
      for (let at = 0; at < mine.length; at += 500) await outbox.append(mine.slice(at, at + 500), []);
      await appendAll(outbox, 'z1');
      await freezeSome(outbox, { events: 10, bytes: 10_000 });
      assert.deepEqual((await freezeSome(outbox)).eventIds, ['z1']);
    });
  });

  describe(`outbox in ${kind.name}: what became of a batch`, () => {
    test('released under the same key it comes again, when due and not before, with the same bytes', async (t) => {
      const { outbox, clock } = await opened(t, kind);
      await appendAll(outbox, 'e1', 'e2');
      const before = await freezeSome(outbox);
      await outbox.release(before.batchId, { delayMs: 500, key: 'same' });
      await appendAll(outbox, 'e3');
      assert.equal(await outbox.freeze({ events: 0, bytes: 0 }), undefined);
      await clock.advance(500);
      const after = await freezeSome(outbox, { events: 0, bytes: 0 });
      assert.deepEqual([after.batchId, after.idempotencyKey], [before.batchId, before.idempotencyKey]);
      assert.deepEqual([after.body, after.attempts, after.generation], [before.body, 1, 0]);
    });

    test('released as the next generation it comes again with the same bytes under another key', async (t) => {
      const { outbox } = await opened(t, kind);
      await appendAll(outbox, 'e1', 'e2');
      const before = await freezeSome(outbox);
      await outbox.release(before.batchId, { delayMs: 0, key: 'next-generation' });
      const after = await freezeSome(outbox);
      assert.deepEqual([after.body, after.generation, after.attempts], [before.body, 1, 1]);
      assert.equal(after.idempotencyKey, idempotencyKey('onPodEvents', 1, before.body));
    });

    test('the wall clock has no say in when a batch is due', async (t) => {
      const { outbox, clock } = await opened(t, kind);
      await appendAll(outbox, 'e1');
      await outbox.release((await freezeSome(outbox)).batchId, { delayMs: 500, key: 'same' });
      clock.jumpWallClock(3_600_000);
      assert.equal(await outbox.freeze(anything), undefined);
      clock.jumpWallClock(-7_200_000);
      await clock.advance(500);
      assert.deepEqual((await freezeSome(outbox)).eventIds, ['e1']);
    });

    test('a batch that waits holds its pods back, unless it yields them', async (t) => {
      const { outbox } = await opened(t, kind);
      await outbox.append([outboxEvent('a1', 'a'), outboxEvent('a2', 'a')], []);
      const { batchId } = await freezeSome(outbox, { events: 1, bytes: 1000 });
      await outbox.release(batchId, { delayMs: 60_000, key: 'same' });
      assert.equal(await outbox.freeze(anything), undefined);
      await outbox.release(batchId, { delayMs: 60_000, key: 'same', yieldsPod: true });
      assert.deepEqual((await freezeSome(outbox)).eventIds, ['a2']);
    });

    test('a batch put back to go last comes after a new one where that is asked for, and holds its pods back', async (t) => {
      const { outbox } = await opened(t, kind);
      await outbox.append([outboxEvent('a1', 'a'), outboxEvent('a2', 'a'), outboxEvent('b1', 'b')], []);
      const { batchId } = await freezeSome(outbox, { events: 1, bytes: 1000 });
      await outbox.release(batchId, { delayMs: 0, key: 'same', goesLast: true });
      const next = async () => (await outbox.freeze({ ...anything, suspectsLast: true })) ?? assert.fail('nothing');
      const other = await next();
      assert.deepEqual(other.eventIds, ['b1']);
      await outbox.release(other.batchId, { delayMs: 0, key: 'same' });
      assert.deepEqual((await next()).eventIds, ['b1']);
      assert.deepEqual((await next()).eventIds, ['a1'], 'nothing else is left');
    });

    test('a batch is split into halves in order, each with a key of its own', async (t) => {
      const { outbox } = await opened(t, kind);
      await outbox.append([outboxEvent('a1', 'a'), outboxEvent('b1', 'b'), outboxEvent('a2', 'a')], []);
      const whole = await freezeSome(outbox);
      const halves = await outbox.split(whole.batchId);
      const left = await freezeSome(outbox);
      assert.deepEqual([left.batchId, left.eventIds, left.handler], [halves[0], ['a1', 'b1'], 'onPodEvents']);
      assert.equal(await outbox.freeze(anything), undefined, 'a2 waits for a1');
      await outbox.acknowledge(left.batchId);
      const right = await freezeSome(outbox);
      assert.deepEqual([right.batchId, right.eventIds, right.handler], [halves[1], ['a2'], 'onPodEvent']);
      assert.equal(right.idempotencyKey, idempotencyKey('onPodEvent', 0, payloadOf('a2')));
      await assert.rejects(outbox.split(right.batchId), hasCode('OUTBOX_BATCH_UNKNOWN'));
    });

    test('a quarantined event is kept with its reason, blocks nothing, and goes under an unused key when requeued', async (t) => {
      const { outbox, clock } = await opened(t, kind);
      await outbox.append([outboxEvent('a1', 'a'), outboxEvent('a2', 'a')], []);
      const poison = await freezeSome(outbox, { events: 1, bytes: 1000 });
      assert.deepEqual(await outbox.quarantine(poison.batchId, 'invalid'), [outboxEvent('a1', 'a')]);
      assert.deepEqual(await drainAll(outbox), ['a2']);
      const kept = { ...outboxEvent('a1', 'a'), reason: 'invalid', quarantinedAtMs: clock.now() };
      assert.deepEqual(await outbox.quarantined(), [kept]);
      assert.equal(outbox.stats().quarantined, 1);
      assert.equal(await outbox.requeue(['a1', 'never-seen']), 1);
      assert.deepEqual([await outbox.quarantined(), outbox.stats().quarantined], [[], 0]);
      const again = await freezeSome(outbox);
      assert.deepEqual([again.body, again.generation], [poison.body, 1]);
      assert.notEqual(again.idempotencyKey, poison.idempotencyKey);
    });

    test('the quarantine keeps to its share of the quota: its oldest events go, and may be told again', async (t) => {
      const { outbox } = await opened(t, kind, 16 * 1024 * 1024);
      const large = (id: string) => outboxEvent(id, id, 500 * 1024);
      for (const id of ['e1', 'e2', 'e3', 'e4', 'e5']) {
        await outbox.append([large(id)], []);
        await outbox.quarantine((await freezeSome(outbox)).batchId, 'invalid');
      }
      const kept = (await outbox.quarantined()).map((event) => event.eventId);
      assert.deepEqual([kept, outbox.stats().quarantined], [['e2', 'e3', 'e4', 'e5'], 4]);
      assert.deepEqual(await outbox.append([large('e1'), large('e2')], []), {
        result: 'appended',
        appended: 1,
        known: 1,
      });
    });

    test('a batch of one is rewritten under the key of its new bytes', async (t) => {
      const { outbox } = await opened(t, kind);
      await outbox.append([outboxEvent('e1', 'a', 5000), outboxEvent('e2')], []);
      const before = await freezeSome(outbox, { events: 1, bytes: 1000 });
      await outbox.rewrite(before.batchId, payloadOf('e1', 10));
      const after = await freezeSome(outbox, { events: 0, bytes: 0 });
      assert.deepEqual([after.body, after.batchId], [payloadOf('e1', 10), before.batchId]);
      assert.equal(after.idempotencyKey, idempotencyKey('onPodEvent', 0, payloadOf('e1', 10)));
      assert.equal(outbox.stats().bytes, payloadOf('e1', 10).length + payloadOf('e2').length);
    });

    test('an event is halved in its place into two with ids and keys of their own, while others are appended', async (t) => {
      const { outbox } = await opened(t, kind);
      await appendAll(outbox, 'whole', 'e2');
      const whole = await freezeSome(outbox, { events: 1, bytes: 1000 });
      const [left, right] = ['left', 'right'].map((eventId) => ({ eventId, bytes: payloadOf(eventId, 50) }));
      assert.ok(left !== undefined && right !== undefined);
      const halving = outbox.halve(whole.batchId, [left, right]);
      const appending = appendAll(outbox, 'e3', 'e4');
      const [first, second] = await halving;
      await appending;
      assert.deepEqual([outbox.stats().events, outbox.stats().batches], [5, 2]);
      const bytes = ['e2', 'e3', 'e4'].reduce((sum, id) => sum + payloadOf(id).length, 0);
      assert.equal(outbox.stats().bytes, bytes + left.bytes.length + right.bytes.length);
      assert.deepEqual(await outbox.append([{ ...outboxEvent('x'), ...right }], []), {
        ...{ result: 'appended', appended: 0, known: 1 },
      });
      const next = await freezeSome(outbox);
      assert.deepEqual([next.batchId, next.eventIds, next.body], [first, ['left'], left.bytes]);
      assert.equal(next.idempotencyKey, idempotencyKey('onPodEvent', 0, left.bytes));
      assert.equal(await outbox.freeze({ events: 0, bytes: 0 }), undefined, 'the right half is of the same pod');
      await assert.rejects(outbox.halve('nonsense', [left, right]), hasCode('OUTBOX_BATCH_UNKNOWN'));
      await outbox.release(first, { delayMs: 0, key: 'same' });
      assert.deepEqual(await drainAll(outbox, { events: 1, bytes: 0 }), ['left', 'right', 'e2', 'e3', 'e4']);
      assert.ok(second !== first);
    });

    test('a batch that is settled is unknown from then on, and saying so changes nothing', async (t) => {
      const { outbox } = await opened(t, kind);
      await appendAll(outbox, 'e1', 'e2');
      const { batchId } = await freezeSome(outbox, { events: 1, bytes: 1000 });
      await outbox.acknowledge(batchId);
      const unknown = hasCode('OUTBOX_BATCH_UNKNOWN');
      await assert.rejects(outbox.acknowledge(batchId), unknown);
      await assert.rejects(outbox.quarantine(batchId, 'invalid'), unknown);
      await assert.rejects(outbox.release(batchId, { delayMs: 0, key: 'same' }), unknown);
      await assert.rejects(outbox.split('nonsense'), unknown);
      await assert.rejects(outbox.rewrite(batchId, new Uint8Array(1)), unknown);
      assert.deepEqual(await drainAll(outbox), ['e2']);
    });
  });
}
