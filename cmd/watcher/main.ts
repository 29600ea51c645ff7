/**
 * The `watcher` program: finds the subcommand, runs it, and ends the process with its exit code. The only place that
 * listens to signals and ends the process: the first SIGTERM or SIGINT asks for an orderly end, the second ends at once;
 * SIGUSR2 asks an agent for a heap profile.
 */
import { processEnvironment } from '../../internal/config/environment.ts';
import { ConfigError } from '../../internal/config/problems.ts';
import { nearest } from '../../internal/config/nearest.ts';
import { exitCodes, type CommandEntry, type Terminal } from './command.ts';
import { commandTable } from './commands.ts';
import { errorText } from './error-text.ts';
import { findCommand } from './find-command.ts';
import { askedFor, renderCommandUsage, renderUsage } from './usage.ts';
import { version } from './version.ts';

const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isTerminal: process.stdout.isTTY,
};

/** A process with nothing left to do ends by itself, long before this. */
const LINGER_MS = 500;

const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

const onProfileAsked = (listener: () => void): void => void process.on('SIGUSR2', listener);

function shutdownSignal(): AbortSignal {
  const controller = new AbortController();
  for (const [signal, number] of Object.entries(SIGNAL_NUMBERS)) {
    process.on(signal, () => {
      // eslint-disable-next-line no-restricted-properties -- its home
      if (controller.signal.aborted) process.exit(128 + number);
      controller.abort(signal);
    });
  }
  return controller.signal;
}

async function main(args: readonly string[]): Promise<number> {
  const found = findCommand(commandTable, args);
  if (found === undefined) return printUnknown(args);
  switch (askedFor(args)) {
    case 'help':
      terminal.out(await helpOf(found.entry));
      return exitCodes.ok;
    case 'version':
      terminal.out(`watcher ${version}\n`);
      return exitCodes.ok;
    case undefined:
  }
  const { run } = await found.entry.load();
  return run({
    args: found.rest,
    environment: processEnvironment(),
    terminal,
    shutdown: shutdownSignal(),
    onProfileAsked,
  });
}

async function helpOf(entry: CommandEntry): Promise<string> {
  const { help } = entry.words === '' ? {} : await entry.load();
  return help === undefined ? renderUsage(commandTable) : renderCommandUsage(entry, help);
}

function printUnknown(args: readonly string[]): number {
  const known = commandTable.map(({ words }) => words).filter((words) => words !== '');
  const [word = '', second] = args.slice(0, 2).filter((argument) => !argument.startsWith('-'));
  const meant = (second === undefined ? undefined : nearest(`${word} ${second}`, known)) ?? nearest(word, known);
  terminal.err(`watcher: unknown command '${word}'${meant === undefined ? '' : `; did you mean '${meant}'?`}\n`);
  terminal.err(`  commands are: ${known.join(', ')}; see watcher --help\n`);
  return exitCodes.usage;
}

function printError(error: unknown): number {
  terminal.err(errorText(error));
  return error instanceof ConfigError ? exitCodes.usage : exitCodes.failed;
}

// No top-level await: the bundle is CommonJS (tools/build.ts says why).
void main(process.argv.slice(2))
  .catch(printError)
  .then((exitCode) => {
    process.exitCode = exitCode;
    // Ends without taking Node's environment apart: that may spin for ever (Environment::CleanupHandles, seen on 24.21).
    // eslint-disable-next-line no-restricted-properties -- its home
    process.once('exit', (code) => process.exit(code));
    // What was left behind (a socket that does not close, a thread that hangs) must not keep the process.
    // eslint-disable-next-line no-restricted-globals, no-restricted-properties -- its home, and no clock is left to ask
    setTimeout(() => process.exit(), LINGER_MS).unref();
  });
