/**
 * The durable outbox over the life of processes: what survives, how the files look, upgrades and downgrades.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { migrations } from '../../../internal/pipeline/outbox-sqlite-schema.ts';
import { copyOf, openDurable, outboxChild, temporaryDirectory } from '../../support/outbox-directory.ts';
import { anything, drainAll, freezeSome, outboxEvent } from '../../support/outbox-event.ts';
import { appendAll, hasCode } from '../../support/outbox-implementations.ts';

test('everything is as it was after a close and a new start: order, batches, keys, attempts, quarantine, state', async (t) => {
  const dir = await temporaryDirectory(t);
  const { outbox } = await openDurable(t, dir);
  await outbox.append(
    [outboxEvent('e1'), outboxEvent('e2'), outboxEvent('e3')],
    [{ space: 'dedupe', key: 'a', value: '1' }],
  );
  const one = { events: 1, bytes: 1000 };
  await outbox.quarantine((await freezeSome(outbox, one)).batchId, 'invalid');
  const frozen = await freezeSome(outbox, one);
  await outbox.release(frozen.batchId, { delayMs: 1e9, key: 'next-generation' });
  const before = outbox.stats();
  await outbox.close();

  const { outbox: after, notices } = await openDurable(t, dir);
  assert.deepEqual([after.stats(), notices], [before, []]);
  assert.deepEqual(Object.fromEntries(await after.loadState('dedupe')), { a: '1' });
  const again = await freezeSome(after, { events: 0, bytes: 0 });
  assert.deepEqual([again.body, again.attempts, again.generation], [frozen.body, 1, 1]);
  assert.notEqual(again.idempotencyKey, frozen.idempotencyKey);
  assert.deepEqual(
    (await after.quarantined()).map((event) => [event.eventId, event.reason]),
    [['e1', 'invalid']],
  );
  await after.acknowledge(again.batchId);
  assert.deepEqual(await drainAll(after), ['e3']);
  assert.equal(await after.requeue(['e1']), 1);
  assert.deepEqual(await drainAll(after), ['e1']);
});

test('a batch that was in flight when the process died comes again, the same bytes under the same key', async (t) => {
  const dir = await temporaryDirectory(t);
  const { outbox } = await openDurable(t, dir);
  await appendAll(outbox, 'e1', 'e2', 'e3');
  const sent = await freezeSome(outbox, { events: 2, bytes: 1000 });
  const { outbox: after } = await openDurable(t, await copyOf(t, dir));
  const again = await freezeSome(after);
  assert.deepEqual([again.idempotencyKey, again.body], [sent.idempotencyKey, sent.body]);
});

test('what was acknowledged is gone after a death, and an id that is stored is still known', async (t) => {
  const dir = await temporaryDirectory(t);
  const { outbox } = await openDurable(t, dir);
  await appendAll(outbox, 'e1', 'e2', 'e3');
  await outbox.acknowledge((await freezeSome(outbox, { events: 1, bytes: 1000 })).batchId);
  await outbox.quarantine((await freezeSome(outbox, { events: 1, bytes: 1000 })).batchId, 'invalid');
  const { outbox: after } = await openDurable(t, await copyOf(t, dir));
  assert.deepEqual(await after.append([outboxEvent('e2'), outboxEvent('e3')], []), {
    ...{ result: 'appended', appended: 0, known: 2 },
  });
  assert.deepEqual(await drainAll(after), ['e3']);
});

test('every append that was accepted is there after kill -9, and its state with it', async (t) => {
  const dir = await temporaryDirectory(t);
  for (const [round, runsOn] of ['calling', 'thread', 'thread'].entries()) {
    const child = outboxChild(t, [dir, 'append-many', '100000', runsOn]);
    const accepted: string[] = [];
    const wanted = 50 + 100 * round;
    for (let line = await child.line(); line !== undefined; line = await child.line()) {
      if (line.startsWith('accepted ')) accepted.push(line.slice('accepted '.length));
      if (accepted.length === wanted) child.process.kill('SIGKILL');
    }
    assert.ok(accepted.length >= wanted);
    const { outbox, notices } = await openDurable(t, dir);
    const state = await outbox.loadState('dedupe');
    const stored = new Set((await outbox.list(0, 1e6)).map((listed) => listed.event.eventId));
    assert.deepEqual(
      accepted.filter((id) => !stored.has(id) || !state.has(id)),
      [],
    );
    assert.deepEqual(notices, []);
    await outbox.close();
  }
});

test('the directory is 0700, every file in it 0600', async (t) => {
  const dir = join(await temporaryDirectory(t), 'data');
  const { outbox } = await openDurable(t, dir);
  await appendAll(outbox, 'e1');
  assert.equal((await stat(dir)).mode & 0o777, 0o700);
  const files = await readdir(dir);
  assert.ok(
    files.includes('outbox.db') && files.includes('outbox.db-wal') && files.includes('outbox.mark'),
    files.join(),
  );
  assert.ok(!files.includes('outbox.db-shm'), 'one process only: nothing is shared');
  for (const file of files) assert.equal((await stat(join(dir, file))).mode & 0o777, 0o600, file);
});

test('a file that was readable to others no longer is', async (t) => {
  const dir = await temporaryDirectory(t);
  await (await openDurable(t, dir)).outbox.close();
  await chmod(join(dir, 'outbox.db'), 0o644);
  await openDurable(t, dir);
  assert.equal((await stat(join(dir, 'outbox.db'))).mode & 0o777, 0o600);
});

const nextRelease = [...migrations, 'CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT'];

test('an older file is upgraded with all that is in it', async (t) => {
  const dir = await temporaryDirectory(t);
  const { outbox } = await openDurable(t, dir);
  await appendAll(outbox, 'e1', 'e2');
  const frozen = await freezeSome(outbox, { events: 1, bytes: 1000 });
  await outbox.close();
  const { outbox: after } = await openDurable(t, dir, { migrations: nextRelease });
  assert.equal((await freezeSome(after, { events: 0, bytes: 0 })).idempotencyKey, frozen.idempotencyKey);
  assert.deepEqual(await drainAll(after), ['e2']);
});

test('a newer file is refused, and left as it is to the last byte', async (t) => {
  const dir = await temporaryDirectory(t);
  const { outbox } = await openDurable(t, dir, { migrations: nextRelease });
  await appendAll(outbox, 'e1');
  const crashed = await copyOf(t, dir);
  await outbox.close();
  for (const place of [dir, crashed]) {
    const before = await contentsOf(place);
    await assert.rejects(openDurable(t, place), hasCode('OUTBOX_SCHEMA_NEWER'));
    assert.deepEqual(await contentsOf(place), before);
    const { outbox: newer } = await openDurable(t, place, { migrations: nextRelease });
    assert.deepEqual(await drainAll(newer), ['e1']);
  }
});

test('without its mark a newer file is refused by its own header', async (t) => {
  const dir = await temporaryDirectory(t);
  await (await openDurable(t, dir, { migrations: nextRelease })).outbox.close();
  await rm(join(dir, 'outbox.mark'));
  await assert.rejects(openDurable(t, dir), hasCode('OUTBOX_SCHEMA_NEWER'));
});

test('a second process is refused within a second, and the first goes on', async (t) => {
  const dir = await temporaryDirectory(t);
  const { outbox } = await openDurable(t, dir);
  await appendAll(outbox, 'e1');
  const second = outboxChild(t, [dir, 'hold']);
  const startedMs = performance.now();
  assert.match((await second.line()) ?? '', /^refused OUTBOX_LOCKED .*--data-dir/);
  assert.ok(performance.now() - startedMs < 3000, 'with the start of the process itself');
  await once(second.process, 'exit');
  await appendAll(outbox, 'e2');
  assert.deepEqual((await outbox.freeze(anything))?.eventIds, ['e1', 'e2']);
});

async function contentsOf(dir: string): Promise<Record<string, string>> {
  const files = (await readdir(dir)).filter((file) => file.startsWith('outbox.db') || file === 'outbox.mark').sort();
  const entries = files.map(async (file) => [file, (await readFile(join(dir, file))).toString('base64')] as const);
  return Object.fromEntries(await Promise.all(entries));
}
