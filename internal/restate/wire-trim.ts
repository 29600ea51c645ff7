/**
 * Makes an event fit a number of bytes: first its context gives way, then the message, then labels, then covered ids,
 * then every text but the names the plane works with. An event that lost anything says `truncated: true`; an event is
 * never given up.
 *
 * Sizes are those of the encoded JSON, where a control character takes six bytes. Cuts never leave half a character.
 */
import { withLessContext } from './wire-context.ts';
import type { WireEvent } from './wire-event.ts';

const utf8 = new TextEncoder();

/** These make an event what it is; a plane finds it again by them. */
const keptWhole: ReadonlySet<string> = new Set([
  'event_id',
  'incident_key',
  'fingerprint',
  'group_id',
  'observed_at',
  'occurred_at',
]);

/** Longest a text that is kept whole may be all the same; ours are 64 characters and less. */
const LONGEST_NAME = 128;

/** The event as wire bytes, at most `limitBytes` of them (down to about 4 KiB, which names and numbers may need). */
export function encodeWithin(event: WireEvent, limitBytes: number): Uint8Array {
  let bytes = encode(event);
  if (bytes.length <= limitBytes) return bytes;
  let trimmed: WireEvent = { ...event, truncated: true };
  for (const step of steps) {
    for (let next = step(trimmed); next !== undefined; next = step(trimmed)) {
      trimmed = next;
      bytes = encode(trimmed);
      if (bytes.length <= limitBytes) return bytes;
    }
  }
  return bytes;
}

/**
 * Makes a stored event smaller for a plane that refused it as too large even alone: half its bytes at most.
 * Undefined where there is nothing left to cut, or where the bytes are no event.
 */
export function shrinkEvent(bytes: Uint8Array): Uint8Array | undefined {
  let event: WireEvent;
  try {
    event = JSON.parse(new TextDecoder().decode(bytes)) as WireEvent;
  } catch {
    return undefined;
  }
  const smaller = encodeWithin(event, Math.floor(bytes.length / 2));
  return smaller.length < bytes.length ? smaller : undefined;
}

/** Each makes one cut, or says undefined when it has no more to give. */
const steps: readonly ((event: WireEvent) => WireEvent | undefined)[] = [
  withLessContext,
  (event) => (event.message.length <= 64 ? undefined : { ...event, message: half(event.message) }),
  (event) => {
    const labels = Object.entries(event.labels);
    if (labels.length === 0) return undefined;
    return { ...event, labels: Object.fromEntries(labels.slice(0, Math.floor(labels.length / 2))) };
  },
  (event) =>
    event.covers.length === 0 || event.type === 'digest'
      ? undefined
      : { ...event, covers: event.covers.slice(0, Math.floor(event.covers.length / 2)) },
  halveLongestText,
];

/** Halves the texts longer than half of the longest one, so that all come down together. */
function halveLongestText(event: WireEvent): WireEvent | undefined {
  const texts = Object.entries(event).filter((field): field is [string, string] => isTooLong(field));
  const longest = Math.max(0, ...texts.map(([, text]) => text.length));
  if (longest === 0) return undefined;
  const cut = texts.filter(([, text]) => text.length * 2 > longest).map(([name, text]) => [name, half(text)]);
  return { ...event, ...(Object.fromEntries(cut) as Partial<WireEvent>) };
}

function isTooLong([name, value]: [string, unknown]): boolean {
  return typeof value === 'string' && value.length > (keptWhole.has(name) ? LONGEST_NAME : 16);
}

function half(text: string): string {
  const end = Math.floor(text.length / 2);
  const isInsidePair = isHighSurrogate(text.charCodeAt(end - 1));
  return text.slice(0, isInsidePair ? end - 1 : end);
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/**
 * JSON.stringify writes a lone surrogate as an escape, which is a lone surrogate again at the plane, and some parsers
 * refuse it. The replacer costs only where a cheap look at the result finds such an escape.
 */
function encode(event: WireEvent): Uint8Array {
  const text = JSON.stringify(event);
  return utf8.encode(/\\ud[89a-f]/.test(text) ? JSON.stringify(event, wellFormed) : text);
}

function wellFormed(_key: string, value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name.toWellFormed(), field as unknown]));
}
