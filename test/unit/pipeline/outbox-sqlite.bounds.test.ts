/** What is kept for a person to look at is bounded too: the quarantine, and damaged files that were set aside. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { QUARANTINE_SHARE, type StoreNotice } from '../../../internal/pipeline/outbox-store.ts';
import { openSqliteOutbox } from '../../../internal/pipeline/outbox-sqlite.ts';
import { collectingLogger } from '../../support/collecting-logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { freezeSome, outboxEvent } from '../../support/outbox-event.ts';

const QUOTA_BYTES = 1024 * 1024;
const PAD_BYTES = 4000;

async function rig(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), 'watcher-bounds-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const clock = new ManualClock();
  const { logger, lines } = collectingLogger();
  const notices: StoreNotice[] = [];
  const onNotice = (notice: StoreNotice): void => void notices.push(notice);
  const open = () => openSqliteOutbox({ dir, quotaBytes: QUOTA_BYTES, clock, logger, onNotice, runsOn: 'calling' });
  return { dir, clock, lines, notices, open };
}

test('the quarantine takes no more than its share: the oldest go, counted and said in the log', async (t) => {
  const { notices, lines, open } = await rig(t);
  const outbox = await open();
  t.after(() => outbox.close());
  const ids = Array.from({ length: 60 }, (_, at) => `e${at}`);
  for (const id of ids) {
    await outbox.append([outboxEvent(id, id, PAD_BYTES)], []);
    await outbox.quarantine((await freezeSome(outbox)).batchId, 'invalid');
  }
  const kept = (await outbox.quarantined()).map(({ eventId }) => eventId);
  assert.deepEqual(kept, ids.slice(-kept.length), 'the newest are kept');
  assert.ok(kept.length > 10 && kept.length * PAD_BYTES <= QUOTA_BYTES * QUARANTINE_SHARE, `${kept.length} are kept`);
  const gone = notices.map((notice) => (notice.kind === 'quarantine-overflowed' ? notice.events : 0));
  assert.equal(
    gone.reduce((sum, events) => sum + events, 0),
    ids.length - kept.length,
  );
  assert.ok(lines.some(({ level, msg }) => level === 'error' && msg.startsWith('the quarantine is full')));
});

test('of files that were damaged one is kept, the last, for its owner alone', async (t) => {
  const { dir, clock, open } = await rig(t);
  for (let time = 0; time < 3; time++) {
    await writeFile(join(dir, 'outbox.db'), `no database ${time} `.repeat(1000), { mode: 0o600 });
    await writeFile(join(dir, 'outbox.db-wal'), `no log ${time}`, { mode: 0o600 });
    await (await open()).close();
    await clock.advance(1000);
  }
  const aside = (await readdir(dir)).filter((name) => name.includes('.corrupt-'));
  const tables = aside.filter((name) => !name.endsWith('-wal'));
  assert.equal(tables.length, 1, aside.join(' '));
  assert.ok(aside.length <= 2, aside.join(' '));
  for (const name of aside) assert.equal((await stat(join(dir, name))).mode & 0o777, 0o600);
});
