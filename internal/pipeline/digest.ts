/**
 * Digests: what is told of a storm. From the threshold on (digest-storms.ts), failures with one fingerprint are not told
 * one by one but gathered, and told together once a window has passed, or sooner where there are many.
 *
 * Promises: a failure that is gathered is stored, with its final bytes, in the transaction that remembers it as told, so
 * that it survives whatever its pod does and whatever becomes of this process or its leadership; its row goes in the
 * transaction that appends the digest, which is before the failure is told as over. Every gathered id is in exactly one digest, or told by itself where it is alone
 * or the plane no longer asks for digests. No I/O here: the appender stores and loads.
 */
import type { Clock, Timer } from '../platform/clock.ts';
import { DIGEST_FAILURES, GATHERED_BYTES } from '../platform/limits.ts';
import { Storms } from './digest-storms.ts';
import { eventAsJson, eventFromJson } from './event-text.ts';
import type { Finding } from './finding.ts';
import { digestId } from './identity.ts';
import type { EventHalf, OutboxEvent, StateWrite } from './outbox.ts';
import type { PipelineObserver } from './pipeline-observer.ts';
import type { SettingsSource } from './settings.ts';

/** Space of the outbox's state; the key is the event id. */
export const DIGEST_SPACE = 'digest';

/** The bytes of one event that tells of the first `taken` of those given, one at least; its id is `idOf` theirs. */
export type DigestOf = (
  events: readonly OutboxEvent[],
  idOf: (eventIds: readonly string[]) => string,
) => { readonly eventId: string; readonly bytes: Uint8Array; readonly taken: number } | undefined;

/** One of two digests that take the place of a larger one. */
export interface HalfDigest extends EventHalf {
  readonly failures: number;
}

/** Halves a stored digest; undefined where there is nothing to halve. */
export type Halve = (stored: EventHalf) => readonly [HalfDigest, HalfDigest] | undefined;

export interface GathererParts {
  readonly clock: Clock;
  readonly settings: SettingsSource;
  readonly observer: PipelineObserver;
  /** Where absent, nothing is gathered. */
  readonly digest?: DigestOf;
}

/** What is to be appended now, in one transaction, and the gathered failures that it tells of. */
export interface DueDigest {
  readonly events: readonly OutboxEvent[];
  readonly writes: readonly StateWrite[];
  readonly of: readonly OutboxEvent[];
  readonly isDigest: boolean;
}

interface Group {
  readonly dueAtMs: number;
  readonly events: Map<string, OutboxEvent>;
}

const TYPE = 'digest';

export class Gatherer {
  readonly #parts: GathererParts;
  readonly #onDue: () => void;
  readonly #storms = new Storms();
  /** By fingerprint; the one begun first is first. */
  readonly #groups = new Map<string, Group>();
  #bytes = 0;
  #timer: Timer | undefined;
  #isFlushing = false;

  constructor(parts: GathererParts, onDue: () => void) {
    this.#parts = parts;
    this.#onDue = onDue;
  }

  /** True if no failure waits for its digest. */
  get isEmpty(): boolean {
    return this.#groups.size === 0;
  }

  /** True if something is to be appended now. */
  get isDue(): boolean {
    return this.#dueGroup() !== undefined;
  }

