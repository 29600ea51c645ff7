/**
 * The promises of internal/pipeline/outbox.ts, each run over every implementation.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { anything, drainAll, freezeSome, outboxEvent, payloadOf } from '../../support/outbox-event.ts';
import { appendAll, hasCode, opened, outboxImplementations } from '../../support/outbox-implementations.ts';

for (const kind of outboxImplementations) {
  describe(`outbox in ${kind.name}: append`, () => {
    test('an event comes out with the bytes it went in with, and stays until it is acknowledged', async (t) => {
      const { outbox } = await opened(t, kind);
      await appendAll(outbox, 'e1');
      const batch = await freezeSome(outbox);
      assert.deepEqual(batch.body, payloadOf('e1'));
      assert.equal(outbox.stats().events, 1);
      const events = await outbox.acknowledge(batch.batchId);
      assert.deepEqual(events, [outboxEvent('e1')]);
      assert.deepEqual(
        { ...outbox.stats() },
        {
          ...{ events: 0, bytes: 0, looseEvents: 0, looseBytes: 0 },
          ...{ oldestObservedAtMs: undefined, batches: 0, quarantined: 0 },
        },
      );
    });

    test('an event id that is stored is known, and no second copy is made', async (t) => {
      const { outbox } = await opened(t, kind);
      await appendAll(outbox, 'e1');
      const again = await outbox.append([outboxEvent('e1', 'p', 100), outboxEvent('e2'), outboxEvent('e2')], []);
      assert.deepEqual(again, { result: 'appended', appended: 1, known: 2 });
      assert.deepEqual(await drainAll(outbox), ['e1', 'e2']);
    });

    test('an event id in quarantine is known too', async (t) => {
      const { outbox } = await opened(t, kind);
      await appendAll(outbox, 'e1');
      await outbox.quarantine((await freezeSome(outbox)).batchId, 'invalid');
      assert.deepEqual(await outbox.append([outboxEvent('e1')], []), { result: 'appended', appended: 0, known: 1 });
    });

    test('state is stored, replaced and deleted with the events it came with, by space', async (t) => {
      const { outbox } = await opened(t, kind);
      const write = (space: string, key: string, value: string | undefined) => ({ space, key, value });
      await outbox.append([outboxEvent('e1')], [write('dedupe', 'a', '1'), write('dedupe', 'b', '')]);
      await outbox.append(
        [],
        [write('dedupe', 'a', '2'), write('restarts', 'a', '7'), write('dedupe', 'c', undefined)],
      );
      assert.deepEqual(Object.fromEntries(await outbox.loadState('dedupe')), { a: '2', b: '' });
      await outbox.append([], [write('dedupe', 'b', undefined)]);
      assert.deepEqual(Object.fromEntries(await outbox.loadState('dedupe')), { a: '2' });
      assert.deepEqual(Object.fromEntries(await outbox.loadState('restarts')), { a: '7' });
      assert.equal((await outbox.loadState('never-written')).size, 0);
    });

    test('appends made at once are stored in the order they were made', async (t) => {
      const { outbox } = await opened(t, kind);
      const ids = Array.from({ length: 700 }, (_, index) => `e${index}`);
      const results = await Promise.all(ids.map((id) => outbox.append([outboxEvent(id)], [])));
      assert.ok(results.every((result) => result.result === 'appended' && result.appended === 1));
      assert.deepEqual(await drainAll(outbox), ids);
    });

    test('nothing to append is no failure', async (t) => {
      const { outbox } = await opened(t, kind);
      assert.deepEqual(await outbox.append([], []), { result: 'appended', appended: 0, known: 0 });
    });

    test('names and bytes of any kind come back as they were', async (t) => {
      const { outbox } = await opened(t, kind);
      const bytes = Uint8Array.from({ length: 9000 }, (_, index) => index % 256);
      const hostile = { ...outboxEvent("';--\0 \u202e\u{1f4a5}"), namespace: '', fingerprint: '__proto__', bytes };
      await outbox.append([hostile, { ...outboxEvent('empty'), bytes: new Uint8Array(0) }], []);
      assert.deepEqual(
        (await outbox.list(0, 10)).map((listed) => listed.event.bytes.length),
        [9000, 0],
      );
      const { batchId } = await freezeSome(outbox, { events: 1, bytes: 1 });
      assert.deepEqual(await outbox.acknowledge(batchId), [hostile]);
    });

    test('the caller may change its bytes afterwards', async (t) => {
      const { outbox } = await opened(t, kind);
      const event = outboxEvent('e1');
      await outbox.append([event], []);
      event.bytes.fill(0);
      assert.deepEqual((await freezeSome(outbox)).body, payloadOf('e1'));
    });

    test('an append tells its listeners once, a known event does not', async (t) => {
      const { outbox } = await opened(t, kind);
      let told = 0;
      const stop = outbox.onAppend(() => (told += 1));
      await outbox.append([outboxEvent('e1'), outboxEvent('e2')], []);
      await outbox.append([outboxEvent('e1')], []);
      assert.equal(told, 1);
      stop();
      await outbox.append([outboxEvent('e3')], []);
      assert.equal(told, 1);
    });

    test('past the quota nothing of the call is stored, and draining makes room again', async (t) => {
      const { outbox } = await opened(t, kind, 16 * 1024 * 1024);
      let stored = 0;
      const state = [{ space: 'dedupe', key: 'last', value: '' }];
      for (; ; stored++) {
        const event = outboxEvent(`e${stored}`, 'p', 256 * 1024);
        const result = await outbox.append([event], [{ ...state[0]!, value: event.eventId }]);
        if (result.result === 'full') break;
        assert.ok(stored < 100, 'the quota is never reached');
      }
      assert.ok(stored >= 20, `only ${stored} events fit`);
      assert.equal(outbox.stats().events, stored);
      assert.equal((await outbox.loadState('dedupe')).get('last'), `e${stored - 1}`);
      assert.equal((await drainAll(outbox)).length, stored);
      assert.equal((await outbox.append([outboxEvent('after')], [])).result, 'appended');
    });
  });

  describe(`outbox in ${kind.name}: what it tells of itself`, () => {
    test('the list shows the oldest first, frozen ones included, page by page', async (t) => {
      const { outbox } = await opened(t, kind);
      await appendAll(outbox, 'e1', 'e2', 'e3');
      await freezeSome(outbox, { events: 1, bytes: 1000 });
      const page = await outbox.list(0, 2);
      const rest = await outbox.list(page.at(-1)!.seq, 2);
      assert.deepEqual(
        [...page, ...rest].map((listed) => listed.event.eventId),
        ['e1', 'e2', 'e3'],
      );
      assert.deepEqual(page[0]?.event, outboxEvent('e1'));
    });

    test('the figures follow every change', async (t) => {
      const { outbox } = await opened(t, kind);
      const size = payloadOf('e1').length;
      await appendAll(outbox, 'e1', 'e2', 'e3');
      const { batchId } = await freezeSome(outbox, { events: 2, bytes: 1000 });
      const frozen = { events: 3, bytes: 3 * size, looseEvents: 1, looseBytes: size, batches: 1, quarantined: 0 };
      const oldestObservedAtMs = outboxEvent('e1').observedAtMs;
      assert.deepEqual({ ...outbox.stats() }, { ...frozen, oldestObservedAtMs });
      await outbox.split(batchId);
      assert.deepEqual({ ...outbox.stats() }, { ...frozen, oldestObservedAtMs, batches: 2 });
    });

    test('a closed outbox says that it is closed', async (t) => {
      const { outbox } = await opened(t, kind);
      await appendAll(outbox, 'e1');
      await outbox.close();
      await outbox.close();
      await assert.rejects(outbox.append([outboxEvent('e2')], []), hasCode('OUTBOX_CLOSED'));
      await assert.rejects(outbox.freeze(anything), hasCode('OUTBOX_CLOSED'));
      await assert.rejects(outbox.loadState('dedupe'), hasCode('OUTBOX_CLOSED'));
    });
  });
}
