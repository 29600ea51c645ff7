/**
 * Finds and reads kubeconfig files by kubectl's rules: one named by flag must exist; KUBECONFIG may list several, of
 * which those that exist are merged; in each list, and for current-context, the first one to name something wins;
 * relative paths are relative to the file that names them; inline data wins over a file of the same meaning.
 *
 * The merge is done on the documents because KubeConfig.mergeConfig (client-node 2.0.1) throws on a name that occurs
 * twice, and because its reader drops `tokenFile`, which credentials-kubeconfig.ts needs.
 */
import { readFileSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { CodedError } from '../platform/errors.ts';

type Fields = Readonly<Record<string, unknown>>;

/** One kubeconfig, merged and with absolute paths, each entry still in the file's own words. */
export interface KubeconfigDocument {
  /** The files it was asked of, for messages. */
  readonly from: string;
  readonly clusters: readonly NamedEntry[];
  readonly users: readonly NamedEntry[];
  readonly contexts: readonly NamedEntry[];
  readonly currentContext: string;
}

export interface NamedEntry {
  readonly name: string;
  readonly fields: Fields;
}

/** The three entries a context names. */
export interface ContextEntries {
  readonly context: string;
  readonly namespace: string | undefined;
  readonly cluster: NamedEntry;
  /** Without fields where the context names no user: an anonymous one. */
  readonly user: NamedEntry;
}

const KUBECONFIG_BYTES = 4 * 1024 * 1024;

export interface KubeconfigPlace {
  /** --kubeconfig. */
  readonly flag: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The files to read: `named` must exist. Empty where only the user's default one is left to look for. */
export function kubeconfigPaths(place: KubeconfigPlace): { paths: readonly string[]; named: boolean } {
  if (place.flag !== undefined && place.flag !== '') return { paths: [place.flag], named: true };
  const listed = (place.env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  return { paths: listed, named: false };
}

/** `~/.kube/config`. */
export function defaultKubeconfigPath(env: KubeconfigPlace['env']): string | undefined {
  const home = env['HOME'] ?? env['USERPROFILE'] ?? '';
  return home === '' ? undefined : join(home, '.kube', 'config');
}

/** Reads and merges. KUBECONFIG_MISSING when none of them exists (or the named one doesn't), KUBECONFIG_INVALID when one is broken. */
export function readKubeconfig(paths: readonly string[]): KubeconfigDocument {
  const documents = paths.map(readDocument).filter((document) => document !== undefined);
  if (documents.length === 0) throw new CodedError('KUBECONFIG_MISSING', `no such file: ${paths.join(', ')}`);
  return {
    from: paths.join(', '),
    clusters: firstByName(documents.flatMap((document) => document.clusters)),
    users: firstByName(documents.flatMap((document) => document.users)),
    contexts: firstByName(documents.flatMap((document) => document.contexts)),
    currentContext: documents.map((document) => document.currentContext).find((name) => name !== '') ?? '',
  };
}

/** The entries of `wanted`, or of the current context. */
export function selectContext(document: KubeconfigDocument, wanted: string | undefined): ContextEntries {
  const name = wanted ?? document.currentContext;
  const { from } = document;
  if (name === '') throw invalid(`${from} names no current-context, and no --context was given`);
  const context = find(document.contexts, name, 'context', from);
  const { cluster, user, namespace } = context.fields;
  if (typeof cluster !== 'string' || cluster === '') throw invalid(`context "${name}" names no cluster in ${from}`);
  return {
    context: name,
    namespace: typeof namespace === 'string' && namespace !== '' ? namespace : undefined,
    cluster: find(document.clusters, cluster, 'cluster', from),
    user: typeof user === 'string' && user !== '' ? find(document.users, user, 'user', from) : { name: '', fields: {} },
  };
}

function find(entries: readonly NamedEntry[], name: string, what: string, from: string): NamedEntry {
  const found = entries.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  const known = entries.map((entry) => entry.name).slice(0, 20);
  const has = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
  throw invalid(`there is no ${what} "${name}"; ${has} (${from})`);
}

function readDocument(path: string): KubeconfigDocument | undefined {
  const text = readText(path);
  if (text === undefined) return undefined;
  const root = parseYaml(text, path);
  if (root === null || root === undefined) {
    return { from: path, clusters: [], users: [], contexts: [], currentContext: '' };
  }
  if (!isFields(root)) throw invalid(`${path} holds no mapping`);
  const base = dirname(resolve(path));
  const current = root['current-context'];
  return {
    from: path,
    clusters: entries(root, 'clusters', 'cluster', path).map((entry) => withPaths(entry, base, clusterFiles)),
    users: entries(root, 'users', 'user', path).map((entry) => withExecPath(withPaths(entry, base, userFiles), base)),
    contexts: entries(root, 'contexts', 'context', path),
    currentContext: typeof current === 'string' ? current : '',
  };
}

function readText(path: string): string | undefined {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > KUBECONFIG_BYTES) throw invalid(`${path} is larger than ${KUBECONFIG_BYTES} bytes`);
    return bytes.toString('utf8');
  } catch (error) {
    if (error instanceof CodedError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CodedError('KUBECONFIG_INVALID', `${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function parseYaml(text: string, path: string): unknown {
  try {
    return parse(text, { logLevel: 'error' }) as unknown;
  } catch (error) {
    // The parser's message quotes the line, which may hold a token: only where it is may be told.
    const at = (error as { linePos?: { line: number }[] }).linePos?.[0]?.line;
    throw invalid(`${path} is not YAML${at === undefined ? '' : ` (line ${at})`}`);
  }
}

function entries(root: Fields, list: string, key: string, path: string): NamedEntry[] {
  const found = root[list] ?? [];
  if (!Array.isArray(found)) throw invalid(`${path}: ${list} is no list`);
  return found.map((entry: unknown, index): NamedEntry => {
    if (!isFields(entry) || typeof entry['name'] !== 'string') throw invalid(`${path}: ${list}[${index}] has no name`);
    const fields = entry[key] ?? {};
    if (!isFields(fields)) throw invalid(`${path}: ${key} of ${list}[${index}] is no mapping`);
    return { name: entry['name'], fields };
  });
}

/** Field that names a file -> field with the data itself, which wins. */
const clusterFiles = { 'certificate-authority': 'certificate-authority-data' };
const userFiles = { 'client-certificate': 'client-certificate-data', 'client-key': 'client-key-data', tokenFile: '' };

function withPaths(entry: NamedEntry, base: string, files: Readonly<Record<string, string>>): NamedEntry {
  const isOutdone = (field: string): boolean => {
    const data = entry.fields[files[field] ?? ''];
    return field in files && data !== undefined && data !== '';
  };
  const kept = Object.entries(entry.fields).filter(([field]) => !isOutdone(field));
  const fields = kept.map(([field, value]): [string, unknown] => {
    const isRelative = field in files && typeof value === 'string' && value !== '' && !isAbsolute(value);
    return [field, isRelative ? join(base, value) : value];
  });
  return { name: entry.name, fields: Object.fromEntries(fields) };
}

/** A plugin named with a slash is relative to the kubeconfig; a bare name is looked up in PATH. */
function withExecPath(entry: NamedEntry, base: string): NamedEntry {
  const exec = entry.fields['exec'];
  if (!isFields(exec)) return entry;
  const command = exec['command'];
  if (typeof command !== 'string' || !command.includes('/') || isAbsolute(command)) return entry;
  return { name: entry.name, fields: { ...entry.fields, exec: { ...exec, command: join(base, command) } } };
}

function firstByName(all: readonly NamedEntry[]): NamedEntry[] {
  const first = new Map<string, NamedEntry>();
  for (const entry of all) if (!first.has(entry.name)) first.set(entry.name, entry);
  return [...first.values()];
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(detail: string): CodedError {
  return new CodedError('KUBECONFIG_INVALID', detail);
}
