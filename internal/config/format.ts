/**
 * What a setting's value looks like: how its text is read, what it becomes, how it is shown. Every value starts as text,
 * from whatever source (a file's too: `cluster_id: 007` stays 007), so that there is one rule for each setting and no
 * guessing of types.
 */
import { quoted } from './problems.ts';

export type Parsed<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'problem'; readonly problem: string; readonly remedy: string };

export interface Format<T> {
  /** What stands for the value in the help: URL, DURATION, N. */
  readonly placeholder: string;
  /** What the flag means when it stands without a value; absent where it needs one. */
  readonly bare?: string;
  /** Words taken as the value of a flag that may stand without one. */
  readonly words?: readonly string[];
  /** True where several values are joined by commas, and a file may give a list. */
  readonly isList?: true;
  /** Reads `text`, which has no white space around it. Never throws. */
  parse(text: string): Parsed<T>;
  /** The value as text that may be shown, and that `parse` reads again as the same value unless it hides a secret. */
  show(value: T): string;
}

export function valueOf<T>(value: T): Parsed<T> {
  return { kind: 'value', value };
}

export function problemOf(problem: string, remedy: string): { kind: 'problem'; problem: string; remedy: string } {
  return { kind: 'problem', problem, remedy };
}

/** Empty text is undefined, any other is what `format` makes of it. */
export function optional<T>(format: Format<T>): Format<T | undefined> {
  return {
    ...format,
    parse: (text) => (text === '' ? valueOf(undefined) : format.parse(text)),
    show: (value) => (value === undefined ? '' : format.show(value)),
  };
}

/** Text of one line that isn't empty. `rule` may refuse it with a problem. */
export function line(placeholder: string, rule?: (text: string) => Parsed<string> | undefined): Format<string> {
  return {
    placeholder,
    parse: (text) => {
      if (text === '') return problemOf('is empty', `give a ${placeholder}`);
      if (/\p{Cc}/u.test(text)) return problemOf(`${quoted(text)} holds control characters`, 'remove them');
      return rule?.(text) ?? valueOf(text);
    },
    show: (value) => value,
  };
}

/** One of a few words. `bare` is what the flag alone means. */
export function choice<const C extends string>(choices: readonly C[], bare?: C): Format<C> {
  const named = choices.map((word) => (word === '' ? "''" : word));
  return {
    placeholder: named.join('|'),
    ...(bare === undefined ? {} : { bare, words: choices }),
    parse: (text) => {
      const found = choices.find((word) => word === text);
      return found === undefined
        ? problemOf(`${quoted(text)} is not known`, `choose one of ${named.join(', ')}`)
        : valueOf(found);
    },
    show: (value) => value,
  };
}

const TRUE_WORDS = new Set(['true', 'yes', 'on', '1', 't', 'y']);
const FALSE_WORDS = new Set(['false', 'no', 'off', '0', 'f', 'n']);

/** true or false, with the words Go's ParseBool and YAML 1.1 know for them. */
export function truth(): Format<boolean> {
  return {
    placeholder: 'true|false',
    bare: 'true',
    words: ['true', 'false'],
    parse: (text) => {
      const word = text.toLowerCase();
      if (TRUE_WORDS.has(word)) return valueOf(true);
      if (FALSE_WORDS.has(word)) return valueOf(false);
      return problemOf(`${quoted(text)} is neither true nor false`, 'write true or false');
    },
    show: String,
  };
}

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** A whole number within bounds. */
export function whole(bounds: Bounds): Format<number> {
  return decimalOf(/^[+-]?\d{1,15}$/, bounds, 'a whole number');
}

/** A number within bounds, a decimal fraction allowed. */
export function decimal(bounds: Bounds): Format<number> {
  return decimalOf(/^[+-]?\d{1,15}(\.\d{1,9})?$/, bounds, 'a number');
}

function decimalOf(pattern: RegExp, { min, max }: Bounds, what: string): Format<number> {
  return {
    placeholder: 'N',
    parse: (text) => {
      if (!pattern.test(text)) return problemOf(`${quoted(text)} is not ${what}`, `write ${what}, such as ${min}`);
      const value = Number(text);
      if (value < min || value > max) {
        return problemOf(`${text} is out of range`, `choose from ${min} to ${max}`);
      }
      return valueOf(value);
    },
    show: String,
  };
}

/** Longest pattern, and most of them in a setting: what a finding costs to compare is bounded by these. */
export const PATTERN_LENGTH = 256;
export const PATTERNS = 100;

/** Patterns in which `*` stands for any text, joined by commas. One that would take everything is refused. */
export function patterns(placeholder: string): Format<readonly string[]> {
  const words = list(placeholder, 'nothing');
  return {
    ...words,
    parse: (text) => {
      const parsed = words.parse(text);
      if (parsed.kind === 'problem') return parsed;
      if (parsed.value.length > PATTERNS) return problemOf(`names more than ${PATTERNS} patterns`, 'name fewer');
      const odd = parsed.value.find((pattern) => !isPattern(pattern));
      if (odd === undefined) return parsed;
      return problemOf(
        `${quoted(odd)} is too long or matches everything`,
        `write less than ${PATTERN_LENGTH} characters, not only *`,
      );
    },
  };
}

/** Not empty, not too long, and not for everything. */
export function isPattern(text: string): boolean {
  return text.length <= PATTERN_LENGTH && /[^*/=\s]/.test(text);
}

/** Words joined by commas; white space around them, empty ones and repetitions are dropped. */
export function list(placeholder: string, emptyMeans: 'nothing' | 'a-problem'): Format<readonly string[]> {
  return {
    placeholder,
    isList: true,
    parse: (text) => {
      const words = text.split(',').map((word) => word.trim());
      const kept = [...new Set(words)].filter((word) => word !== '');
      return kept.length === 0 && emptyMeans === 'a-problem'
        ? problemOf('names nothing', `give at least one ${placeholder.split(',', 1)[0] ?? ''}`)
        : valueOf(Object.freeze(kept));
    },
    show: (value) => value.join(','),
  };
}
