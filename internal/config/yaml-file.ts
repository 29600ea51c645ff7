/**
 * Reads the text of a configuration file: one flat YAML mapping of settings. Every value stays the text that was written
 * (the failsafe schema), so YAML's guesses (`no` is false, 007 is 7) don't happen. What YAML could do beyond that is
 * refused by name: aliases, tags, several documents, nested mappings, a key twice.
 */
import { LineCounter, isMap, isScalar, isSeq, parseDocument, type Document, type Pair } from 'yaml';
import { nearest } from './nearest.ts';
import { printable, quoted, type Problem } from './problems.ts';
import { settingsByFileKey, type NamedSetting, type SettingName } from './schema.ts';

/** A value of the file, and where it stands: `config.yaml:3`. */
export interface FileValue {
  readonly text: string;
  readonly place: string;
}

export interface ParsedFile {
  readonly values: ReadonlyMap<SettingName, FileValue>;
  readonly problems: readonly Problem[];
}

/** More unknown keys than this are counted, not listed: the file is then another one than was meant. */
const MOST_PROBLEMS = 20;

/** What `text`, the content of the file at `path`, sets. Never throws. */
export function parseConfigFile(path: string, text: string): ParsedFile {
  return new FileParser(path, text).parse();
}

class FileParser {
  readonly #path: string;
  readonly #text: string;
  readonly #lines = new LineCounter();
  readonly #seen = new Set<string>();
  readonly #values = new Map<SettingName, FileValue>();
  readonly #problems: Problem[] = [];

  constructor(path: string, text: string) {
    this.#path = printable(path);
    this.#text = text;
  }

  parse(): ParsedFile {
    const document = parseDocument(this.#text, {
      schema: 'failsafe',
      version: '1.2',
      merge: false,
      // Both would take time in the square of the file's size (measured); keys are checked below, lines counted above.
      uniqueKeys: false,
      prettyErrors: false,
      lineCounter: this.#lines,
    });
    const [error] = [...document.errors, ...document.warnings];
    if (error !== undefined) this.#complain('', error.pos[0], `is not valid YAML: ${plainMessage(error)}`);
    else this.#readTop(document.contents);
    return { values: this.#values, problems: this.#bounded() };
  }

  #readTop(contents: Document['contents']): void {
    if (scalarText(contents) === 'unset') return;
    if (isMap(contents)) for (const pair of contents.items) this.#readPair(pair);
    else this.#complain('', offsetOf(contents), 'holds no settings at its top', 'write lines like restate_url: URL');
  }

  #readPair({ key, value }: Pair): void {
    const at = offsetOf(key);
    if (!isScalar(key) || typeof key.value !== 'string') {
      this.#complain('', at, 'has a key that is no word', 'write lines like restate_url: URL');
      return;
    }
    const setting = settingsByFileKey.get(key.value);
    if (this.#seen.has(key.value)) this.#complain(key.value, at, `sets ${quoted(key.value)} twice`, 'remove one');
    else if (setting === undefined) this.#unknown(key.value, at, value);
    else this.#readValue(setting, at, value);
    this.#seen.add(key.value);
  }

  #readValue(setting: NamedSetting, at: number, value: unknown): void {
    const text = isSeq(value) && setting.format.isList === true ? joined(value.items) : scalarText(value);
    if (text === 'unset') return;
    if (text !== undefined) this.#values.set(setting.name, { text: text.text, place: this.#placeOf(at) });
    else {
      const wanted = setting.format.isList === true ? 'a list of words' : 'one value';
      this.#complain(setting.fileKey, at, `${setting.fileKey} is not ${wanted}`, `write ${setting.fileKey}: VALUE`);
    }
  }

  #unknown(key: string, at: number, value: unknown): void {
    const nested = isMap(value) ? value.items.map((pair) => `${key}_${String(pair.key)}`) : [];
    const near = nested.find((name) => settingsByFileKey.has(name)) ?? nearest(key, settingsByFileKey.keys());
    const remedy = near === undefined ? 'see --help for the keys' : `did you mean ${near}?`;
    this.#complain(key, at, `${quoted(key)} is not a known key`, remedy);
  }

  #complain(key: string, at: number, problem: string, remedy = 'correct the file'): void {
    const { line, col } = this.#lines.linePos(at);
    const place = `${this.#path}:${line}:${col}`;
    this.#problems.push({ key, source: 'file', place, problem, remedy });
  }

  #placeOf(at: number): string {
    return `${this.#path}:${this.#lines.linePos(at).line}`;
  }

  #bounded(): Problem[] {
    const more = this.#problems.length - MOST_PROBLEMS;
    if (more <= 0) return this.#problems;
    const rest = {
      key: '',
      source: 'file',
      place: this.#path,
      problem: `has ${more} more`,
      remedy: 'correct the file',
    };
    return [...this.#problems.slice(0, MOST_PROBLEMS), rest as Problem];
  }
}

/** `unset` for what YAML calls null; undefined for what is no plain value. */
function scalarText(value: unknown): { text: string } | 'unset' | undefined {
  if (value === null) return 'unset';
  if (!isScalar(value) || typeof value.value !== 'string') return undefined;
  const isNull = value.type === 'PLAIN' && ['', '~', 'null', 'Null', 'NULL'].includes(value.value);
  return isNull ? 'unset' : { text: value.value.trim() };
}

function joined(items: readonly unknown[]): { text: string } | undefined {
  const texts = items.map(scalarText);
  const isPlain = texts.every((text) => text !== undefined && text !== 'unset');
  return isPlain ? { text: texts.map((item) => item.text).join(',') } : undefined;
}

function offsetOf(node: unknown): number {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
    ? Number(node.range[0])
    : 0;
}

/** Two of the messages speak of the library's own insides. */
function plainMessage({ code, message }: { code: string; message: string }): string {
  if (code === 'MULTIPLE_DOCS') return 'it holds several documents';
  if (code === 'RESOURCE_EXHAUSTION') return 'it is nested too deep';
  return printable(message.split('\n', 1)[0] ?? '');
}
