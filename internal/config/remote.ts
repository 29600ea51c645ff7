/**
 * Remote settings: what the plane may change while the agent runs, checked before it counts. Pure; fetching is
 * internal/restate's, and so is keeping the last good answer.
 *
 * Only the settings of remote-keys.ts can be changed, within the bounds of bounds.ts. 0, null and [] mean "keep",
 * and what is out of range or of the wrong type keeps what is in force too, with a note. Everything else in the answer is
 * counted and left alone: connection, identity, credentials and scope can't be reached from afar.
 */
import { CodedError } from '../platform/errors.ts';
import { LabelSelector } from '../platform/label-selector.ts';
import {
  batchFlushBounds,
  batchSizeBounds,
  dedupCooldownBounds,
  digestThresholdBounds,
  digestWindowBounds,
  stuckDelayBounds,
} from './bounds.ts';
import { isPattern, PATTERNS, type Bounds } from './format.ts';
import { printable, quoted } from './problems.ts';
import {
  adjustables,
  pinnedSetting,
  severities,
  sortWords,
  type AdjustableName,
  type AdjustableSettings,
} from './remote-keys.ts';
import { readSilences } from './remote-silences.ts';
import { settingsByFileKey } from './schema.ts';

/** Why a part of an answer was not taken. Also the label of the metric and the field of the log. */
export type RemoteNoteReason =
  | 'out-of-range'
  | 'wrong-type'
  | 'unknown-reason'
  | 'unknown-event-type'
  | 'refused-key'
  | 'ignored-unknown-key'
  | 'invalid-silence'
  | 'pinned';

export interface RemoteNote {
  readonly reason: RemoteNoteReason;
  /** Names or values this is about, at most 10 of them, safe to print. */
  readonly names: readonly string[];
  /** How many there were. */
  readonly count: number;
}

export interface RemoteSettings {
  /** What the answer says of each setting; one that is absent here is ours to decide. */
  readonly settings: Partial<AdjustableSettings>;
  /** Settings it names in a way that can't be used: the last good word on them stays in force. */
  readonly unusable: readonly AdjustableName[];
  readonly notes: readonly RemoteNote[];
}

/** The words that lists may hold. */
export interface RemoteVocabulary {
  /** Families of enabled_reasons, `*` aside. */
  readonly reasons: readonly string[];
  readonly eventTypes: readonly string[];
}

type Reading =
  { readonly value: AdjustableSettings[AdjustableName] } | 'keep' | 'only-unknown-words' | RemoteNoteReason;

const MOST_NAMES = 10;
const MOST_WORDS = 1000;

/** Names planes may try that are no setting's file key, but mean connection, identity, credentials or scope. */
const MORE_REFUSED = ['token', 'restate_token', 'ca', 'namespace', 'namespaces', 'namespace_mode'];

/** Checks an answer, parsed from JSON. Throws REMOTE_SETTINGS_INVALID where it is no object at all. */
export function readRemoteSettings(body: unknown, vocabulary: RemoteVocabulary): RemoteSettings {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new CodedError('REMOTE_SETTINGS_INVALID', `the answer is ${kindOf(body)}, not a JSON object`);
  }
  return new AnswerReader(vocabulary).read(new Map(Object.entries(body)));
}

function kindOf(body: unknown): string {
  if (body === null || body === undefined) return 'empty';
  if (Array.isArray(body)) return 'an array';
  return typeof body === 'string' ? 'text' : `a ${typeof body}`;
}

class AnswerReader {
  readonly #vocabulary: RemoteVocabulary;
  readonly #noted = new Map<RemoteNoteReason, string[]>();

  constructor(vocabulary: RemoteVocabulary) {
    this.#vocabulary = vocabulary;
  }

  read(answer: ReadonlyMap<string, unknown>): RemoteSettings {
    const unusable: AdjustableName[] = [];
    const entries = adjustables.flatMap(({ name, remote }) => {
      const reading = this.#readOne(name, answer.get(remote));
      if (typeof reading === 'object') return [[name, reading.value] as const];
      if (reading !== 'keep') unusable.push(name);
      if (reading !== 'keep' && reading !== 'only-unknown-words') this.#note(reading, remote);
      return [];
    });
    for (const key of answer.keys()) this.#checkKey(key);
    return { settings: Object.fromEntries(entries), unusable, notes: notesOf(this.#noted) };
  }

  #readOne(name: AdjustableName, raw: unknown): Reading {
    switch (name) {
      case 'dedupCooldownMs':
        return readNumber(raw, 1000, dedupCooldownBounds);
      case 'batchSize':
        return readNumber(raw, 1, batchSizeBounds);
      case 'digestThreshold':
        return readNumber(raw, 1, digestThresholdBounds);
      case 'digestWindowMs':
        return readNumber(raw, 1000, digestWindowBounds);
      case 'batchFlushMs':
        return readNumber(raw, 1, batchFlushBounds);
      case 'enabledReasons':
        return this.#readWords(raw, [...this.#vocabulary.reasons, '*'], 'unknown-reason');
      case 'eventTypes':
        return this.#readWords(raw, this.#vocabulary.eventTypes, 'unknown-event-type');
      case 'minimumSeverity':
        return readSeverity(raw);
      case 'ignoreNamespaces':
      case 'ignoreLabels':
      case 'ignoreWorkloads':
      case 'ignoreReasons':
      case 'ignoreMessages':
        return readPatterns(raw);
      case 'ignoreSelectors':
        return readSelectors(raw);
      case 'silences':
        return this.#readSilences(raw);
      default:
        return readNumber(raw, 1000, stuckDelayBounds);
    }
  }

  /** Unknown words are skipped; where nothing else is there, what is in force is kept. */
  #readWords(raw: unknown, vocabulary: readonly string[], otherwise: RemoteNoteReason): Reading {
    if (raw === null || raw === undefined) return 'keep';
    if (!Array.isArray(raw) || !raw.every((word) => typeof word === 'string')) return 'wrong-type';
    if (raw.length > MOST_WORDS) return 'out-of-range';
    const { known, unknown } = sortWords(raw, vocabulary);
    this.#note(otherwise, ...unknown);
    if (known.length > 0) return { value: Object.freeze(known) };
    return unknown.length > 0 ? 'only-unknown-words' : 'keep';
  }

