/**
 * Silences as remote settings give them: an array of `{id, owner, until, comment, match}`, where `match` names namespaces,
 * workloads, reasons (lists of patterns) and a label selector. Checked one by one: what can't be meant is left out with a
 * word of why, so that one odd silence ends no other. Pure. How far away an end may be is judged when it is used.
 */
import { LabelSelector } from '../platform/label-selector.ts';
import { parseRfc3339 } from '../platform/rfc3339.ts';
import { isPattern, PATTERN_LENGTH } from './format.ts';

/** As internal/pipeline has it. */
export interface RemoteSilence {
  readonly id: string;
  readonly source: 'remote';
  readonly owner: string;
  /** Ms since the epoch. */
  readonly untilMs: number;
  readonly comment: string;
  readonly match: {
    readonly namespaces?: readonly string[];
    readonly selector?: LabelSelector;
    readonly workloads?: readonly string[];
    readonly reasons?: readonly string[];
  };
}

export interface ReadSilences {
  readonly silences: readonly RemoteSilence[];
  /** `id: why` of each that is left out. */
  readonly refused: readonly string[];
}

/** Most silences at a time; what an answer may hold beyond them is refused. */
const SILENCES = 500;
const NAME_LENGTH = 128;
const COMMENT_LENGTH = 256;
const PATTERNS = 20;
/** Of what is said of an odd one. */
const LONGEST_WORD = 160;

const MATCH_LISTS = ['namespaces', 'workloads', 'reasons'] as const;

type Fields = Readonly<Record<string, unknown>>;

/** Checks the array; of two silences with one id the first counts. */
export function readSilences(raw: readonly unknown[]): ReadSilences {
  const silences = new Map<string, RemoteSilence>();
  const refused: string[] = [];
  for (const [at, one] of raw.entries()) {
    const read = at < SILENCES ? readSilence(one) : `is one of more than ${SILENCES}`;
    if (typeof read === 'string') refused.push(`${idOf(one) ?? `number ${at + 1}`}: ${read.slice(0, LONGEST_WORD)}`);
    else if (silences.has(read.id)) refused.push(`${read.id}: is there twice`);
    else silences.set(read.id, read);
  }
  return { silences: Object.freeze([...silences.values()]), refused };
}

/** The silence, or why it is none. */
function readSilence(raw: unknown): RemoteSilence | string {
  if (!isObject(raw)) return 'is no object';
  const { owner, until, comment = '', match } = raw;
  const id = idOf(raw);
  if (id === undefined) return `has no id of at most ${NAME_LENGTH} characters`;
  if (!isName(owner)) return `has no owner of at most ${NAME_LENGTH} characters`;
  const untilMs = typeof until === 'string' ? parseRfc3339(until) : undefined;
  if (untilMs === undefined) return 'has no end: until must be a moment such as 2026-11-22T10:00:00Z';
  if (typeof comment !== 'string' || comment.length > COMMENT_LENGTH)
    return 'has a comment that is no text, or too long';
  const odd = Object.keys(raw).find((key) => !['id', 'owner', 'until', 'comment', 'match'].includes(key));
  if (odd !== undefined) return `has ${odd.slice(0, 32)}, which is not known`;
  const matched = readMatch(match);
  return typeof matched === 'string' ? matched : { id, source: 'remote', owner, untilMs, comment, match: matched };
}

/** Nothing but an explicit namespace `*` means everything. */
function readMatch(raw: unknown): RemoteSilence['match'] | string {
  if (!isObject(raw)) return 'has no match: name namespaces, selector, workloads or reasons';
  const keys = Object.keys(raw);
  if (keys.length === 0) return 'has an empty match; namespaces: ["*"] silences everything';
  const lists: [string, readonly string[]][] = [];
  let selector: LabelSelector | undefined;
  for (const key of keys) {
    const value = raw[key];
    const list = MATCH_LISTS.find((name) => name === key);
    if (list !== undefined) {
      if (!isPatterns(list, value)) return `has ${list} that are no list of 1 to ${PATTERNS} patterns`;
      lists.push([list, Object.freeze([...value])]);
    } else if (key === 'selector') {
      const parsed = typeof value === 'string' ? LabelSelector.parse(value) : { problem: 'is no text' };
      if (!(parsed instanceof LabelSelector)) return `has a selector that ${parsed.problem}`;
      selector = parsed;
    } else return `has ${key.slice(0, 32)} in its match, which is not known`;
  }
  return { ...Object.fromEntries(lists), ...(selector === undefined ? {} : { selector }) };
}

function isPatterns(list: (typeof MATCH_LISTS)[number], value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > PATTERNS) return false;
  return value.every(
    (one) =>
      typeof one === 'string' &&
      one.length <= PATTERN_LENGTH &&
      (isPattern(one) || (list === 'namespaces' && one === '*')),
  );
}

function idOf(raw: unknown): string | undefined {
  return isObject(raw) && isName(raw['id']) ? raw['id'] : undefined;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= NAME_LENGTH && !/\p{Cc}/u.test(value);
}

function isObject(raw: unknown): raw is Fields {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}
