/**
 * The verdict of a chaos run: what was injected against what the plane holds. It shares nothing with the agent but the
 * rules of identity; it never looks at the agent. A failure may be told by itself or in a digest, and once in all. Pure.
 */
import { isDeepStrictEqual } from 'node:util';
import { resolvedId } from '../../internal/pipeline/identity.ts';
import type { ExpectedEvent } from './failure.ts';

/** An event as the plane gave it back. */
export type HeldEvent = Readonly<Record<string, unknown>>;

export interface Verdict {
  readonly injected: number;
  /** Ids injected that the plane doesn't hold. */
  readonly lost: readonly string[];
  /** Ids it holds more than once. */
  readonly doubled: readonly string[];
  /** Ids it holds that nobody injected. */
  readonly unknown: readonly string[];
  /** What differs from what was injected: `id: field is ..., not ...`. */
  readonly altered: readonly string[];
}

/**
 * The failures that an event tells of, each as far as it is told of: itself, or what a digest holds. Of a digest's own
 * fields only the namespace is that of each of its failures.
 */
export function failuresIn(event: HeldEvent): readonly HeldEvent[] {
  const { type, digest, namespace, reason } = event;
  if (type !== 'digest') return [event];
  const { covered = [] } = (digest ?? {}) as { readonly covered?: readonly HeldEvent[] };
  return covered.map((failure) => ({ namespace, reason, ...failure, isDigested: true }));
}

/** Judges. `held` in any order. */
export function judge(expected: Iterable<ExpectedEvent>, held: Iterable<HeldEvent>): Verdict {
  const wanted = new Map([...expected].map((event) => [event.eventId, event]));
  const times = new Map<string, number>();
  const altered: string[] = [];
  /** Ends of what was injected. */
  const ended = new Set<string>();
  for (const event of [...held].flatMap(failuresIn)) {
    const id = String(event['event_id']);
    if (closesOnly(event, wanted)) ended.add(id);
    times.set(id, (times.get(id) ?? 0) + 1);
    altered.push(...differences(event, wanted.get(id)));
  }
  const ids = [...times.keys()];
  return {
    injected: wanted.size,
    lost: [...wanted.keys()].filter((id) => !times.has(id)),
    doubled: ids.filter((id) => (times.get(id) ?? 0) > 1),
    unknown: ids.filter((id) => !wanted.has(id) && !ended.has(id)),
    altered,
  };
}

/** It tells that failures are over, all of these were injected, and it has the id that follows from one of them. */
function closesOnly({ type, closes, event_id }: HeldEvent, wanted: ReadonlyMap<string, unknown>): boolean {
  if (type !== 'resolved' || !Array.isArray(closes)) return false;
  const closed = closes.map(String);
  return closed.every((id) => wanted.has(id)) && closed.some((id) => resolvedId(id) === event_id);
}

/** True if nothing is wrong. */
export function isClean({ lost, doubled, unknown, altered }: Verdict): boolean {
  return lost.length + doubled.length + unknown.length + altered.length === 0;
}

function differences(event: HeldEvent, expected: ExpectedEvent | undefined): string[] {
  return Object.entries(expected?.fields ?? {})
    .filter(([field]) => event['isDigested'] !== true || Object.hasOwn(event, field))
    .filter(([field, value]) => !isDeepStrictEqual(event[field], value))
    .map(([field, value]) => {
      const is = JSON.stringify(event[field]);
      return `${expected?.eventId ?? ''}: ${field} is ${is}, not ${JSON.stringify(value)}`;
    });
}
