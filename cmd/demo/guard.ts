/**
 * Runs one program and sees to it that it doesn't outlive the demo, however that one ended.
 *
 * Run by guarded.ts as: node guard.ts FOLDER PROGRAM ARGS..., with an IPC channel and as the leader of a process group of
 * its own. It passes signals it is sent over the channel, ends with the program's exit code, and when the channel closes
 * (the demo is gone, also by SIGKILL) it removes FOLDER ('' for none) and kills its group: the program and whatever that
 * one started.
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

const [folder = '', program = '', ...args] = process.argv.slice(2);

// A signal to the group is meant for the program; the guard ends after it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
child.once('spawn', () => process.send?.({ pid: child.pid }));
child.once('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  leave(127);
});
child.once('exit', (code, signal) => leave(signal === null ? (code ?? 1) : 1));

process.on('message', (message) => child.kill(message as NodeJS.Signals));
process.once('disconnect', () => {
  if (folder !== '') rmSync(folder, { recursive: true, force: true });
  process.kill(-process.pid, 'SIGKILL');
});

function leave(code: number): void {
  process.removeAllListeners('disconnect');
  process.exitCode = code;
  if (process.connected) process.disconnect();
}
