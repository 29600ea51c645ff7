/**
 * Reads the text of a configuration file: at most 64 KiB of UTF-8, from a regular file or a pipe. It says why it could
 * not, and never hangs on a device or swallows a large file.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** A few dozen settings take two or three KiB. The bound also keeps hostile YAML from costing time (measured: 0.25 s). */
export const CONFIG_FILE_BYTES = 64 * 1024;

export type FileText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly problem: string; readonly remedy: string };

/** Reads the file of that path. Never throws. */
export type FileReader = (path: string) => FileText;

/** Reads from the machine's file system. */
export const readConfigFile: FileReader = (path) => {
  try {
    const descriptor = openSync(path, 'r');
    try {
      return readDescriptor(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return explain(error);
  }
};

function readDescriptor(descriptor: number): FileText {
  const stat = fstatSync(descriptor);
  if (stat.isDirectory()) return unreadable('is a directory', 'name the file in it');
  if (!stat.isFile() && !stat.isFIFO()) return unreadable('is not a regular file', 'name a file or a pipe');
  const bytes = readAtMost(descriptor, CONFIG_FILE_BYTES + 1);
  if (bytes.length > CONFIG_FILE_BYTES) return unreadable('is larger than 64 KiB', 'name a file of settings');
  return decode(bytes);
}

function readAtMost(descriptor: number, mostBytes: number): Buffer {
  const buffer = Buffer.alloc(mostBytes);
  let filled = 0;
  while (filled < mostBytes) {
    const count = readSync(descriptor, buffer, filled, mostBytes - filled, null);
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}

/** UTF-8, with or without a byte order mark. */
function decode(bytes: Buffer): FileText {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (text.includes('\0')) return unreadable('holds NUL characters', 'name a file of text');
    return { kind: 'text', text };
  } catch {
    return unreadable('is not UTF-8 text', 'save it as UTF-8');
  }
}

function explain(error: unknown): FileText {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
  if (code === 'EACCES' || code === 'EPERM') return unreadable('may not be read', 'let the user of the agent read it');
  if (code === 'EISDIR') return unreadable('is a directory', 'name the file in it');
  return unreadable(`can't be read (${String(code ?? error)})`, 'name another file');
}

function unreadable(problem: string, remedy: string): FileText {
  return { kind: 'unreadable', problem, remedy };
}
