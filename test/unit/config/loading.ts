/** Loads a configuration from what a test gives, without a file system: files by path, variables by name. */
import type { Environment } from '../../../internal/config/environment.ts';
import type { FileReader } from '../../../internal/config/file-reader.ts';
import { loadConfig, type Loaded } from '../../../internal/config/load.ts';
import { ConfigError, type Problem } from '../../../internal/config/problems.ts';

export interface Sources {
  readonly argv?: readonly string[];
  readonly environment?: Environment;
  /** Content of config.yaml. */
  readonly file?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly knownReasons?: readonly string[];
}

export function readerOf(files: Readonly<Record<string, string>>): FileReader {
  const texts = new Map(Object.entries(files));
  return (path) => {
    const text = texts.get(path);
    return text === undefined ? { kind: 'missing' } : { kind: 'text', text };
  };
}

export function load({ argv = [], environment = {}, file, files = {}, knownReasons }: Sources): Loaded {
  const readFile = readerOf(file === undefined ? files : { ...files, 'config.yaml': file });
  return loadConfig({
    argv,
    environment,
    readFile,
    require: [],
    ...(knownReasons === undefined ? {} : { knownReasons }),
  });
}

/** The problems that keep `sources` from loading; none where they load. */
export function problemsOf(sources: Sources): readonly Problem[] {
  try {
    load(sources);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** `place: problem; remedy` of each. */
export function messagesOf(sources: Sources): string[] {
  return problemsOf(sources).map(({ place, problem, remedy }) => `${place}: ${problem}; ${remedy}`);
}
