/**
 * Cuts a stream of bytes into frames: at newlines for JSON, by a 4-byte big-endian length for protobuf (apimachinery,
 * util/framer). A frame that lies within one chunk is handed on in place; only one that spans chunks is copied.
 *
 * Promises: no frame is larger than the limit, no byte is skipped, and a stream that ends within a frame is an error.
 */
import { CodedError } from '../platform/errors.ts';
import { ByteQueue } from './byte-queue.ts';

/** The frame is `bytes[start, end)`, to be used before the call returns or copied. */
export type OnFrame = (bytes: Buffer, start: number, end: number) => void;

export interface Framer {
  /** Throws WATCH_FRAME_TOO_LARGE, and whatever `onFrame` throws; after that the framer is of no more use. */
  push(chunk: Buffer): void;
  /** The stream has ended. Throws WATCH_FRAME_INVALID if that was within a frame. */
  end(): void;
}

const NEWLINE = 0x0a;

/** Frames that end with a newline. Empty lines are none. */
export function lineFramer(limitBytes: number, onFrame: OnFrame): Framer {
  const queue = new ByteQueue();
  const emit = (bytes: Buffer, start: number, end: number): void => {
    if (end - start > limitBytes) throw tooLarge(end - start, limitBytes);
    if (end > start) onFrame(bytes, start, end);
  };
  return {
    push(chunk) {
      let start = 0;
      let newline = chunk.indexOf(NEWLINE);
      if (newline >= 0 && queue.length > 0) {
        queue.push(chunk.subarray(0, newline));
        const { length } = queue;
        emit(queue.peek(length), 0, length);
        queue.skip(length);
        start = newline + 1;
        newline = chunk.indexOf(NEWLINE, start);
      }
      for (; newline >= 0; newline = chunk.indexOf(NEWLINE, start)) {
        emit(chunk, start, newline);
        start = newline + 1;
      }
      queue.push(chunk.subarray(start));
      if (queue.length > limitBytes) throw tooLarge(queue.length, limitBytes);
    },
    end: () => mustBeEmpty(queue),
  };
}

const LENGTH_BYTES = 4;

/** Frames behind their length. */
export function lengthFramer(limitBytes: number, onFrame: OnFrame): Framer {
  const queue = new ByteQueue();
  const sizeAt = (bytes: Buffer, offset: number): number => {
    const size = bytes.readUInt32BE(offset);
    if (size > limitBytes) throw tooLarge(size, limitBytes);
    return size;
  };
  /** Takes one frame off the queue, if it is whole. */
  const takeQueued = (): boolean => {
    if (queue.length < LENGTH_BYTES) return false;
    const end = LENGTH_BYTES + sizeAt(queue.peek(LENGTH_BYTES), 0);
    if (queue.length < end) return false;
    onFrame(queue.peek(end), LENGTH_BYTES, end);
    queue.skip(end);
    return true;
  };
  return {
    push(chunk) {
      if (queue.length > 0) {
        queue.push(chunk);
        while (takeQueued());
        return;
      }
      let start = 0;
      while (chunk.length - start >= LENGTH_BYTES) {
        const end = start + LENGTH_BYTES + sizeAt(chunk, start);
        if (end > chunk.length) break;
        onFrame(chunk, start + LENGTH_BYTES, end);
        start = end;
      }
      queue.push(chunk.subarray(start));
    },
    end: () => mustBeEmpty(queue),
  };
}

function tooLarge(size: number, limitBytes: number): CodedError {
  return new CodedError('WATCH_FRAME_TOO_LARGE', `an event of ${size} bytes or more, the limit is ${limitBytes}`);
}

function mustBeEmpty(queue: ByteQueue): void {
  if (queue.length === 0) return;
  throw new CodedError('WATCH_FRAME_INVALID', `the stream ended within an event, after ${queue.length} bytes of it`);
}