  /** Odd ones are left out: each of the others was meant by itself. */
  #readSilences(raw: unknown): Reading {
    if (raw === null || raw === undefined) return 'keep';
    if (!Array.isArray(raw)) return 'wrong-type';
    const { silences, refused } = readSilences(raw);
    this.#note('invalid-silence', ...refused);
    return silences.length === 0 ? 'keep' : { value: silences };
  }

  #checkKey(key: string): void {
    if (adjustables.some(({ remote }) => remote === key)) return;
    const isRefused = settingsByFileKey.has(key.toLowerCase()) || MORE_REFUSED.includes(key.toLowerCase());
    this.#note(isRefused ? 'refused-key' : 'ignored-unknown-key', key);
  }

  #note(reason: RemoteNoteReason, ...names: string[]): void {
    if (names.length > 0) this.#noted.set(reason, [...(this.#noted.get(reason) ?? []), ...names]);
  }
}

function readNumber(raw: unknown, scale: number, { min, max }: Bounds): Reading {
  if (raw === null || raw === undefined || raw === 0) return 'keep';
  if (typeof raw !== 'number' || !Number.isInteger(raw)) return 'wrong-type';
  const value = raw * scale;
  return value >= min && value <= max ? { value } : 'out-of-range';
}

function readSeverity(raw: unknown): Reading {
  if (raw === null || raw === undefined || raw === '') return 'keep';
  if (typeof raw !== 'string') return 'wrong-type';
  const value = severities.find((severity) => severity === raw);
  return value === undefined ? 'out-of-range' : { value };
}

/** One pattern that can't be meant spoils the list: half a list of what is ignored would be told. */
function readPatterns(raw: unknown): Reading {
  if (raw === null || raw === undefined) return 'keep';
  if (!Array.isArray(raw) || !raw.every((pattern) => typeof pattern === 'string')) return 'wrong-type';
  if (raw.length === 0) return 'keep';
  if (raw.length > PATTERNS || !raw.every(isPattern)) return 'out-of-range';
  return { value: Object.freeze([...new Set(raw)]) };
}

/** As readPatterns. */
function readSelectors(raw: unknown): Reading {
  if (raw === null || raw === undefined) return 'keep';
  if (!Array.isArray(raw) || !raw.every((text) => typeof text === 'string')) return 'wrong-type';
  if (raw.length === 0) return 'keep';
  const selectors = raw.slice(0, PATTERNS + 1).map((text) => LabelSelector.parse(text));
  const isUsable = selectors.length <= PATTERNS && selectors.every((one) => one instanceof LabelSelector);
  return isUsable ? { value: Object.freeze(selectors) } : 'out-of-range';
}

function notesOf(noted: ReadonlyMap<RemoteNoteReason, readonly string[]>): RemoteNote[] {
  return [...noted].map(([reason, names]) => ({
    reason,
    names: names.slice(0, MOST_NAMES).map(reason === 'invalid-silence' ? printable : quoted),
    count: names.length,
  }));
}

/** What is in force: `local`, changed by what `remote` says of settings that `pins` (words behind --pin) leave open. */
export function effectiveSettings<S extends AdjustableSettings>(
  local: S,
  remote: Partial<AdjustableSettings>,
  pins: readonly string[],
): { readonly settings: S; readonly notes: readonly RemoteNote[] } {
  const pinned = new Set(pins.map(pinnedSetting));
  const [kept, open] = [true, false].map((wanted) =>
    adjustables.filter(({ name }) => remote[name] !== undefined && pinned.has(name) === wanted),
  );
  const changes = Object.fromEntries((open ?? []).map(({ name }) => [name, remote[name]]));
  const names = (kept ?? []).map((row) => row.remote);
  return {
    settings: Object.freeze({ ...local, ...changes }),
    notes: names.length === 0 ? [] : [{ reason: 'pinned', names, count: names.length }],
  };
}
