/**
 * Where the durable outbox can't be had it refuses at once, with a code and what to do; it never becomes one in memory
 * by itself, and leaves what it found as it was.
 */
import assert from 'node:assert/strict';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openDurable, outboxChild, temporaryDirectory } from '../../support/outbox-directory.ts';
import { appendAll } from '../../support/outbox-implementations.ts';

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
const needsRoot = isRoot ? false : 'needs root, to run the agent as another user';

async function refusal(t: TestContext, dir: string, uid?: number): Promise<string> {
  const child = outboxChild(t, [dir, 'hold'], uid === undefined ? {} : { uid });
  return (await child.line()) ?? '';
}

async function directoryWithOutbox(t: TestContext): Promise<string> {
  const dir = await temporaryDirectory(t);
  const { outbox } = await openDurable(t, dir);
  await appendAll(outbox, 'e1');
  await outbox.close();
  await chmod(dir, 0o755);
  return dir;
}

test('a directory in the place of the file is refused', async (t) => {
  const dir = await temporaryDirectory(t);
  await mkdir(join(dir, 'outbox.db'));
  assert.match(await refusal(t, dir), /^refused OUTBOX_UNUSABLE .*--outbox=memory/);
});

test('a file in the place of the directory is refused', async (t) => {
  const path = join(await temporaryDirectory(t), 'file');
  await writeFile(path, 'mine');
  assert.match(await refusal(t, path), /^refused OUTBOX_UNUSABLE/);
  assert.match(await refusal(t, join(path, 'below')), /^refused OUTBOX_UNUSABLE/);
});

test('a link in the place of the file is refused: it may lead anywhere', async (t) => {
  const dir = await temporaryDirectory(t);
  await writeFile(join(dir, 'elsewhere'), '');
  await symlink(join(dir, 'elsewhere'), join(dir, 'outbox.db'));
  assert.match(await refusal(t, dir), /^refused OUTBOX_UNUSABLE/);
});

test('a file of another owner is refused', { skip: needsRoot }, async (t) => {
  const dir = await directoryWithOutbox(t);
  assert.match(await refusal(t, dir, NOBODY), /^refused OUTBOX_UNUSABLE/);
});

test('a directory that can not be written is refused', { skip: needsRoot }, async (t) => {
  const dir = await temporaryDirectory(t);
  await chmod(dir, 0o755);
  assert.match(await refusal(t, dir, NOBODY), /^refused OUTBOX_UNUSABLE/);
  assert.match(await refusal(t, join(dir, 'data'), NOBODY), /^refused OUTBOX_UNUSABLE/);
});

test('nothing at all can be made of /proc', async (t) => {
  assert.match(await refusal(t, '/proc/outbox'), /^refused OUTBOX_UNUSABLE/);
});
