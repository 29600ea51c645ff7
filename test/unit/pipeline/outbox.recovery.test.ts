/**
 * A store that breaks under a running outbox: the call fails having done nothing, the store is opened anew at most once
 * a second, and what was in flight is settled as if nothing had been.
 */
import assert from 'node:assert/strict';
import { open as openFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { CodedError } from '../../../internal/platform/errors.ts';
import { MemoryStore } from '../../../internal/pipeline/outbox-memory.ts';
import type { OutboxStore } from '../../../internal/pipeline/outbox-store.ts';
import { OutboxWithStore } from '../../../internal/pipeline/outbox-with-store.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { openDurable, temporaryDirectory } from '../../support/outbox-directory.ts';
import { drainAll, freezeSome, outboxEvent } from '../../support/outbox-event.ts';
import { appendAll, hasCode } from '../../support/outbox-implementations.ts';

/** A store in memory of which every call fails while it is broken, until it has been opened anew. */
class BreakableStore extends MemoryStore {
  isBroken = false;
  opened = 0;
  canOpen = true;

  override open() {
    this.opened += 1;
    if (!this.canOpen) return Promise.reject(new CodedError('OUTBOX_UNUSABLE', 'the disk is gone'));
    this.isBroken = false;
    return super.open();
  }
}

function breakable(): { readonly store: OutboxStore; readonly control: BreakableStore } {
  const control = new BreakableStore(1e9);
  const store = new Proxy(control, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]): unknown => {
        if (target.isBroken && name !== 'open') return Promise.reject(new CodedError('OUTBOX_BROKEN', 'I/O error'));
        return Reflect.apply(value, target, args);
      };
    },
  });
  return { store, control };
}

async function breakableOutbox() {
  const clock = new ManualClock();
  const { store, control } = breakable();
  const outbox = await OutboxWithStore.open(store, { clock, onNotice: () => undefined });
  return { clock, outbox, control };
}

test('a broken store is opened anew, once, and the batch in flight is acknowledged after that', async () => {
  const { clock, outbox, control } = await breakableOutbox();
  await appendAll(outbox, 'e1', 'e2');
  const batch = await freezeSome(outbox, { events: 1, bytes: 1000 });
  control.isBroken = true;
  await assert.rejects(outbox.append([outboxEvent('e3')], []), hasCode('OUTBOX_BROKEN'));
  await assert.rejects(outbox.acknowledge(batch.batchId), hasCode('OUTBOX_BROKEN'));
  await clock.advance(1000);
  await appendAll(outbox, 'e3');
  assert.equal(control.opened, 2);
  assert.deepEqual(await outbox.acknowledge(batch.batchId), [outboxEvent('e1')]);
  assert.deepEqual(await drainAll(outbox), ['e2', 'e3']);
});

test('a store that can not be opened is tried once a second at most', async () => {
  const { clock, outbox, control } = await breakableOutbox();
  control.isBroken = true;
  control.canOpen = false;
  await assert.rejects(outbox.append([outboxEvent('e1')], []), hasCode('OUTBOX_BROKEN'));
  for (let tenth = 0; tenth < 50; tenth++) {
    await clock.advance(100);
    await assert.rejects(outbox.loadState('dedupe'));
  }
  assert.ok(control.opened >= 4 && control.opened <= 6, `opened ${control.opened} times`);
  control.canOpen = true;
  await clock.advance(1000);
  await appendAll(outbox, 'e1');
});

test('a failed freeze leaves its events where they were', async () => {
  const { clock, outbox, control } = await breakableOutbox();
  await appendAll(outbox, 'e1', 'e2', 'e3');
  control.isBroken = true;
  await assert.rejects(outbox.freeze({ events: 2, bytes: 1000 }), hasCode('OUTBOX_BROKEN'));
  control.isBroken = false;
  await clock.advance(1000);
  assert.deepEqual(await drainAll(outbox), ['e1', 'e2', 'e3']);
});

test('a page that goes bad while the outbox runs is repaired around, and the rest is delivered', async (t) => {
  const dir = await temporaryDirectory(t);
  const clock = new ManualClock();
  const { outbox, notices } = await openDurable(t, dir, { clock });
  const ids = Array.from({ length: 6000 }, (_, index) => `e${index}`);
  for (let at = 0; at < ids.length; at += 500) {
    await outbox.append(
      ids.slice(at, at + 500).map((id) => outboxEvent(id, id, 800)),
      [],
    );
  }
  await outbox.close();
  const { outbox: after, notices: later } = await openDurable(t, dir, { clock });
  const size = (await stat(join(dir, 'outbox.db'))).size;
  const file = await openFile(join(dir, 'outbox.db'), 'r+');
  await file.write(Buffer.alloc(4096), 0, 4096, Math.floor(size / 4096 / 3) * 4096);
  await file.close();
  const delivered = new Set<string>();
  for (let failures = 0; failures < 5 && after.stats().events > 0;) {
    try {
      const batch = await after.freeze({ events: 100, bytes: 1e6 });
      if (batch === undefined) break;
      for (const event of await after.acknowledge(batch.batchId)) delivered.add(event.eventId);
    } catch (error) {
      assert.ok(hasCode('OUTBOX_BROKEN')(error));
      failures += 1;
      await clock.advance(1000);
    }
  }
  assert.deepEqual(notices, []);
  assert.ok(
    later.some((notice) => notice.kind === 'file-repaired'),
    JSON.stringify(later),
  );
  const missing = ids.filter((id) => !delivered.has(id));
  assert.ok(missing.length <= 8, `${missing.length} missing`);
});

test('if its thread dies the outbox gets another, and everything is still there', async (t) => {
  const workers: Worker[] = [];
  const noteWorker = (message: unknown): void => void workers.push((message as { worker: Worker }).worker);
  subscribe('worker_threads', noteWorker);
  t.after(() => unsubscribe('worker_threads', noteWorker));
  const clock = new ManualClock();
  const { outbox } = await openDurable(t, await temporaryDirectory(t), { clock, runsOn: 'thread' });
  await appendAll(outbox, 'e1', 'e2');
  const batch = await freezeSome(outbox, { events: 1, bytes: 1000 });
  const dying = outbox.append([outboxEvent('e3')], []);
  await workers[0]?.terminate();
  await assert.rejects(dying, hasCode('OUTBOX_BROKEN'));
  await assert.rejects(outbox.acknowledge(batch.batchId), hasCode('OUTBOX_BROKEN'));
  await clock.advance(1000);
  await outbox.append([outboxEvent('e3')], []);
  assert.deepEqual(await outbox.acknowledge(batch.batchId), [outboxEvent('e1')]);
  assert.deepEqual(await drainAll(outbox), ['e2', 'e3']);
  assert.equal(workers.length, 2);
});
