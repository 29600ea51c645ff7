/** What a process is doing, by what the kernel says (Linux: proc_pid_stat(5)). */
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** Resolves once the process has been stopped by a signal: from then on it does nothing. Rejects where that never happens. */
export async function untilStopped(pid: number, withinMs = 10_000): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (stateOf(pid) !== 'T') {
    if (performance.now() > endMs) throw new Error(`process ${pid} is in state ${stateOf(pid)} after ${withinMs} ms`);
    await setTimeout(5);
  }
}

/** The letter behind the command, which may itself hold brackets. */
function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.charAt(stat.lastIndexOf(')') + 2);
}
