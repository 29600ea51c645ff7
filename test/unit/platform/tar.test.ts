import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { tar, type TarEntry } from '../../../internal/platform/tar.ts';

const AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const list = (archive: Buffer): string =>
  execFileSync('tar', ['-tvf', '-', '--utc'], { input: archive, encoding: 'utf8' }).replaceAll(/ +/g, ' ');

const file = (name: string, content: Buffer): TarEntry => ({
  ...{ kind: 'file', name, content, mode: 0o600 },
  atMs: AT_MS,
});

describe('an archive', () => {
  test('is read by tar, with names, sizes, times and contents', () => {
    const sizes = [0, 1, 511, 512, 513, 5000];
    const entries = sizes.map((size) => file(`file-${size}.txt`, Buffer.alloc(size, 'x')));
    const archive = tar(entries);
    assert.deepEqual(
      list(archive).trim().split('\n'),
      sizes.map((size) => `-rw------- 0/0 ${size} 2026-01-02 03:04 file-${size}.txt`),
    );
    const last = execFileSync('tar', ['-xOf', '-', 'file-5000.txt'], { input: archive });
    assert.deepEqual(last, Buffer.alloc(5000, 'x'));
  });

  test('of nothing is an archive', () => assert.equal(list(tar([])), ''));

  test('is the same bytes for the same files', () => {
    const entries = [file('a', Buffer.from('b'))];
    assert.deepEqual(tar(entries), tar(entries));
  });

  test('refuses a name that does not fit', () => {
    assert.throws(() => tar([file('x'.repeat(101), Buffer.alloc(0))]), RangeError);
  });
});
