/** Where a tool that takes its time stands: as the commands of `watcher` show it, on standard error. */
import { asideOf, type Aside } from '../cmd/watcher/aside.ts';

export function toolSteps(): Pick<Aside, 'step' | 'done'> {
  const terminal = { err: (text: string) => void process.stderr.write(text), isErrorTerminal: process.stderr.isTTY };
  return asideOf(terminal, 'text');
}
