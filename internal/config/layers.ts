/**
 * Gathers what flags, environment and file say, as text with the place it stands at. Which of them counts, and what the
 * text means, is decided in load.ts.
 */
import { parseArguments, type FlagSpec, type ParsedArguments } from './arguments.ts';
import type { Environment } from './environment.ts';
import type { FileReader } from './file-reader.ts';
import { printable, type Origin, type Problem } from './problems.ts';
import { settings, settingsByFlag, type SettingName } from './schema.ts';
import { parseConfigFile, type ParsedFile } from './yaml-file.ts';

export interface LayerValue {
  readonly text: string;
  readonly place: string;
}

export interface Layer {
  readonly origin: Origin;
  readonly values: ReadonlyMap<SettingName, LayerValue>;
}

export interface Gathered {
  /** The strongest first; defaults aside. */
  readonly layers: readonly [flags: Layer, environment: Layer, file: Layer];
  readonly problems: readonly Problem[];
  readonly positionals: readonly string[];
  /** The subcommand's own flags. */
  readonly commandFlags: ReadonlyMap<string, string>;
  /** The file that was read. */
  readonly file: string | undefined;
}

/** Where the file is looked for when none is named. */
const DEFAULT_FILES = ['config.yaml', 'config/config.yaml'];

/** Every setting as a flag. */
export const settingFlags: readonly FlagSpec[] = settings.map(({ flag, format }) => ({
  name: flag,
  isList: format.isList === true,
  ...(format.bare === undefined ? {} : { bare: format.bare, words: format.words ?? [] }),
}));

/** Reads all three. `commandFlags` are accepted beside the settings. */
export function gather(
  argv: readonly string[],
  environment: Environment,
  readFile: FileReader,
  commandFlags: readonly FlagSpec[],
): Gathered {
  const parsed = parseArguments(argv, [...settingFlags, ...commandFlags]);
  const flags = flagLayer(parsed);
  const variables = environmentLayer(environment);
  const file = fileLayer(flags.values.get('config') ?? variables.values.get('config'), readFile);
  return {
    layers: [flags, variables, { origin: 'file', values: file.values }],
    problems: [...parsed.problems, ...file.problems],
    positionals: parsed.positionals,
    commandFlags: new Map([...parsed.flags].filter(([name]) => !settingsByFlag.has(name))),
    file: file.path,
  };
}

function flagLayer({ flags }: ParsedArguments): Layer {
  const values = settings.flatMap(({ name, flag }) => {
    const text = flags.get(flag);
    return text === undefined ? [] : [[name, { text: text.trim(), place: `--${flag}` }] as const];
  });
  return { origin: 'flag', values: new Map(values) };
}

/** A variable that is empty or blank counts as not set, as charts and shells leave them. */
function environmentLayer(environment: Environment): Layer {
  const values = settings.flatMap(({ name, environment: variable }) => {
    const text = environment[variable]?.trim() ?? '';
    return text === '' ? [] : [[name, { text, place: variable }] as const];
  });
  return { origin: 'environment', values: new Map(values) };
}

interface FileLayer extends ParsedFile {
  readonly path: string | undefined;
}

function fileLayer(named: LayerValue | undefined, readFile: FileReader): FileLayer {
  const paths = named === undefined || named.text === '' ? DEFAULT_FILES : [named.text];
  for (const path of paths) {
    const file = readFile(path);
    if (file.kind === 'text') return { ...withoutItself(parseConfigFile(path, file.text)), path };
    if (file.kind === 'unreadable') return failed(path, file.problem, file.remedy);
  }
  if (paths === DEFAULT_FILES) return { values: new Map(), problems: [], path: undefined };
  return failed(paths[0] ?? '', 'does not exist', `name an existing file in ${named?.place ?? '--config'}`);
}

/** A file can't name another one. */
function withoutItself({ values, problems }: ParsedFile): ParsedFile {
  const place = values.get('config')?.place;
  if (place === undefined) return { values, problems };
  const problem = { key: 'config', source: 'file', place, problem: 'names another file', remedy: 'remove it' } as const;
  return { values: new Map([...values].filter(([name]) => name !== 'config')), problems: [...problems, problem] };
}

function failed(path: string, problem: string, remedy: string): FileLayer {
  const blamed: Problem = { key: 'config', source: 'file', place: printable(path), problem, remedy };
  return { values: new Map(), problems: [blamed], path: undefined };
}
