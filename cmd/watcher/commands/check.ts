/**
 * `watcher check`: is everything there that an agent with these settings needs? Asks the API server, the plane and the disk,
 * changes nothing, and says in one table what works, what is degraded, what is missing and what to do. In a pod of the
 * agent it has the agent's own settings.
 */
import { loadConfig } from '../../../internal/config/load.ts';
import { knownReasons } from '../../../internal/pipeline/reasons.ts';
import { systemClock } from '../../../internal/platform/clock.ts';
import { systemRandom } from '../../../internal/platform/random.ts';
import type { Command, CommandHelp, Invocation } from '../command.ts';
import { outputFlag, outputOf } from '../command-flags.ts';
import { checkJson, checkTable } from '../check-print.ts';
import { overall } from '../check-row.ts';
import { runChecks } from '../check-run.ts';

const FORMS = ['table', 'json'] as const;
const flags = [outputFlag(FORMS)];

export const checkHelp: CommandHelp = {
  flags,
  examples: [
    'watcher check --restate-url https://restate.example.com:8080 --cluster-id prod-eu-1 --watch-namespace-mode all',
    'kubectl exec -n watcher deploy/watcher -- watcher check',
    'watcher check --config watcher.yaml -o json',
  ],
  exitCodes: '0 everything works, 1 something is degraded, 2 something is missing, or wrong usage',
};

const exitCodes = { works: 0, degraded: 1, missing: 2 } as const;

/** Prints the table on standard output, and warnings and progress on standard error, the latter on a terminal only. */
export const check: Command = async ({ args, environment, terminal, shutdown }) => {
  const loaded = loadConfig({ argv: args, environment, require: [], commandFlags: flags, knownReasons });
  const output = outputOf(loaded.commandFlags, FORMS);
  for (const { place, problem, remedy } of loaded.warnings) terminal.err(`warning: ${place}: ${problem}; ${remedy}\n`);
  const onProgress = (what: string): void => {
    if (terminal.isTerminal) terminal.err(`\r\u001b[Klooking at ${what} ...`);
  };
  const parts = { environment, clock: systemClock(), random: systemRandom(), pid: process.pid, signal: shutdown };
  const rows = await runChecks(loaded.config, { ...parts, onProgress });
  if (terminal.isTerminal) terminal.err('\r\u001b[K');
  terminal.out(output === 'json' ? checkJson(rows) : checkTable(rows, isColoured(terminal, environment)));
  return exitCodes[overall(rows)];
};

/** On a terminal that has colours and was not told NO_COLOR (no-color.org). */
function isColoured({ isTerminal }: Invocation['terminal'], environment: Invocation['environment']): boolean {
  return isTerminal && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
}
