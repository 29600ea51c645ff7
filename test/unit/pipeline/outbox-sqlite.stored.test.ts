// Files that earlier releases wrote, kept in test/corpus: read by this one and by the next, with all that is in them.
import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { migrations } from '../../../internal/pipeline/outbox-sqlite-schema.ts';
import { openDurable, temporaryDirectory } from '../../support/outbox-directory.ts';
import { drainAll, freezeSome, idsInBody } from '../../support/outbox-event.ts';

const KEY = '98fa74c1db1d187a794e39dbcb7e960c59172b956d565e578111b88cb557fc1c';

async function stored(t: TestContext): Promise<string> {
  const dir = await temporaryDirectory(t);
  const from = join(import.meta.dirname, '../../corpus/outbox-schema-1');
  await writeFile(join(dir, 'outbox.db'), gunzipSync(await readFile(join(from, 'outbox.db.gz'))), { mode: 0o600 });
  await cp(join(from, 'outbox.mark'), join(dir, 'outbox.mark'));
  return dir;
}

const releases = [
  { name: 'this release', change: {} },
  {
    name: 'the next one',
    change: { migrations: [...migrations, 'CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT'] },
  },
];

for (const { name, change } of releases) {
  test(`${name} reads a file of schema 1: batch and key, order, quarantine and state`, async (t) => {
    const { outbox, notices } = await openDurable(t, await stored(t), change);
    assert.deepEqual(notices, []);
    assert.deepEqual([...(await outbox.loadState('dedupe'))], [['uid:pod-of-e1', '{"told":1}']]);
    assert.deepEqual([...(await outbox.loadState('settings'))], [['remote', '{"batch_size":50}']]);
    const quarantined = await outbox.quarantined();
    assert.deepEqual(
      quarantined.map(({ eventId, reason }) => [eventId, reason]),
      [['e1', 'invalid']],
    );
    const batch = await freezeSome(outbox);
    assert.equal(batch.idempotencyKey, KEY);
    assert.deepEqual(idsInBody(batch.body), ['e2', 'e3']);
    await outbox.acknowledge(batch.batchId);
    assert.deepEqual(await drainAll(outbox), ['e4', 'e5']);
  });
}
