/**
 * Watch events as JSON, one a line: {"type": "ADDED", "object": {...}} (apimachinery, meta/v1 WatchEvent).
 */
import { isUtf8 } from 'node:buffer';
import { CodedError } from '../platform/errors.ts';
import { fieldOf, isRecord, stringOf } from './json-fields.ts';
import type { JsonReader, Keyed } from './resource.ts';
import { statusError, type ApiStatusError, type Subject } from './transport-status.ts';
import { lineFramer } from './watch-stream-frames.ts';
import { INITIAL_EVENTS_END, watchStream, type WatchHandler, type WatchStream } from './watch-stream.ts';

/** `subject` is named in errors. */
export function jsonWatchStream<T extends Keyed>(
  subject: Subject,
  reader: Pick<JsonReader<T>, 'read'>,
  handler: WatchHandler<T>,
  limitBytes: number,
): WatchStream {
  return watchStream(
    (onFrame) => lineFramer(limitBytes, onFrame),
    (bytes, start, end) => handleEvent(subject, reader, handler, parseLine(bytes.subarray(start, end))),
  );
}

function parseLine(line: Buffer): unknown {
  if (!isUtf8(line)) throw new CodedError('WATCH_FRAME_INVALID', `a line of ${line.length} bytes is not UTF-8`);
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    // The parser's own message quotes what it read, which may be anybody's secret.
    throw new CodedError('WATCH_FRAME_INVALID', `a line of ${line.length} bytes is not JSON`);
  }
}

function handleEvent<T extends Keyed>(
  subject: Subject,
  reader: Pick<JsonReader<T>, 'read'>,
  handler: WatchHandler<T>,
  event: unknown,
): void {
  const type = fieldOf(event, 'type');
  const object = fieldOf(event, 'object');
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      handler.upsert(itemOf(reader, object));
      break;
    case 'DELETED':
      handler.remove(itemOf(reader, object));
      break;
    case 'BOOKMARK':
      handleBookmark(handler, object);
      break;
    case 'ERROR':
      throw statusOf(subject, object);
    default:
      throw new CodedError('WATCH_FRAME_INVALID', `an event of type ${printable(type)}`);
  }
}

function itemOf<T extends Keyed>(reader: Pick<JsonReader<T>, 'read'>, object: unknown): T {
  const item = reader.read(object);
  if (item instanceof CodedError) throw item;
  return item;
}

function handleBookmark(handler: WatchHandler<never>, object: unknown): void {
  const metadata = fieldOf(object, 'metadata');
  const resourceVersion = stringOf(fieldOf(metadata, 'resourceVersion'));
  if (resourceVersion === '') throw new CodedError('WATCH_FRAME_INVALID', 'a bookmark without a resourceVersion');
  handler.bookmark(resourceVersion, fieldOf(fieldOf(metadata, 'annotations'), INITIAL_EVENTS_END) === 'true');
}

/** The error a Status object within a stream stands for. One without a code counts as 500, as client-go has it. */
export function statusOf(subject: Subject, object: unknown): ApiStatusError {
  const code = fieldOf(object, 'code');
  const status = typeof code === 'number' && Number.isInteger(code) && code >= 400 && code < 600 ? code : 500;
  const body = Buffer.from(isRecord(object) ? JSON.stringify(object) : '{}');
  return statusError(subject, { status, headers: {}, body });
}

function printable(type: unknown): string {
  return typeof type === 'string' ? JSON.stringify(type.slice(0, 40)) : typeof type;
}
