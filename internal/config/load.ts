/**
 * Loads the configuration: flag over environment over file over default. Pure but for `readFile`: arguments and
 * environment are handed in. The result is whole, valid and frozen, or it is a ConfigError with every problem there is.
 *
 * A value that is wrong but overridden by a stronger source is a warning: it changes nothing, and someone should know.
 */
import type { FlagSpec } from './arguments.ts';
import type { Environment } from './environment.ts';
import { readConfigFile, type FileReader } from './file-reader.ts';
import { gather, type Gathered, type Layer } from './layers.ts';
import { suggestion } from './nearest.ts';
import { ConfigError, quoted, type Origin, type Problem } from './problems.ts';
import { sortWords } from './remote-keys.ts';
import { checkRules } from './rules.ts';
import { convictOf, settings, settingsTable } from './schema.ts';
import type { Config, NamedSetting, SettingName, TextConfig } from './schema.ts';

export interface LoadOptions<R extends SettingName> {
  /** Arguments without the program and the subcommand. */
  readonly argv: readonly string[];
  readonly environment: Environment;
  /** Settings that must have a value; `[]` for commands that don't speak to the plane. */
  readonly require: readonly R[];
  readonly readFile?: FileReader;
  /** Flags of the subcommand's own. */
  readonly commandFlags?: readonly FlagSpec[];
  /** How many arguments that are no flags the subcommand takes: none by default. */
  readonly mostPositionals?: number;
  /** What --enabled-reasons may name beside `*`; other words are left out with a warning. Not checked when absent. */
  readonly knownReasons?: Iterable<string>;
}

/** A configuration in which these settings have values. */
export type ConfigWith<R extends SettingName> = Config & { readonly [N in R]: NonNullable<Config[N]> };

export interface Loaded<R extends SettingName = never> {
  readonly config: ConfigWith<R>;
  readonly origins: Readonly<Record<SettingName, Origin>>;
  /** Where each value stands: `--restate-url`, `RESTATE_URL`, `config.yaml:3`, `default`. */
  readonly places: Readonly<Record<SettingName, string>>;
  /** What is odd but keeps nobody from starting. Belongs in the log. */
  readonly warnings: readonly Problem[];
  /** The file that was read, if any. */
  readonly file: string | undefined;
  readonly positionals: readonly string[];
  readonly commandFlags: ReadonlyMap<string, string>;
}

/** What the agent can't run without. */
export const agentRequires = ['restateUrl', 'clusterId'] as const;

/** Loads, or throws a ConfigError that names all that is wrong. */
export function loadConfig<const R extends SettingName>(options: LoadOptions<R>): Loaded<R> {
  const { argv, environment, readFile = readConfigFile, commandFlags = [], mostPositionals = 0 } = options;
  const gathered = gather(argv, environment, readFile, commandFlags);
  const loader = new Loader(gathered);
  loader.checkPositionals(mostPositionals);
  loader.readValues();
  loader.checkReasons(options.knownReasons);
  loader.checkRequired(options.require);
  loader.checkRules();
  return loader.result() as Loaded<R>;
}

/** The text of every setting: the layers laid over each other by convict. */
function merge([flags, environment, file]: Gathered['layers']): TextConfig {
  const texts = (layer: Layer): [SettingName, string][] => [...layer.values].map(([name, { text }]) => [name, text]);
  const variables = texts(environment).map(([name, text]) => [byName(name).environment, text] as const);
  const merged = convictOf(Object.fromEntries(variables)).load(Object.fromEntries(texts(file)));
  for (const [name, text] of texts(flags)) merged.set(name, text);
  return merged;
}

const settingsByName = new Map(settings.map((row) => [row.name, row]));

function byName(name: SettingName): NamedSetting {
  const found = settingsByName.get(name);
  if (found === undefined) throw new RangeError(`no setting is called ${name}`);
  return found;
}

class Loader {
  readonly #gathered: Gathered;
  readonly #merged: TextConfig;
  readonly #problems: Problem[];
  readonly #warnings: Problem[] = [];
  readonly #invalid = new Set<SettingName>();
  readonly #values: Partial<Record<SettingName, unknown>> = {};
  readonly #origins: Partial<Record<SettingName, Origin>> = {};
  readonly #places: Partial<Record<SettingName, string>> = {};

