// Who reads the log slowly, or not at all for a while, holds up nothing and loses nothing.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';

const CHILD = path.join(import.meta.dirname, '../../support/log-child.ts');
const LINES = 5_000;

test('standard output that nobody reads for a while does not hold up the event loop, and every line arrives whole', async () => {
  const child = spawn(process.execPath, [CHILD, String(LINES)], { stdio: ['ignore', 'pipe', 'pipe'] });
  // It says so when it has logged everything, of which a pipe holds some 64 KiB.
  const lateMs = await new Promise<number>((resolve) =>
    child.stderr.once('data', (chunk: Buffer) => resolve(Number(chunk))),
  );
  const lines = (await text(child.stdout)).trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { line: number }).line),
    Array.from({ length: LINES }, (_, line) => line),
  );
  // A write that waits for its reader stops it for 100 ms at a time, some twenty times here.
  assert.ok(lateMs < 500, `${lateMs} ms late`);
});
