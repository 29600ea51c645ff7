// A file that can't be read is told from one that isn't there, and nothing makes the reader hang or swallow it all.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { CONFIG_FILE_BYTES, readConfigFile } from '../../../internal/config/file-reader.ts';

describe('reading a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'watcher-config-'));
  after(() => rmSync(folder, { recursive: true }));
  const write = (name: string, content: string | Buffer): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const problemOf = (path: string): string => {
    const file = readConfigFile(path);
    return file.kind === 'unreadable' ? file.problem : file.kind;
  };

  test('gives its text, without a byte order mark', () => {
    assert.deepEqual(readConfigFile(write('bom.yaml', '\u{feff}a: é')), { kind: 'text', text: 'a: é' });
  });

  test('says that it is missing, also where its folder is a file', () => {
    assert.equal(problemOf(join(folder, 'nowhere')), 'missing');
    assert.equal(problemOf(join(write('plain', ''), 'config.yaml')), 'missing');
  });

  test('takes the largest size and refuses one more', () => {
    assert.equal(problemOf(write('large', ' '.repeat(CONFIG_FILE_BYTES))), 'text');
    assert.equal(problemOf(write('larger', ' '.repeat(CONFIG_FILE_BYTES + 1))), 'is larger than 64 KiB');
  });

  test('refuses what is no text', () => {
    assert.equal(problemOf(folder), 'is a directory');
    assert.equal(problemOf('/dev/zero'), 'is not a regular file');
    assert.equal(problemOf(write('utf16', Buffer.from('\u{feff}a: 1', 'utf16le'))), 'is not UTF-8 text');
    assert.equal(problemOf(write('binary', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0]))), 'holds NUL characters');
    assert.match(problemOf('a\0b'), /^can't be read/);
    assert.match(problemOf('x'.repeat(5000)), /^can't be read \(ENAMETOOLONG\)/);
  });

  test('says that it may not', { skip: process.getuid?.() === 0 ? 'root may read everything' : false }, () => {
    const path = write('secret', 'a: 1');
    chmodSync(path, 0);
    assert.equal(problemOf(path), 'may not be read');
  });

  test('reads a pipe to its end', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const writer = spawn('sh', ['-c', 'printf "a: 1\\n" > "$0"; exit 0', pipe], { stdio: 'ignore' });
    assert.deepEqual(readConfigFile(pipe), { kind: 'text', text: 'a: 1\n' });
    if (writer.exitCode === null) await once(writer, 'exit');
  });
});
