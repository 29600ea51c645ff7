/**
 * A watch's bytes as events. Every frame becomes exactly one call of the handler or ends the stream with an error: there
 * is no third way, so that nothing is ever skipped in silence.
 *
 * Promises: ERROR events are thrown as the ApiStatusError they stand for; an event of unknown type, one that can't be
 * read, one without a uid, and an end within a frame are thrown as coded errors. What came before has been handled.
 */
import type { Keyed } from './resource.ts';
import type { Framer } from './watch-stream-frames.ts';

export interface WatchHandler<T extends Keyed> {
  /** ADDED or MODIFIED: the store knows better than the server which of the two it is to us. */
  upsert(item: T): void;
  remove(item: T): void;
  /** `endsInitialEvents`: annotated k8s.io/initial-events-end, the streamed list is whole (KEP-3157). */
  bookmark(resourceVersion: string, endsInitialEvents: boolean): void;
}

export interface WatchStream {
  /** Frames handled so far. */
  readonly frames: number;
  push(chunk: Buffer): void;
  /** The server ended the stream in good order. Throws if that was within a frame. */
  end(): void;
}

/** Reads one frame, calls the handler or throws. */
export type FrameReader = (bytes: Buffer, start: number, end: number) => void;

/** A stream of the frames that `framer` cuts, each read by `read`. */
export function watchStream(framer: (onFrame: FrameReader) => Framer, read: FrameReader): WatchStream {
  let frames = 0;
  const cutter = framer((bytes, start, end) => {
    read(bytes, start, end);
    frames++;
  });
  return {
    get frames() {
      return frames;
    },
    push: (chunk) => cutter.push(chunk),
    end: () => cutter.end(),
  };
}

/** Annotation of the bookmark that ends a streamed list (KEP-3157, apimachinery meta/v1 types.go). */
export const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';
