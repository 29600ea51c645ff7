// The archive writer, judged by the system's own tar.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { tar, type TarEntry } from '../../../internal/platform/tar.ts';

const ENTRIES: TarEntry[] = [
  { kind: 'folder', name: 'bin/' },
  { kind: 'file', name: 'bin/tool', content: Buffer.alloc(1000, 'x'), mode: 0o755 },
  { kind: 'link', name: 'bin/sh', target: 'tool' },
  { kind: 'file', name: 'empty', content: Buffer.alloc(0) },
  { kind: 'folder', name: 'tmp/', mode: 0o1777 },
];

test("the system's tar reads back names, modes, sizes and links", () => {
  const listing = execFileSync('tar', ['-tvf', '-', '--numeric-owner'], { input: tar(ENTRIES), env: { LC_ALL: 'C' } });
  const lines = listing.toString().trim().split('\n');
  const fields = lines
    .map((line) => line.split(/\s+/))
    .map(([mode, , size, , , ...name]) => `${mode} ${size} ${name.join(' ')}`);
  assert.deepEqual(fields, [
    'drwxr-xr-x 0 bin/',
    '-rwxr-xr-x 1000 bin/tool',
    'lrwxrwxrwx 0 bin/sh -> tool',
    '-rw-r--r-- 0 empty',
    'drwxrwxrwt 0 tmp/',
  ]);
});

test('the same entries give the same bytes', () => {
  assert.deepEqual(tar(ENTRIES), tar(ENTRIES));
});

test('a name that does not fit is refused, not cut', () => {
  const entry: TarEntry = { kind: 'folder', name: 'x'.repeat(101) };
  assert.throws(() => tar([entry]), /too long/);
});