  constructor(gathered: Gathered) {
    this.#gathered = gathered;
    this.#merged = merge(gathered.layers);
    this.#problems = [...gathered.problems];
  }

  checkPositionals(most: number): void {
    for (const word of this.#gathered.positionals.slice(most)) {
      const remedy = 'a command comes first, settings behind it as --key=value; see --help';
      this.#problems.push({ key: '', source: 'flag', place: quoted(word), problem: 'is not expected here', remedy });
    }
  }

  readValues(): void {
    for (const row of settings) {
      const [winner, ...overridden] = this.#gathered.layers.filter(({ values }) => values.has(row.name));
      this.#origins[row.name] = winner?.origin ?? 'default';
      this.#places[row.name] = winner?.values.get(row.name)?.place ?? 'default';
      this.#readValue(row);
      for (const layer of overridden) this.#checkOverridden(row, layer);
    }
  }

  #readValue(row: NamedSetting): void {
    const parsed = row.format.parse(this.#merged.get(row.name));
    if (parsed.kind === 'value') this.#values[row.name] = parsed.value;
    else this.#blame(row.name, parsed.problem, parsed.remedy);
  }

  #checkOverridden(row: NamedSetting, { origin, values }: Layer): void {
    const { text, place } = values.get(row.name) ?? { text: '', place: '' };
    const parsed = row.format.parse(text);
    if (parsed.kind === 'value') return;
    const problem = `${parsed.problem}, but is overridden by ${this.#places[row.name] ?? ''}`;
    this.#warnings.push({ key: row.fileKey, source: origin, place, problem, remedy: parsed.remedy });
  }

  /** Reasons nobody knows would silence what they were meant to tell; one that is known keeps the agent useful. */
  checkReasons(knownReasons: Iterable<string> | undefined): void {
    if (knownReasons === undefined || this.#invalid.has('enabledReasons')) return;
    const vocabulary = [...knownReasons];
    const { known, unknown } = sortWords(this.#config().enabledReasons, [...vocabulary, '*']);
    for (const word of unknown) {
      const remedy = suggestion(word, vocabulary, 'name families or reasons of the documentation, or *');
      const problem = `${quoted(word)} is no known reason`;
      if (known.length > 0) this.#warnings.push(this.#problemOf('enabledReasons', `${problem} and is skipped`, remedy));
      else this.#blame('enabledReasons', problem, remedy);
    }
    this.#values.enabledReasons = Object.freeze(known);
  }

  checkRequired(required: readonly SettingName[]): void {
    for (const name of required) {
      if (this.#values[name] !== undefined || this.#invalid.has(name)) continue;
      const { flag, environment, fileKey } = byName(name);
      this.#blame(name, 'is required', `give --${flag}, ${environment} or, in a file, ${fileKey}`);
    }
  }

  checkRules(): void {
    for (const { kind, name, problem, remedy } of checkRules(this.#config(), this.#invalid)) {
      if (kind === 'problem') this.#blame(name, problem, remedy);
      else this.#warnings.push(this.#problemOf(name, problem, remedy));
    }
  }

  result(): Loaded {
    if (this.#problems.length > 0) throw new ConfigError(this.#problems);
    this.#merged.validate({ allowed: 'strict' });
    return {
      config: Object.freeze(this.#config()),
      origins: Object.freeze(this.#origins as Record<SettingName, Origin>),
      places: Object.freeze(this.#places as Record<SettingName, string>),
      warnings: this.#warnings,
      file: this.#gathered.file,
      positionals: this.#gathered.positionals,
      commandFlags: this.#gathered.commandFlags,
    };
  }

  /** Whole once no problem is left; until then, without the values of what is invalid. */
  #config(): Config {
    return this.#values as Config;
  }

  #blame(name: SettingName, problem: string, remedy: string): void {
    this.#invalid.add(name);
    this.#problems.push(this.#problemOf(name, problem, remedy));
  }

  #problemOf(name: SettingName, problem: string, remedy: string): Problem {
    const source = this.#origins[name] ?? 'default';
    const place = source === 'default' ? `--${settingsTable[name].flag}` : (this.#places[name] ?? '');
    return { key: byName(name).fileKey, source, place, problem, remedy };
  }
}
