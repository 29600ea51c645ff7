/** Flags of a subcommand's own: their values, and `-o, --output`, in which form it prints, which every command has. */
import { choice, type Parsed } from '../../internal/config/format.ts';
import { ConfigError } from '../../internal/config/problems.ts';
import type { DescribedFlag } from './command.ts';

/** The value of flag `name`, or of `fallback` where it was not given. Throws CONFIG_INVALID with what is wrong with it. */
export function readFlag<T>(
  given: ReadonlyMap<string, string>,
  name: string,
  fallback: string,
  parse: (text: string) => Parsed<T>,
): T {
  const parsed = parse(given.get(name) ?? fallback);
  if (parsed.kind === 'value') return parsed.value;
  throw wrongUsage(`--${name}`, parsed.problem, parsed.remedy);
}

/** A whole number of 0 or more. */
export function numberOf(given: ReadonlyMap<string, string>, name: string, otherwise: number): number {
  const text = given.get(name);
  if (text === undefined) return otherwise;
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw wrongUsage(`--${name}`, 'is no whole number of 0 or more', `write --${name}=50, say`);
}

/** True for a flag that stands alone. */
export function isSet(given: ReadonlyMap<string, string>, name: string): boolean {
  return given.get(name) === 'true';
}

/** CONFIG_INVALID about what stands at `place` of the command line. */
export function wrongUsage(place: string, problem: string, remedy: string): ConfigError {
  return new ConfigError([{ key: place.replace(/^-+/, ''), source: 'flag', place, problem, remedy }]);
}

/** The flag, whose default is the first of `forms`. */
export function outputFlag(forms: readonly [string, ...string[]], what = 'it'): DescribedFlag {
  return { name: 'output', short: 'o', placeholder: forms.join('|'), doc: `how ${what} is written (${forms[0]})` };
}

/** Which of `forms` was asked for. Throws CONFIG_INVALID. */
export function outputOf<const F extends string>(given: ReadonlyMap<string, string>, forms: readonly [F, ...F[]]): F {
  return readFlag(given, 'output', forms[0], (text) => choice<F>(forms).parse(text));
}
