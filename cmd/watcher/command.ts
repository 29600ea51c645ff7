/**
 * What a subcommand is. Each stands in a file of its own under commands/ and is loaded only when it is called, so that
 * the agent doesn't carry what only a person at a terminal needs.
 */

import type { FlagSpec } from '../../internal/config/arguments.ts';
import type { ExitCodes } from './exit-codes.ts';

export interface Invocation {
  /** What stood behind the subcommand's name. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly terminal: Terminal;
  /** Aborts at the first SIGTERM or SIGINT, which is its reason, and once nobody reads its output. */
  readonly shutdown: AbortSignal;
  /** Registers who is told at each SIGUSR2. */
  readonly onProfileAsked?: ((listener: () => void) => void) | undefined;
  /** Registers who is told at each SIGHUP that is not a terminal's end. */
  readonly onDebugAsked?: ((listener: () => void) => void) | undefined;
  /** How an error that nobody caught is told from now on, before it ends the process. */
  readonly onUncaught?: ((tell: LastWords) => void) | undefined;
}

export type LastWords = (error: unknown) => void | Promise<void>;

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Whether standard output is one. */
  readonly isTerminal: boolean;
  /** Whether standard error is one: somebody reads along, and progress may be drawn. */
  readonly isErrorTerminal?: boolean;
  /** Whether standard output is to be coloured. */
  readonly isColoured?: boolean;
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
  readonly json: JsonShape;
  /** Those that mean something else than in `exitMeanings`. */
  readonly exitCodes?: ExitCodes;
}

/**
 * What stands on standard output with `-o json`: one document, a document a line, or nothing. `fields` are the paths of
 * its fields: `[]` goes into a list, `*` stands for any name, `...` for anything below.
 */
export interface JsonShape {
  readonly kind: 'document' | 'lines' | 'nothing';
  readonly fields: readonly string[];
  /** Of the document in its place where --file takes the output. */
  readonly filed?: readonly string[];
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
  /** It runs until it is told to stop, so that being told is no failure. */
  readonly endsInOrder?: true;
  load(): Promise<LoadedCommand>;
}
