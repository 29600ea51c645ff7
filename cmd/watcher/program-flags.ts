/** Flags that belong to the program and not to a command: how it prints. Read before a command reads its own. Pure. */
import { colourWishes, type ColourWish } from './colour.ts';
import { wrongUsage } from './command-flags.ts';

export interface ProgramFlags {
  readonly colour: ColourWish;
  /** The arguments without them. */
  readonly rest: readonly string[];
}

const COLOUR = /^--?(no-)?color(?:=(.*))?$/s;

/** Throws CONFIG_INVALID. `--color` alone means always; the last one counts. */
export function readProgramFlags(args: readonly string[]): ProgramFlags {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const rest: string[] = [];
  let colour: ColourWish = 'auto';
  for (let at = 0; at < end; at++) {
    const argument = args[at] ?? '';
    const [found, negated, attached] = COLOUR.exec(argument) ?? [];
    if (found === undefined) rest.push(argument);
    else if (negated !== undefined && attached === undefined) colour = 'never';
    else if (attached !== undefined) colour = wishOf(attached);
    else if (isWish(args[at + 1])) colour = wishOf(args[++at] ?? '');
    else colour = 'always';
  }
  return { colour, rest: [...rest, ...args.slice(end)] };
}

const isWish = (word: string | undefined): boolean => colourWishes.some((wish) => wish === word);

function wishOf(word: string): ColourWish {
  const wish = colourWishes.find((known) => known === word);
  if (wish !== undefined) return wish;
  throw wrongUsage('--color', 'is none of auto, always, never', 'write --color=never, say');
}

/** Whether `-o json` is among the arguments: errors are then told as JSON, too, whatever else is wrong with them. */
export function isJsonAsked(args: readonly string[]): boolean {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const forms = args.slice(0, end).flatMap((argument, at) => {
    const [found, attached] = /^(?:-o|--?output)(?:=(.*))?$/s.exec(argument) ?? [];
    return found === undefined ? [] : [attached ?? args[at + 1]];
  });
  return forms.at(-1) === 'json';
}
