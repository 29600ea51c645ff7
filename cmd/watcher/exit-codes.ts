/**
 * What the exit codes of `watcher` mean: one table for all commands, and beside it what a command's help says of those
 * that mean something else to it. The help, docs/operations/cli.md and the tests read this one.
 */

/** The codes most commands end with; a signal's are 128 and its number, as in a shell. */
export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

export const signalNumbers = { SIGINT: 2, SIGTERM: 15 } as const;
export type EndingSignal = keyof typeof signalNumbers;

/** Meaning of each code. */
export type ExitCodes = Readonly<Record<number, string>>;

export const exitMeanings: ExitCodes = {
  0: 'done',
  1: 'failed',
  2: 'wrong usage or configuration',
  130: 'ended by Ctrl-C',
  143: 'ended by SIGTERM',
};

/** Of the agent, and of a command that runs until it is told to stop: the first signal asks for an orderly end. */
export const orderlyEnd: ExitCodes = {
  0: 'ended in order, also after Ctrl-C or SIGTERM',
  130: 'ended by a second Ctrl-C',
  143: 'ended by a second SIGTERM',
};

/** All codes of a command for which `own` are other than usual, as a sentence. */
export function exitSentence(own: ExitCodes = {}): string {
  const all = Object.entries({ ...exitMeanings, ...own });
  return `Exit codes: ${all.map(([code, meaning]) => `${code} ${meaning}`).join(', ')}.`;
}

/** Whether `reason`, of an aborted signal, is a signal of the process; else 0. */
export function codeOfSignal(reason: unknown): number {
  return reason === 'SIGINT' || reason === 'SIGTERM' ? 128 + signalNumbers[reason] : 0;
}
