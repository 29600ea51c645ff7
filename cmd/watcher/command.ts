/**
 * What a subcommand is. Each stands in a file of its own under commands/ and is loaded only when it is called, so that
 * the agent doesn't carry what only a person at a terminal needs.
 */

import type { FlagSpec } from '../../internal/config/arguments.ts';

/** Exit codes, the same for every subcommand unless its help says otherwise. */
export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

export interface Invocation {
  /** What stood behind the subcommand's name. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly terminal: Terminal;
  /** Aborts at the first SIGTERM or SIGINT. */
  readonly shutdown: AbortSignal;
  /** Registers who is told at each SIGUSR2. */
  readonly onProfileAsked?: ((listener: () => void) => void) | undefined;
}

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  readonly isTerminal: boolean;
}

/** Runs the subcommand; resolves with the exit code. May reject with a CodedError, which main prints with its remedy. */
export type Command = (invocation: Invocation) => Promise<number>;

/** A flag of a subcommand's own, with its help. */
export interface DescribedFlag extends FlagSpec {
  readonly placeholder?: string;
  readonly doc: string;
}

/** What `watcher COMMAND --help` says beside the summary. */
export interface CommandHelp {
  /** What stands behind the command's name, such as `NAMESPACE/POD`. */
  readonly takes?: string;
  readonly flags: readonly DescribedFlag[];
  readonly examples: readonly string[];
  /** Where they are other than 0 done, 1 failed, 2 wrong usage. */
  readonly exitCodes?: string;
}

export interface LoadedCommand {
  readonly run: Command;
  /** Absent: the help of the program. */
  readonly help?: CommandHelp;
}

export interface CommandEntry {
  /** Words that call it, such as `config print`; '' is the agent itself. */
  readonly words: string;
  readonly summary: string;
  load(): Promise<LoadedCommand>;
}
