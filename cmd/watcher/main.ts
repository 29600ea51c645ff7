/**
 * The `watcher` program: finds the subcommand, runs it, and ends the process with its exit code (exit-codes.ts). The only
 * place that ends the process, but for console.ts at a second signal.
 */
import { processEnvironment } from '../../internal/config/environment.ts';
import { ConfigError } from '../../internal/config/problems.ts';
import type { CommandEntry } from './command.ts';
import { commandTable } from './commands.ts';
import { endWhenUncaught, onDebugAsked, onProfileAsked, processTerminal, shutdownSignal } from './console.ts';
import { errorJson, errorText } from './error-text.ts';
import { codeOfSignal, exitCodes } from './exit-codes.ts';
import { findCommand, unknownCommand } from './find-command.ts';
import { isJsonAsked, readProgramFlags } from './program-flags.ts';
import { askedFor, helpAsFlag, renderCommandUsage, renderUsage } from './usage.ts';
import { versionText } from './version.ts';

/** A process with nothing left to do ends by itself, long before this. */
const LINGER_MS = 500;

async function main(args: readonly string[]): Promise<number> {
  const onUncaught = endWhenUncaught((error) => void printError(error, isJsonAsked(args)));
  const { colour, rest: given } = readProgramFlags(args);
  const rest = helpAsFlag(given);
  const environment = processEnvironment();
  const terminal = processTerminal(colour, environment);
  const found = findCommand(commandTable, rest);
  if (found === undefined) throw unknownCommand(commandTable, rest);
  const { endsInOrder = false } = found.entry;
  const shutdown = shutdownSignal(endsInOrder);
  const asked = askedFor(rest);
  if (asked !== undefined) {
    terminal.out(asked === 'help' ? await helpOf(found.entry) : versionText(isJsonAsked(rest) ? 'json' : 'text'));
    return exitCodes.ok;
  }
  const { run } = await found.entry.load();
  const ended = run({ args: found.rest, environment, terminal, shutdown, onProfileAsked, onDebugAsked, onUncaught });
  return endsInOrder ? ended : orInterrupted(ended, shutdown);
}

/** Whatever a command that was told to end makes of it, it ends with the signal's code; with none where nobody reads. */
async function orInterrupted(ended: Promise<number>, shutdown: AbortSignal): Promise<number> {
  try {
    const code = await ended;
    return codeOfSignal(shutdown.reason) || code;
  } catch (error) {
    if (!shutdown.aborted) throw error;
    return codeOfSignal(shutdown.reason);
  }
}

async function helpOf(entry: CommandEntry): Promise<string> {
  const { help } = entry.words === '' ? {} : await entry.load();
  return help === undefined ? renderUsage(commandTable) : renderCommandUsage(entry, help);
}

function printError(error: unknown, isJson: boolean): number {
  process.stderr.write(isJson ? errorJson(error) : errorText(error));
  return error instanceof ConfigError ? exitCodes.usage : exitCodes.failed;
}

const args = process.argv.slice(2);

// No top-level await: the bundle is CommonJS (tools/build.ts says why).
void main(args)
  .catch((error: unknown) => printError(error, isJsonAsked(args)))
  .then((exitCode) => {
    process.exitCode = exitCode;
    // Ends without taking Node's environment apart: that may spin for ever (Environment::CleanupHandles, seen on 24.21).
    // eslint-disable-next-line no-restricted-properties -- its home
    process.once('exit', (code) => process.exit(code));
    // What was left behind (a socket that does not close, a thread that hangs) must not keep the process.
    // eslint-disable-next-line no-restricted-globals, no-restricted-properties -- its home, and no clock is left to ask
    setTimeout(() => process.exit(), LINGER_MS).unref();
  });
