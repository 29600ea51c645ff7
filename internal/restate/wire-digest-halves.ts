/**
 * A digest in two halves, for a plane that takes none that large, or can't take one of its failures.
 *
 * Promises: each failure is in one of them, in its order, and so is each covered id; a half has the id that follows from
 * its failures. All else is as the whole had it. Undefined where there is nothing to halve: no digest, or one of a single
 * failure. Never throws.
 */
import type { HalfDigest, Halve } from '../pipeline/digest.ts';
import { countsOf, digestIn, summaryOf } from './wire-digest.ts';
import type { DigestedFailure, WireEvent } from './wire-event.ts';

/** Halves digests, whose ids are `idOf` those of their failures. */
export function halvesWith(idOf: (eventIds: readonly string[]) => string): Halve {
  return (stored) => {
    const whole = digestIn(stored);
    const covered = whole?.digest?.covered ?? [];
    if (whole === undefined || covered.length < 2) return undefined;
    const middle = Math.ceil(covered.length / 2);
    const [first, second] = [covered.slice(0, middle), covered.slice(middle)];
    const cut = cutBetween(whole.covers, first, second);
    const halfOf = (of: DigestedFailure[], covers: string[]): HalfDigest => {
      const eventId = idOf(of.map(({ event_id }) => event_id));
      const bytes = new TextEncoder().encode(JSON.stringify(digestOfSome(whole, eventId, of, covers)));
      return { eventId, bytes, failures: of.length };
    };
    return [halfOf(first, whole.covers.slice(0, cut)), halfOf(second, whole.covers.slice(cut))];
  };
}

function digestOfSome(whole: WireEvent, event_id: string, of: DigestedFailure[], covers: string[]): WireEvent {
  const digest = summaryOf(of);
  const counts = whole.digest === undefined ? '' : countsOf(whole.digest);
  const message = whole.message.startsWith(counts)
    ? countsOf(digest) + whole.message.slice(counts.length)
    : whole.message;
  return { ...whole, event_id, message, observed_at: digest.last_at, covers, digest };
}

/** Where the covered ids of `second` begin: failures come in their order, each followed by what it covers. */
function cutBetween(
  covers: readonly string[],
  first: readonly DigestedFailure[],
  second: readonly DigestedFailure[],
): number {
  let at = 0;
  for (const { event_id } of first) at = covers.indexOf(event_id, at) + 1;
  const cut = covers.indexOf(second[0]?.event_id ?? '', at);
  return cut === -1 ? at : cut;
}
