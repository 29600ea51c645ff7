/**
 * One event of many: the first failure of those gathered, as `type: digest`, with what is needed to account for each of
 * them. `covers` names every id that counts as told with it.
 *
 * Promises: at most DIGEST_BYTES and DIGEST_IDS; what does not fit is left for the next digest, and the answer says how
 * many were taken, at least one. An id is never left out of what was taken. Undefined where one of the events can't be
 * read: then each is to be told by itself.
 */
import type { DigestOf } from '../pipeline/digest.ts';
import type { Severity } from '../pipeline/finding.ts';
import type { OutboxEvent } from '../pipeline/outbox.ts';
import { DIGEST_BYTES, DIGEST_IDS, DIGEST_PODS } from '../platform/limits.ts';
import type { DigestedFailure, FailureDigest, WireEvent } from './wire-event.ts';

/** The type is the second of an event's fields: only digests are read again. */
const DIGEST_TYPE = '"type":"digest"';
const HEAD_BYTES = 256;

/** The gravest last. */
const SEVERITIES: readonly Severity[] = ['info', 'warning', 'critical'];

export const digestOf: DigestOf = (gathered, idOf) => {
  const events = gathered.map(parsed).filter((event) => event !== undefined);
  const [first] = events;
  if (first === undefined || events.length < gathered.length) return undefined;
  for (let taken = withinIds(events); ; taken = taken >> 1) {
    const of = events.slice(0, taken);
    const eventId = idOf(of.map(({ event_id }) => event_id));
    const bytes = new TextEncoder().encode(JSON.stringify(digestEvent(eventId, first, of)));
    if (bytes.length <= DIGEST_BYTES || taken === 1) return { eventId, bytes, taken };
  }
};

/** How many of them have no more ids together than a digest may cover; one at least. */
function withinIds(events: readonly WireEvent[]): number {
  let ids = 0;
  const beyond = events.findIndex(({ covers }) => (ids += 1 + covers.length) > DIGEST_IDS);
  return beyond === -1 ? events.length : Math.max(1, beyond);
}

/** The failures that stored bytes tell of, where they are those of a digest; none otherwise. Never throws. */
export function digestedIn(stored: Pick<OutboxEvent, 'bytes' | 'eventId'>): readonly DigestedFailure[] {
  return digestIn(stored)?.digest?.covered ?? [];
}

/** The digest that stored bytes are; undefined where they are something else. Never throws. */
export function digestIn({ bytes, eventId }: Pick<OutboxEvent, 'bytes' | 'eventId'>): WireEvent | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEAD_BYTES));
  return head.includes(DIGEST_TYPE) ? parsed({ bytes, eventId }) : undefined;
}

function parsed({ bytes, eventId }: Pick<OutboxEvent, 'bytes' | 'eventId'>): WireEvent | undefined {
  try {
    const event = JSON.parse(new TextDecoder().decode(bytes)) as WireEvent | null;
    return event?.event_id === eventId && Array.isArray(event.covers) ? event : undefined;
  } catch {
    return undefined;
  }
}

function digestEvent(event_id: string, first: WireEvent, events: readonly WireEvent[]): WireEvent {
  const digest = summaryOf(events.map((event) => failureOf(event, first)));
  return {
    ...first,
    event_id,
    type: 'digest',
    message: `${countsOf(digest)}, such as ${first.name}: ${first.message}`,
    observed_at: digest.last_at,
    severity: gravest(events),
    covers: events.flatMap((event) => [event.event_id, ...event.covers]),
    digest,
  };
}

/** What a digest says of these; one at least. */
export function summaryOf(covered: DigestedFailure[]): FailureDigest {
  const times = covered.map(({ observed_at }) => observed_at).sort();
  const pods = [...new Set(covered.map(({ name }) => name))];
  const [first_at = ''] = times;
  return {
    ...{ failures: covered.length, pods: pods.length, first_at, last_at: times.at(-1) ?? first_at },
    sample_pods: pods.slice(0, DIGEST_PODS),
    covered,
  };
}

/** How the message of a digest begins. */
export function countsOf({ failures, pods }: Pick<FailureDigest, 'failures' | 'pods'>): string {
  return `${failures} failures of ${pods} pods`;
}

/** What tells this failure from the others. */
function failureOf(event: WireEvent, first: WireEvent): DigestedFailure {
  const { event_id, incident_key, name, observed_at, reason, scope } = event;
  return {
    ...{ event_id, incident_key, name, observed_at },
    ...(reason === first.reason ? {} : { reason }),
    ...(scope === first.scope ? {} : { scope: scope ?? '' }),
  };
}

function gravest(events: readonly WireEvent[]): Severity {
  const rank = Math.max(...events.map(({ severity }) => SEVERITIES.indexOf(severity)));
  return SEVERITIES[rank] ?? 'warning';
}
