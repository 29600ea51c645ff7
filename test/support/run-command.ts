/** A subcommand run in the test's own process, with what it wrote. */
import type { Command } from '../../cmd/watcher/command.ts';
import { ConfigError } from '../../internal/config/problems.ts';
import { CodedError } from '../../internal/platform/errors.ts';

export interface CommandRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Code of the error it ended with, as main.ts would print it. */
  readonly error?: string;
  readonly message?: string;
}

/** Runs `command` to its end; an error with a code becomes the exit code that main.ts would make of it. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  shutdown: AbortSignal = new AbortController().signal,
): Promise<CommandRun> {
  const told = { out: '', err: '' };
  const terminal = {
    out: (text: string) => void (told.out += text),
    err: (text: string) => void (told.err += text),
    isTerminal: false,
  };
  try {
    const code = await command({ args, environment, terminal, shutdown });
    return { ...told, code };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return { ...told, code: error instanceof ConfigError ? 2 : 1, error: error.code, message: error.message };
  }
}
