/**
 * The annotation `watcher/silence`: `until=2026-11-22T10:00:00Z owner=jane reason=OOMKilled,Evicted comment="new disks"`.
 * Words are key=value; a value with blanks stands between double quotes. Strict, since what is not understood would be
 * told in spite of somebody's wish, or kept silent against it: an odd text silences nothing and says why. Never throws.
 */
import { parseRfc3339 } from '../platform/rfc3339.ts';

export interface AnnotatedSilence {
  readonly untilMs: number;
  readonly owner: string;
  readonly comment: string;
  /** Patterns of reasons; undefined for all. */
  readonly reasons: readonly string[] | undefined;
}

export interface AnnotationProblem {
  readonly problem: string;
}

const KEYS = ['until', 'owner', 'reason', 'comment'];
/** Reasons named in one annotation. */
const REASONS = 20;
const VALUE_LENGTH = 256;
const WORD = /\s*([a-z]{1,20})=(?:"([^"]*)"|([^\s"]+))(?=\s|$)/y;

/** What the annotation's text says; `text` is bounded by whoever read it. */
export function parseSilenceAnnotation(text: string): AnnotatedSilence | AnnotationProblem {
  const words = wordsOf(text.trimEnd());
  if (!(words instanceof Map)) return words;
  const until = words.get('until');
  const owner = words.get('owner')?.trim() ?? '';
  if (until === undefined) return { problem: 'says no end: until=2026-11-22T10:00:00Z' };
  if (owner === '') return { problem: 'says nobody who answers for it: owner=jane' };
  const untilMs = parseRfc3339(until);
  if (untilMs === undefined) return { problem: `until=${until} is no moment as RFC 3339 writes it` };
  const reasons = words
    .get('reason')
    ?.split(',')
    .map((reason) => reason.trim());
  if (reasons !== undefined && (reasons.length > REASONS || reasons.some((reason) => !/^[\w*./-]+$/.test(reason)))) {
    return { problem: `reason= names at most ${REASONS} reasons, joined by commas` };
  }
  return { untilMs, owner, comment: words.get('comment') ?? '', reasons };
}

function wordsOf(text: string): Map<string, string> | AnnotationProblem {
  const words = new Map<string, string>();
  WORD.lastIndex = 0;
  while (WORD.lastIndex < text.length) {
    const at = WORD.lastIndex;
    const [, key, quoted, plain] = WORD.exec(text) ?? [];
    if (key === undefined) return { problem: `can't be read from ${JSON.stringify(text.slice(at, at + 32))} on` };
    const value = quoted ?? plain ?? '';
    if (!KEYS.includes(key)) return { problem: `has ${key}=, which is none of ${KEYS.join(', ')}` };
    if (words.has(key)) return { problem: `says ${key}= twice` };
    if (value.length > VALUE_LENGTH) return { problem: `has a ${key}= longer than ${VALUE_LENGTH} characters` };
    words.set(key, value);
  }
  return words;
}
