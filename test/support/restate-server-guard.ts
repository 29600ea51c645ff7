// Runs one Restate server and sees to it that it doesn't outlive the process that asked for it, however that one ended.
//
// Run as: node restate-server-guard.ts LOG REMOVE BINARY ARGS..., where REMOVE is a folder to remove when orphaned, or ''.
// It is the server's parent and says the server's pid on its standard output. Its standard input is a pipe held by the
// asking process alone: when that one is gone, also by SIGKILL, the pipe closes, and the server is killed. When the server
// ends first, so does this.
import { spawn } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';

const [logFile = '', removeWhenOrphaned = '', binary = '', ...args] = process.argv.slice(2);

const log = openSync(logFile, 'a');
const server = spawn(binary, args, { stdio: ['ignore', log, log] });
closeSync(log);
let isOrphaned = false;

server.once('spawn', () => process.stdout.write(`${server.pid ?? 0}\n`));
server.once('error', (error) => process.stderr.write(`${error.message}\n`));
server.once('close', (code, signal) => {
  process.stdin.destroy();
  if (isOrphaned && removeWhenOrphaned !== '') rmSync(removeWhenOrphaned, { recursive: true, force: true });
  process.exitCode = signal === null ? (code ?? 1) : 1;
});

process.stdout.on('error', () => undefined);
process.stdin.on('error', () => undefined);
process.stdin.resume();
process.stdin.once('end', () => {
  isOrphaned = true;
  server.kill('SIGKILL');
});
