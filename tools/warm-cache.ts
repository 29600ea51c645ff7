/**
 * Lets the agent start once when it is built, against a cluster that isn't there, so that what V8 compiles on the way lies
 * in its cache (dist/cache) before the first start that counts. Taken early on purpose: a process that runs for long lets go
 * of the code that only its start needed, and a cache taken then would lack exactly that.
 */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Nobody listens there. */
const NOWHERE = '127.0.0.1:9';
const WITHIN_MS = 30_000;

const kubeconfig = {
  clusters: [{ name: 'none', cluster: { server: `https://${NOWHERE}` } }],
  users: [{ name: 'none', user: { token: 'none' } }],
  contexts: [{ name: 'none', context: { cluster: 'none', user: 'none' } }],
  'current-context': 'none',
};

/**
 * Starts `program`, which keeps its cache in `cache`, until it serves, and ends it. Resolves to what went wrong, if anything:
 * it costs time, and no more.
 */
export async function warmCache(program: string, cache: string): Promise<string | undefined> {
  const folder = mkdtempSync(path.join(tmpdir(), 'watcher-warm-'));
  try {
    const file = path.join(folder, 'kubeconfig');
    writeFileSync(file, JSON.stringify(kubeconfig));
    rmSync(cache, { recursive: true, force: true });
    const problem = await startOnce(program, [
      `--kubeconfig=${file}`,
      `--data-dir=${path.join(folder, 'data')}`,
      `--restate-url=http://${NOWHERE}`,
      ...['--cluster-id=none', '--watch-namespace-mode=all', '--leader-elect=true', '--http-listen=127.0.0.1:0'],
    ]);
    letEveryoneRead(cache);
    return problem;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Node writes it for one user, and whoever builds an image is not the one who runs it. */
function letEveryoneRead(cache: string): void {
  for (const entry of readdirSync(cache, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) chmodSync(path.join(entry.parentPath, entry.name), 0o644);
  }
}

function startOnce(program: string, flags: readonly string[]): Promise<string | undefined> {
  const environment = { PATH: process.env['PATH'], TMPDIR: process.env['TMPDIR'] };
  const child = spawn(program, flags, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const deadline = setTimeout(() => child.kill('SIGKILL'), WITHIN_MS);
  let said = '';
  let isAskedToEnd = false;
  const listen = (chunk: Buffer): void => {
    said += chunk.toString();
    if (isAskedToEnd || !said.includes('serving health and metrics')) return;
    isAskedToEnd = true;
    child.kill('SIGTERM');
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  return new Promise((resolve) => {
    const end = (problem: string | undefined): void => {
      clearTimeout(deadline);
      resolve(problem);
    };
    child.on('error', ({ message }) => end(message));
    child.on('close', (code) => end(code === 0 ? undefined : `it ended with ${code}: ${said.slice(-500)}`));
  });
}
