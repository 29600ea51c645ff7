/**
 * Reads command-line arguments, strictly: a flag that isn't known, lacks its value or has one it doesn't take is a
 * problem, never a guess. Forms: `--key value`, `--key=value`, `--dry-run`, `--dry-run=false`, `--no-dry-run`; one dash
 * does as well as two, as with Go's flag package. The last of a repeated flag counts; lists are joined. `--` ends flags.
 */
import { nearest } from './nearest.ts';
import { quoted, type Problem } from './problems.ts';

/** A flag of the command line, without its dashes. */
export interface FlagSpec {
  readonly name: string;
  /** One letter, for commands that have it. */
  readonly short?: string;
  /** What it means when it stands alone; absent where it needs a value. */
  readonly bare?: string;
  /** Words taken as its value when they follow a flag that may stand alone. */
  readonly words?: readonly string[];
  readonly isList?: boolean;
}

export interface ParsedArguments {
  /** Text of each flag given, by the flag's name. */
  readonly flags: ReadonlyMap<string, string>;
  /** What is no flag, in order. */
  readonly positionals: readonly string[];
  readonly problems: readonly Problem[];
}

/** Reads `argv`, which holds neither the program nor the subcommand. */
export function parseArguments(argv: readonly string[], specs: readonly FlagSpec[]): ParsedArguments {
  return new ArgumentReader(argv, specs).read();
}

class ArgumentReader {
  readonly #left: string[];
  readonly #specs: ReadonlyMap<string, FlagSpec>;
  readonly #flags = new Map<string, string>();
  readonly #positionals: string[] = [];
  readonly #problems: Problem[] = [];

  constructor(argv: readonly string[], specs: readonly FlagSpec[]) {
    this.#left = [...argv];
    const shorts = specs.flatMap((spec) => (spec.short === undefined ? [] : [[spec.short, spec] as const]));
    this.#specs = new Map([...specs.map((spec) => [spec.name, spec] as const), ...shorts]);
  }

  read(): ParsedArguments {
    for (let next = this.#left.shift(); next !== undefined; next = this.#left.shift()) {
      if (next === '--') this.#positionals.push(...this.#left.splice(0));
      else if (isFlag(next)) this.#readFlag(next);
      else this.#positionals.push(next);
    }
    return { flags: this.#flags, positionals: this.#positionals, problems: this.#problems };
  }

  #readFlag(argument: string): void {
    const [, name = '', attached] = /^--?([^=]*)(?:=(.*))?$/s.exec(argument) ?? [];
    const spec = this.#specs.get(name);
    const negated = spec === undefined && name.startsWith('no-') ? this.#specs.get(name.slice(3)) : undefined;
    if (spec !== undefined) this.#keepValue(spec, attached);
    else if (negated?.bare === 'true' && attached === undefined) this.#flags.set(negated.name, 'false');
    else if (negated?.bare === 'true') this.#complain(name, 'takes no value', `write --${negated.name}=true or =false`);
    else this.#unknown(name, attached);
  }

  #keepValue(spec: FlagSpec, attached: string | undefined): void {
    const text = attached ?? this.#detachedValue(spec);
    if (text === undefined) {
      this.#complain(spec.name, 'lacks its value', `write --${spec.name}=VALUE`);
      return;
    }
    const before = spec.isList === true ? this.#flags.get(spec.name) : undefined;
    this.#flags.set(spec.name, before === undefined ? text : `${before},${text}`);
  }

  /** The next argument, unless it is a flag itself; for a flag that may stand alone, only a word it knows. */
  #detachedValue(spec: FlagSpec): string | undefined {
    const next = this.#left[0];
    const isTaken = next !== undefined && (spec.bare === undefined ? !isFlag(next) : spec.words?.includes(next));
    return isTaken === true ? this.#left.shift() : spec.bare;
  }

  /** What follows it is most likely its value: not to be taken for something else, and not to be repeated. */
  #unknown(name: string, attached: string | undefined): void {
    const names = [...this.#specs.values()].map((spec) => spec.name);
    const near = nearest(name.replace(/^no-/, ''), names);
    const shown = quoted(name).slice(1, -1);
    this.#complain(shown, 'is not a known flag', near === undefined ? 'see --help' : `did you mean --${near}?`);
    if (attached === undefined && this.#left[0] !== undefined && !isFlag(this.#left[0])) this.#left.shift();
  }

  #complain(name: string, problem: string, remedy: string): void {
    const dashes = name.length === 1 ? '-' : '--';
    this.#problems.push({
      key: name.replaceAll('-', '_'),
      source: 'flag',
      place: `${dashes}${name}`,
      problem,
      remedy,
    });
  }
}

/** `-` alone means standard input, and `-5` is a number; neither is a flag. */
function isFlag(argument: string): boolean {
  return argument.length > 1 && argument.startsWith('-') && !/^-\d/.test(argument);
}
