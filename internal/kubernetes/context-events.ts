/**
 * The events of one pod (core/v1), as `kubectl describe` lists them, merged to one for each thing that was said.
 *
 * Promises: bounded in number and length, without secrets, oldest first by when each was last said. Both ways to write an
 * event are read: with lastTimestamp and count (kubelet, controllers), and with eventTime and series (the scheduler).
 */
import type { ContextSubject, PodEvent } from '../pipeline/context.ts';
import type { Redactor } from '../platform/redact.ts';
import { parseRfc3339 } from '../platform/rfc3339.ts';
import { boundedText, word } from './bounded-text.ts';
import { parseBody } from './context-json.ts';
import type { ReadOptions } from './context-logs.ts';
import { cleanText } from './context-text.ts';
import { arrayOf, fieldOf, integerOf, stringOf } from './json-fields.ts';
import { statusError } from './transport-status.ts';
import type { ApiTransport } from './transport.ts';

/** Many times what the kubelet's own bound leaves of a pod within the hour that events live; about 1 KiB each. */
const EVENTS_READ = 200;
const EVENTS_BYTES = 1024 * 1024;
const EVENT_MESSAGE_BYTES = 480;
/** kubelet, container/ref.go. */
const CONTAINER_PATH = /^spec\.(?:c|initC|ephemeralC)ontainers\{(.{1,253})\}$/;

/** Rejects with a CodedError. */
export async function readEvents(
  transport: Pick<ApiTransport, 'request'>,
  { namespace, eventsUid }: ContextSubject,
  redact: Redactor,
  options: ReadOptions,
): Promise<PodEvent[]> {
  const answer = await transport.request(
    {
      ...{ method: 'GET', path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/events` },
      query: { fieldSelector: `involvedObject.uid=${escaped(eventsUid)}`, limit: EVENTS_READ },
    },
    { ...options, maxBytes: EVENTS_BYTES },
  );
  if (answer.status !== 200) throw statusError({ verb: 'list', resource: 'events', group: '', namespace }, answer);
  return mergedEvents(arrayOf(fieldOf(parseBody(answer.body), 'items')), redact);
}

/** apimachinery, fields.EscapeValue. */
function escaped(value: string): string {
  return value.replaceAll(/[\\,=]/g, String.raw`\$&`);
}

/** What `items` of an EventList say. Never throws, whatever they are. */
export function mergedEvents(items: readonly unknown[], redact: Redactor): PodEvent[] {
  const merged = new Map<string, PodEvent>();
  for (const item of items) {
    const event = readEvent(item, redact);
    const key = JSON.stringify([event.reason, event.message, event.container]);
    merged.set(key, together(merged.get(key), event));
  }
  return [...merged.values()].sort((one, other) => one.lastAtMs - other.lastAtMs);
}

function together(known: PodEvent | undefined, event: PodEvent): PodEvent {
  if (known === undefined) return event;
  return {
    ...event,
    count: known.count + event.count,
    lastAtMs: Math.max(known.lastAtMs, event.lastAtMs),
  };
}

function readEvent(item: unknown, redact: Redactor): PodEvent {
  const series = fieldOf(item, 'series');
  const path = stringOf(fieldOf(fieldOf(item, 'involvedObject'), 'fieldPath'));
  const count = Math.max(1, integerOf(fieldOf(item, 'count')), integerOf(fieldOf(series, 'count')));
  return {
    type: word(fieldOf(item, 'type')),
    reason: word(fieldOf(item, 'reason')),
    message: boundedText(cleanText(stringOf(fieldOf(item, 'message')), redact), EVENT_MESSAGE_BYTES),
    container: CONTAINER_PATH.exec(path)?.[1] ?? '',
    count,
    lastAtMs: firstTime(
      fieldOf(item, 'lastTimestamp'),
      fieldOf(series, 'lastObservedTime'),
      fieldOf(item, 'eventTime'),
    ),
  };
}

/** The first of these that is a time. */
function firstTime(...values: readonly unknown[]): number {
  for (const value of values) {
    const ms = parseRfc3339(stringOf(value)) ?? 0;
    if (ms > 0) return ms;
  }
  return 0;
}
