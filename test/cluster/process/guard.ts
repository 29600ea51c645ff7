// The guard of one cluster: a process of its own that cleans up when the process it guards is gone, however it went.
//
// It holds the read end of a pipe; the guarded process holds the only write end. When that one ends, also by SIGKILL, the pipe
// closes and the guard reaps the cluster. A regular stop closes the pipe too and waits for the guard's exit code.
// Run as: node guard.ts RUN_DIR KEEP. It lives in its own session, so Ctrl-C doesn't reach it, and opens nothing.
import { reap, removeRunDir } from './reap.ts';

const [runDir = '', keep] = process.argv.slice(2);

async function cleanUp(): Promise<void> {
  await reap(runDir);
  removeRunDir(runDir, keep === 'keep');
}

process.stdin.on('error', () => undefined);
process.stdin.resume();
process.stdin.once('close', () => {
  cleanUp().catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
  });
});
