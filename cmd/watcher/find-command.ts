/** Which subcommand a command line means. Pure. */
import type { CommandEntry } from './command.ts';

export interface FoundCommand {
  readonly entry: CommandEntry;
  /** The arguments behind its name. */
  readonly rest: readonly string[];
}

/** The entry whose words the arguments start with, the longest first; the agent itself where they start with a flag. */
export function findCommand(table: readonly CommandEntry[], args: readonly string[]): FoundCommand | undefined {
  const byLength = table.toSorted((a, b) => b.words.length - a.words.length);
  for (const entry of byLength) {
    const words = entry.words.split(' ').filter((word) => word !== '');
    const isMeant = words.length > 0 ? words.every((word, index) => args[index] === word) : startsWithFlag(args);
    if (isMeant) return { entry, rest: args.slice(words.length) };
  }
  return undefined;
}

const startsWithFlag = (args: readonly string[]): boolean => args[0]?.startsWith('-') ?? true;
