/**
 * Recordings of pods: what `watcher record` writes and `watcher replay` reads, one JSON object a line.
 *
 *   {"type":"LISTING","at":"…"}                    a list begins: what it does not mention is gone when it is whole
 *   {"type":"ADDED","object":{…},"at":"…"}         and MODIFIED, DELETED: a pod, in the words of a watch
 *   {"type":"BOOKMARK","object":{…},"at":"…"}      with Kubernetes' annotation k8s.io/initial-events-end: it is whole
 *
 * What kubectl prints is read as well: `get pods -w -o json --output-watch-events` (no `at`, no list: the pods that are
 * ADDED first are what was there at the start), a List, or single pods.
 */
import { fieldOf, stringOf } from './json-fields.ts';
import { INITIAL_EVENTS_END } from './watch-stream.ts';

export type RecordedEvent =
  | { readonly kind: 'listing'; readonly atMs: number }
  /** A list is whole. */
  | { readonly kind: 'synced'; readonly atMs: number }
  | {
      readonly kind: 'pod';
      readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
      readonly object: unknown;
      readonly atMs: number;
    }
  /** Another kind of object, or a bookmark: nothing follows from it. */
  | { readonly kind: 'other' };

/** One line of a recording. `atMs` is wall-clock time. */
export function recordedLine(event: Exclude<RecordedEvent, { kind: 'other' }>): string {
  const at = new Date(event.atMs).toISOString();
  switch (event.kind) {
    case 'listing':
      return `${JSON.stringify({ type: 'LISTING', at })}\n`;
    case 'synced':
      return `${JSON.stringify({ type: 'BOOKMARK', object: { kind: 'Pod', metadata: { annotations: { [INITIAL_EVENTS_END]: 'true' } } }, at })}\n`;
    case 'pod':
      return `${JSON.stringify({ type: event.type, object: event.object, at })}\n`;
  }
}

/** The events of one document. `atMs` is 0 where it says nothing of its time. Never throws. */
export function recordedEvents(document: unknown): RecordedEvent[] {
  const type = fieldOf(document, 'type');
  if (typeof type !== 'string') return plainObjects(document);
  const at = Date.parse(stringOf(fieldOf(document, 'at')));
  return [watchEvent(type, fieldOf(document, 'object'), Number.isNaN(at) ? 0 : at)];
}

function watchEvent(type: string, object: unknown, atMs: number): RecordedEvent {
  switch (type) {
    case 'LISTING':
      return { kind: 'listing', atMs };
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return fieldOf(object, 'kind') === 'Pod' ? { kind: 'pod', type, object, atMs } : { kind: 'other' };
    default:
      return endsInitialEvents(object) ? { kind: 'synced', atMs } : { kind: 'other' };
  }
}

function endsInitialEvents(object: unknown): boolean {
  return fieldOf(fieldOf(fieldOf(object, 'metadata'), 'annotations'), INITIAL_EVENTS_END) === 'true';
}

/** `kubectl get pods -o json` prints a List, `-w` without events the pods alone. */
function plainObjects(document: unknown): RecordedEvent[] {
  const items = fieldOf(document, 'items');
  const objects: unknown[] = Array.isArray(items) ? items : [document];
  return objects.map((object) => watchEvent('ADDED', object, 0));
}
