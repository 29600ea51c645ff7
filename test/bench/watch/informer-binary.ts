/**
 * The Go informer of informer/main.go, built once a machine into the user's cache, under a name that changes with its
 * source. Without Go there is none, and what would be compared with it is left out.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { findGo } from '../../cluster/build-binaries.ts';

const SOURCE = path.join(import.meta.dirname, 'informer');

/** Its path, or why there is none. */
export async function informerBinary(say: (text: string) => void): Promise<{ file?: string; reason?: string }> {
  const hash = createHash('sha256');
  for (const name of ['main.go', 'go.mod', 'go.sum']) hash.update(readFileSync(path.join(SOURCE, name)));
  const cacheHome = process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache');
  const dir = path.join(cacheHome, 'watcher-bench');
  const file = path.join(dir, `informer-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(file)) return { file };
  if ((await findGo()) === undefined) return { reason: 'there is no Go on this machine to build it with' };
  say('building the client-go informer (a minute the first time)');
  mkdirSync(dir, { recursive: true });
  const draft = `${file}.${process.pid}`;
  const env = { ...process.env, GOFLAGS: '-mod=readonly', GOWORK: 'off', CGO_ENABLED: '0' };
  try {
    await promisify(execFile)('go', ['build', '-o', draft, '.'], { cwd: SOURCE, env });
  } catch (error) {
    return { reason: `go build failed: ${(error as Error).message.slice(0, 300)}` };
  }
  renameSync(draft, file);
  return { file };
}
