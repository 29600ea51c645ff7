/**
 * Watch events as protobuf, each behind its length: a meta/v1 WatchEvent {type, object}, whose object holds an envelope
 * (protobuf-envelope.ts) with the object itself. Everything is read where it lies.
 */
import { CodedError } from '../platform/errors.ts';
import { objectFields, rawExtensionFields, watchEventFields } from './pod-fields.ts';
import { silentReadObserver } from './pod-reading.ts';
import { openEnvelope, readStatus, withCodes } from './protobuf-envelope.ts';
import { MetadataAccumulator, readMetadata } from './protobuf-metadata.ts';
import { fieldOf, ProtobufReader } from './protobuf-reader.ts';
import type { Keyed, ProtobufReader as ObjectReader } from './resource.ts';
import type { Subject } from './transport-status.ts';
import { lengthFramer } from './watch-stream-frames.ts';
import { statusOf } from './watch-stream-json.ts';
import { watchStream, type WatchHandler, type WatchStream } from './watch-stream.ts';

/** `subject` is named in errors. */
export function protobufWatchStream<T extends Keyed>(
  subject: Subject,
  objects: Pick<ObjectReader<T>, 'read'>,
  handler: WatchHandler<T>,
  limitBytes: number,
): WatchStream {
  const reader = new ProtobufReader();
  return watchStream(
    (onFrame) => lengthFramer(limitBytes, onFrame),
    (bytes, start, end) => {
      const type = withCodes(`an event of ${end - start} bytes`, 'WATCH_FRAME_INVALID', () =>
        openEvent(reader, bytes, start, end),
      );
      handleEvent(subject, type, reader, objects, handler);
    },
  );
}

/** Puts the reader at the event's object and returns the event's type. */
function openEvent(reader: ProtobufReader, bytes: Buffer, start: number, end: number): string {
  reader.reset(bytes, start, end);
  let type = '';
  let size = 0;
  let rawEnd = end;
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    const field = fieldOf(tag);
    if (field === watchEventFields.type) type = reader.word(tag, 64);
    else if (field === watchEventFields.object) {
      const outer = reader.enter(tag);
      for (let inner = reader.next(); inner !== 0; inner = reader.next()) {
        if (fieldOf(inner) !== rawExtensionFields.raw) reader.skip(inner);
        else {
          size = reader.range(inner);
          rawEnd = reader.at;
        }
      }
      reader.leave(outer);
    } else reader.skip(tag);
  }
  openEnvelope(reader, bytes, rawEnd - size, rawEnd);
  return type;
}

function handleEvent<T extends Keyed>(
  subject: Subject,
  type: string,
  reader: ProtobufReader,
  objects: Pick<ObjectReader<T>, 'read'>,
  handler: WatchHandler<T>,
): void {
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      handler.upsert(itemOf(objects, reader, false));
      break;
    case 'DELETED':
      handler.remove(itemOf(objects, reader, true));
      break;
    case 'BOOKMARK':
      handleBookmark(reader, handler);
      break;
    case 'ERROR':
      throw statusOf(
        subject,
        withCodes('a status', 'WATCH_FRAME_INVALID', () => readStatus(reader)),
      );
    default:
      throw new CodedError('WATCH_FRAME_INVALID', `an event of type ${JSON.stringify(type)}`);
  }
}

function itemOf<T extends Keyed>(objects: Pick<ObjectReader<T>, 'read'>, reader: ProtobufReader, isLast: boolean): T {
  const item = objects.read(reader.bytes, reader.at, reader.end, isLast);
  if (item instanceof CodedError) throw item;
  return item;
}

function handleBookmark(reader: ProtobufReader, handler: WatchHandler<never>): void {
  const metadata = new MetadataAccumulator();
  withCodes('a bookmark', 'WATCH_FRAME_INVALID', () => {
    for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
      if (fieldOf(tag) !== objectFields.metadata) reader.skip(tag);
      else {
        const outer = reader.enter(tag);
        readMetadata(reader, metadata, silentReadObserver);
        reader.leave(outer);
      }
    }
  });
  if (metadata.resourceVersion === '') {
    throw new CodedError('WATCH_FRAME_INVALID', 'a bookmark without a resourceVersion');
  }
  handler.bookmark(metadata.resourceVersion, metadata.endsInitialEvents);
}
