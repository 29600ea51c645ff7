/**
 * The `watcher` program: finds the subcommand, runs it, and ends the process with its exit code. The only place that
 * listens to signals and ends the process: the first SIGTERM or SIGINT asks for an orderly end, the second ends at once.
 */
import { processEnvironment } from '../../internal/config/environment.ts';
import { describeError } from '../../internal/platform/errors.ts';
import { exitCodes, type CommandEntry, type Terminal } from './command.ts';
import { commandTable } from './commands.ts';

const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isTerminal: process.stdout.isTTY,
};

const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

function shutdownSignal(): AbortSignal {
  const controller = new AbortController();
  for (const [signal, number] of Object.entries(SIGNAL_NUMBERS)) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(128 + number);
      controller.abort(signal);
    });
  }
  return controller.signal;
}

/** The entry whose words the arguments start with, the longest first; the agent itself where they start with a flag. */
export function findCommand(
  table: readonly CommandEntry[],
  args: readonly string[],
): { entry: CommandEntry; rest: string[] } | undefined {
  const byLength = [...table].sort((a, b) => b.words.length - a.words.length);
  for (const entry of byLength) {
    const words = entry.words === '' ? [] : entry.words.split(' ');
    const isMatch = words.every((word, index) => args[index] === word);
    if (isMatch && (words.length > 0 || args.length === 0 || args[0]?.startsWith('-') === true)) {
      return { entry, rest: args.slice(words.length) };
    }
  }
  return undefined;
}

async function main(args: readonly string[]): Promise<number> {
  const found = findCommand(commandTable, args);
  if (found === undefined) {
    const known = commandTable.map(({ words }) => words).filter((words) => words !== '');
    terminal.err(
      `watcher: unknown command '${args[0] ?? ''}'; commands are: ${known.join(', ')} (see watcher --help)\n`,
    );
    return exitCodes.usage;
  }
  const command = await found.entry.load();
  return command({ args: found.rest, environment: processEnvironment(), terminal, shutdown: shutdownSignal() });
}

function printError(error: unknown): number {
  const { code, message, remedy } = describeError(error);
  terminal.err(`watcher: ${code}: ${message}\n${remedy === undefined ? '' : `  what to do: ${remedy}\n`}`);
  return code === 'CONFIG_INVALID' ? exitCodes.usage : exitCodes.failed;
}

if (import.meta.main) {
  process.exitCode = await main(process.argv.slice(2)).catch(printError);
}
