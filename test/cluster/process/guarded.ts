// Starts the guard of a cluster (guard.ts) and lets it do its work at the end.
import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import path from 'node:path';

/** A guard on duty. */
export interface Guard {
  /** Ends the cluster and removes its folder. Rejects with the guard's words where something was left behind. */
  readonly release: () => Promise<void>;
}

const GUARD = path.join(import.meta.dirname, 'guard.ts');

function settle(guard: ChildProcess, words: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    guard.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`the cluster left something behind: ${words()}`));
    });
  });
}

/** Puts a guard on duty for this folder, from now until release() or the end of this process. */
export function startGuard(runDir: string, keepsRunDir: boolean): Guard {
  const args = [GUARD, runDir, keepsRunDir ? 'keep' : 'remove'];
  const guard = spawn(process.execPath, args, { cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'pipe'] });
  let words = '';
  guard.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()));
  const settled = settle(guard, () => words);
  settled.catch(() => undefined);
  const handles = [guard, ...guard.stdio.filter((stream) => stream instanceof Socket)];
  for (const handle of handles) handle.unref();
  return {
    release: () => {
      for (const handle of handles) handle.ref();
      guard.stdin.end();
      return settled;
    },
  };
}
