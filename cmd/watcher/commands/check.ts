/**
 * `watcher check`: is everything there that an agent with these settings needs? Asks the API server, the plane and the disk,
 * changes nothing, and says in one table what works, what is degraded, what is missing and what to do. In a pod of the
 * agent it has the agent's own settings.
 */
import { loadConfig } from '../../../internal/config/load.ts';
import { knownReasons } from '../../../internal/pipeline/reasons.ts';
import { systemClock } from '../../../internal/platform/clock.ts';
import { systemRandom } from '../../../internal/platform/random.ts';
import { asideOf } from '../aside.ts';
import type { Command, CommandHelp } from '../command.ts';
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
  json: {
    kind: 'document',
    fields: ['status', ...['what', 'status', 'detail', 'code', 'remedy'].map((field) => `checks[].${field}`)],
  },
  exitCodes: { 0: 'everything works', 1: 'something is degraded', 2: 'something is missing, or wrong usage' },
};

const exitCodes = { works: 0, degraded: 1, missing: 2 } as const;

/** Prints the table on standard output, and warnings and progress on standard error, the latter on a terminal only. */
export const check: Command = async ({ args, environment, terminal, shutdown }) => {
  const loaded = loadConfig({ argv: args, environment, require: [], commandFlags: flags, knownReasons });
  const output = outputOf(loaded.commandFlags, FORMS);
  const aside = asideOf(terminal, output);
  aside.warn(loaded.warnings);
  const onProgress = (what: string): void => aside.step(`looking at ${what} ...`);
  const parts = { environment, clock: systemClock(), random: systemRandom(), pid: process.pid, signal: shutdown };
  const rows = await runChecks(loaded.config, { ...parts, onProgress }).finally(() => aside.done());
  terminal.out(output === 'json' ? checkJson(rows) : checkTable(rows, terminal.isColoured ?? false));
  return exitCodes[overall(rows)];
};