  /** Counts a failure that is about to be told; true where it is to be gathered instead. */
  takes(finding: Finding, { fingerprint }: OutboxEvent): boolean {
    const { digestThreshold: threshold = 0 } = this.#parts.settings.current();
    const isFailure = finding.type === 'failure' || finding.type === 'ongoing';
    if (!isFailure || threshold <= 0 || !this.#isWanted()) return false;
    const rule = { threshold, windowMs: this.#windowMs() };
    if (!this.#storms.isPartOfOne(fingerprint, this.#parts.clock.monotonicMs(), rule)) return false;
    this.#parts.observer.decided({ finding, stage: 'digest', decision: 'gather', reason: 'storm' });
    return true;
  }

  /** These were stored, by `writesOf` them. */
  gathered(events: readonly OutboxEvent[]): void {
    for (const event of events) this.#keep(event);
    this.#wake();
  }

  /** These failures are about to be told as over: what is gathered of them is due before that. */
  hurry(eventIds: readonly string[]): void {
    for (const [fingerprint, group] of this.#groups) {
      if (!eventIds.some((id) => group.events.has(id))) continue;
      this.#groups.set(fingerprint, { ...group, dueAtMs: -Infinity });
    }
  }

  /** The next digest to append, or at most so many events where they are told one by one. They stay until `told`. */
  due(most: number): DueDigest | undefined {
    const group = this.#dueGroup();
    if (group === undefined) return undefined;
    const events = [...group.events.values()].slice(0, DIGEST_FAILURES);
    return this.#asDigest(events) ?? asTheyAre(events.slice(0, most));
  }

  /** It is in the outbox. */
  told({ of, isDigest }: DueDigest): void {
    for (const { fingerprint, eventId, bytes } of of) {
      const group = this.#groups.get(fingerprint);
      if (group?.events.delete(eventId) !== true) continue;
      this.#bytes -= bytes.length;
      if (group.events.size === 0) this.#groups.delete(fingerprint);
    }
    if (isDigest) this.#parts.observer.digested?.(of.length);
    this.#wake();
  }

  /** From now on all that is gathered is due. Ends the timer. */
  flush(): void {
    this.#isFlushing = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** What an earlier process gathered. What can't be read is skipped, and counted in the answer. */
  load(stored: ReadonlyMap<string, string>): { readonly skipped: number } {
    const { events, skipped } = gatheredIn(stored);
    this.gathered(events);
    return { skipped };
  }

  #asDigest(events: readonly OutboxEvent[]): DueDigest | undefined {
    const [first] = events;
    if (first === undefined || events.length < 2 || !this.#isWanted()) return undefined;
    const digest = this.#parts.digest?.(events, digestId);
    if (digest === undefined) return undefined;
    const { eventId, bytes, taken } = digest;
    const of = events.slice(0, taken);
    const observedAtMs = Math.max(...of.map((event) => event.observedAtMs));
    return { events: [{ ...first, eventId, bytes, observedAtMs }], writes: deletions(of), of, isDigest: true };
  }

  #isWanted(): boolean {
    return this.#parts.digest !== undefined && this.#parts.settings.current().eventTypes.includes(TYPE);
  }

  #windowMs(): number {
    return this.#parts.settings.current().digestWindowMs ?? 0;
  }

  #keep(event: OutboxEvent): void {
    const { fingerprint, eventId, bytes } = event;
    const dueAtMs = this.#parts.clock.monotonicMs() + this.#windowMs();
    const group = this.#groups.get(fingerprint) ?? { dueAtMs, events: new Map<string, OutboxEvent>() };
    this.#groups.set(fingerprint, group);
    if (!group.events.has(eventId)) this.#bytes += bytes.length;
    group.events.set(eventId, event);
  }

  /** One that has waited its time or is large; of too many together, the one begun first. */
  #dueGroup(): Group | undefined {
    const isCrowded = this.#isFlushing || this.#bytes > GATHERED_BYTES;
    const nowMs = this.#parts.clock.monotonicMs();
    for (const group of this.#groups.values()) {
      if (isCrowded || group.dueAtMs <= nowMs || group.events.size >= DIGEST_FAILURES) return group;
    }
    return undefined;
  }

  #wake(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#groups.size === 0 || this.#isFlushing) return;
    const { clock } = this.#parts;
    const nextMs = Math.min(...[...this.#groups.values()].map(({ dueAtMs }) => dueAtMs));
    this.#timer = clock.setTimer(Math.max(0, nextMs - clock.monotonicMs()), () => {
      this.#timer = undefined;
      this.#onDue();
    });
  }
}

/** Writes that keep what is gathered, to go with the memory that calls it told. */
export function writesOf(events: readonly OutboxEvent[]): StateWrite[] {
  return events.map((event) => ({
    space: DIGEST_SPACE,
    key: event.eventId,
    value: JSON.stringify(eventAsJson(event)),
  }));
}

function deletions(events: readonly OutboxEvent[]): StateWrite[] {
  return events.map(({ eventId }) => ({ space: DIGEST_SPACE, key: eventId, value: undefined }));
}

function asTheyAre(events: readonly OutboxEvent[]): DueDigest {
  return { events, writes: deletions(events), of: events, isDigest: false };
}

/** What such rows hold, and how many of them can't be read. */
export function gatheredIn(stored: ReadonlyMap<string, string>): {
  readonly events: readonly OutboxEvent[];
  readonly skipped: number;
} {
  const events = [...stored.values()].map(decoded).filter((event) => event !== undefined);
  return { events, skipped: stored.size - events.length };
}

function decoded(text: string): OutboxEvent | undefined {
  try {
    return eventFromJson(JSON.parse(text));
  } catch {
    return undefined;
  }
}
