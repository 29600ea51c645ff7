/** The end of a process of ours that runs until its parent lets go of it. */
import type { ChildProcess } from 'node:child_process';

/** Lets go of it; resolves once it has ended. */
export function disconnected(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    child.once('exit', () => resolve());
    if (child.connected) child.disconnect();
  });
}
