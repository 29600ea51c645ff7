/**
 * Recordings: what `watcher record` writes and `watcher replay` reads, one JSON object a line.
 *
 *   {"type":"LISTING","kind":"Pod","at":"…"}       a list begins: what it does not mention is gone when it is whole
 *   {"type":"ADDED","object":{…},"at":"…"}         and MODIFIED, DELETED: an object, in the words of a watch
 *   {"type":"BOOKMARK","object":{…},"at":"…"}      with Kubernetes' annotation k8s.io/initial-events-end: it is whole
 *   {"type":"END","at":"…"}                        until then it was looked at, and nothing more happened
 *
 * Objects are Pods and, where asked for, Jobs and Nodes. What kubectl prints is read as well: `get pods -w -o json
 * --output-watch-events` (no `at`, no list: the pods that are ADDED first are what was there at the start), a List, or
 * single pods.
 */
import { fieldOf, stringOf } from './json-fields.ts';
import { INITIAL_EVENTS_END } from './watch-stream.ts';

export const recordedKinds = ['Pod', 'Job', 'Node'] as const;
export type RecordedKind = (typeof recordedKinds)[number];

export type RecordedEvent =
  | { readonly kind: 'listing'; readonly of: RecordedKind; readonly atMs: number }
  /** A list is whole. */
  | { readonly kind: 'synced'; readonly of: RecordedKind; readonly atMs: number }
  | {
      readonly kind: 'object';
      readonly of: RecordedKind;
      readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
      readonly object: unknown;
      readonly atMs: number;
    }
  | { readonly kind: 'end'; readonly atMs: number }
  /** Another kind of object, or a bookmark: nothing follows from it. */
  | { readonly kind: 'other' };

/** One line of a recording, without the line break. `atMs` is wall-clock time. */
export function recordedLine(event: Exclude<RecordedEvent, { kind: 'other' }>): string {
  const at = new Date(event.atMs).toISOString();
  switch (event.kind) {
    case 'listing':
      return JSON.stringify({ type: 'LISTING', kind: event.of, at });
    case 'synced': {
      const object = { kind: event.of, metadata: { annotations: { [INITIAL_EVENTS_END]: 'true' } } };
      return JSON.stringify({ type: 'BOOKMARK', object, at });
    }
    case 'object':
      return JSON.stringify({ type: event.type, object: event.object, at });
    case 'end':
      return JSON.stringify({ type: 'END', at });
  }
}

/** The events of one document. `atMs` is 0 where it says nothing of its time. Never throws. */
export function recordedEvents(document: unknown): RecordedEvent[] {
  const type = fieldOf(document, 'type');
  if (typeof type !== 'string') return plainObjects(document);
  const at = Date.parse(stringOf(fieldOf(document, 'at')));
  const atMs = Number.isNaN(at) ? 0 : at;
  if (type === 'END') return [{ kind: 'end', atMs }];
  if (type === 'LISTING') return [{ kind: 'listing', of: kindOf(document) ?? 'Pod', atMs }];
  return [watchEvent(type, fieldOf(document, 'object'), atMs)];
}

function watchEvent(type: string, object: unknown, atMs: number): RecordedEvent {
  const of = kindOf(object);
  if (of === undefined) return { kind: 'other' };
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { kind: 'object', of, type, object, atMs };
    default:
      return endsInitialEvents(object) ? { kind: 'synced', of, atMs } : { kind: 'other' };
  }
}

function kindOf(object: unknown): RecordedKind | undefined {
  const named = fieldOf(object, 'kind');
  return recordedKinds.find((kind) => kind === named);
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
