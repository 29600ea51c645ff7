// The lock of the builders: one at a time, and no lock outlives its holder.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { withLock } from '../../cluster/build-lock.ts';
import { identify, type ProcessIdentity } from '../../cluster/process/identity.ts';

function lockFile(t: TestContext): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'watcher-lock-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return path.join(dir, 'one.lock');
}

function refuseToWait(holder: ProcessIdentity): void {
  assert.fail(`waited for ${holder.pid}`);
}

test('the second of two waits until the first is done, also when the first fails', async (t) => {
  const file = lockFile(t);
  const order: string[] = [];
  let second: Promise<void> | undefined;
  const first = withLock(file, refuseToWait, async () => {
    await new Promise<void>((resolve) => {
      const work = (): Promise<void> => Promise.resolve(void order.push('second'));
      second = withLock(file, () => resolve(), work);
    });
    order.push('first');
    throw new Error('the build failed');
  });
  await assert.rejects(first, /the build failed/);
  await second;
  assert.deepEqual(order, ['first', 'second']);
  assert.equal(existsSync(file), false);
});

const STALE: [string, string][] = [
  ['of a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, startedAt: '1' })],
  ['of an id that another process has now', JSON.stringify({ pid: process.pid, startedAt: '1' })],
  ['that is torn', '{"pid":'],
  ['that is empty', ''],
];

for (const [what, content] of STALE) {
  test(`a lock ${what} is taken over`, async (t) => {
    const file = lockFile(t);
    writeFileSync(file, content);
    assert.equal(await withLock(file, refuseToWait, () => Promise.resolve('done')), 'done');
  });
}

test('a process that has ended is not identified', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  const { pid } = child;
  assert.ok(identify(pid!)?.startedAt);
  await new Promise((resolve) => child.once('exit', resolve));
  assert.equal(identify(pid!), undefined);
});
