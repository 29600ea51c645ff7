/** Which subcommand a command line means. Pure. */
import { nearest } from '../../internal/config/nearest.ts';
import { quoted, type ConfigError } from '../../internal/config/problems.ts';
import type { CommandEntry } from './command.ts';
import { wrongUsage } from './command-flags.ts';

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

/** CONFIG_INVALID with the command that was most likely meant, or all there are. */
export function unknownCommand(table: readonly CommandEntry[], args: readonly string[]): ConfigError {
  const known = table.map(({ words }) => words).filter((words) => words !== '');
  const [word = '', second] = args.slice(0, 2).filter((argument) => !argument.startsWith('-'));
  const meant = (second === undefined ? undefined : nearest(`${word} ${second}`, known)) ?? nearest(word, known);
  const remedy =
    meant === undefined ? `commands are: ${known.join(', ')}; see watcher --help` : `did you mean '${meant}'?`;
  return wrongUsage(quoted(word), 'is no command', remedy);
}
