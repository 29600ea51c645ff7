/**
 * Faults on demand: each waits for the request it is meant for, happens to it, and is gone. What is possible is what
 * networks, proxies and API servers really do; how it is carried out is in response.ts and watch-stream.ts.
 */
import { requestMatches, type RequestMatcher, type RequestRecord } from './request-log.ts';
import type { StatusBody } from './status.ts';

/** What happens instead of an answer, or before it. */
export type RequestFault =
  /** An answer of the server, or of something between: a Status unless `body` says otherwise. */
  | {
      readonly kind: 'status';
      readonly code: number;
      readonly reason?: string;
      readonly message?: string;
      readonly retryAfter?: string | number;
      readonly body?: string;
      readonly contentType?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** 410 with a token for an inconsistent remainder, as a page gets whose revision is gone. */
  | { readonly kind: 'expired' }
  /** The connection is cut before a byte of the answer. */
  | { readonly kind: 'reset' }
  /** No answer, ever; the connection stays. */
  | { readonly kind: 'hang' }
  /** The answer as usual, but later. */
  | { readonly kind: 'delay'; readonly ms: number };

/** What happens to the body of an answer that isn't a watch. */
export type BodyFault =
  /** Ends early as if that were all: broken JSON in a whole answer. `atByte` defaults to the middle. */
  | { readonly kind: 'truncate'; readonly atByte?: number }
  /** The connection is cut inside the body. */
  | { readonly kind: 'reset-body'; readonly atByte?: number }
  /** Nothing more comes after this byte; the connection stays. */
  | { readonly kind: 'stall-body'; readonly atByte?: number };

/** What happens to a watch once `afterFrames` frames (default 0) of it have been sent. */
export type StreamFault =
  /** Half of the next frame, then the connection is cut. */
  | { readonly kind: 'reset-in-frame'; readonly afterFrames?: number }
  /** Half of the next frame, then the answer ends properly. */
  | { readonly kind: 'end-in-frame'; readonly afterFrames?: number }
  /** The answer ends properly. */
  | { readonly kind: 'end'; readonly afterFrames?: number }
  /** Nothing more comes, not even bookmarks; the connection stays and looks alive. */
  | { readonly kind: 'black-hole'; readonly afterFrames?: number }
  /** Bytes of the test's own making, then the watch goes on. */
  | { readonly kind: 'inject'; readonly bytes: string | Buffer; readonly afterFrames?: number }
  /** An ERROR event; the real server ends the watch after it, so this one does too. */
  | { readonly kind: 'error-event'; readonly status: StatusBody; readonly afterFrames?: number };

export type Fault = RequestFault | BodyFault | StreamFault;

export interface FaultOptions {
  /** How often it happens; default once. Infinity until removed. */
  readonly times?: number;
  /** How many matching requests are let through first: 2 hits the third. */
  readonly skip?: number;
}

interface Queued {
  readonly matcher: RequestMatcher;
  readonly fault: Fault;
  skip: number;
  times: number;
}

const streamKinds: ReadonlySet<string> = new Set<StreamFault['kind']>([
  'reset-in-frame',
  'end-in-frame',
  'end',
  'black-hole',
  'inject',
  'error-event',
]);
const bodyKinds: ReadonlySet<string> = new Set<BodyFault['kind']>(['truncate', 'reset-body', 'stall-body']);

export const isStreamFault = (fault: Fault): fault is StreamFault => streamKinds.has(fault.kind);
export const isBodyFault = (fault: Fault): fault is BodyFault => bodyKinds.has(fault.kind);

/** Streams break as streams do, bodies as bodies do; what isn't meant for a request stays for the next. */
function fits(fault: Fault, request: RequestRecord): boolean {
  if (isStreamFault(fault)) return request.verb === 'watch';
  return request.verb !== 'watch' || !isBodyFault(fault);
}

export class FaultQueue {
  readonly #queue: Queued[] = [];

  /** Adds a fault for requests that match. Returns how to take it back. */
  add(matcher: RequestMatcher, fault: Fault, { times = 1, skip = 0 }: FaultOptions = {}): () => void {
    const queued = { matcher, fault, times, skip };
    this.#queue.push(queued);
    return () => this.#remove(queued);
  }

  clear(): void {
    this.#queue.length = 0;
  }

  /** Faults that have not happened as often as they should: 0 at the end of a test means all were met. */
  get pending(): number {
    return this.#queue.length;
  }

  /**
   * The faults that are this request's, used up by it: at most one of those that answer in its place, and all of those that
   * happen to the body or the stream.
   */
  take(request: RequestRecord): readonly Fault[] {
    const taken: Fault[] = [];
    for (const queued of [...this.#queue]) {
      if (!requestMatches(queued.matcher, request) || !fits(queued.fault, request)) continue;
      const isAnswered = taken.some((fault) => !isStreamFault(fault) && !isBodyFault(fault) && fault.kind !== 'delay');
      if (isAnswered) break;
      if (queued.skip > 0) {
        queued.skip -= 1;
        continue;
      }
      taken.push(queued.fault);
      queued.times -= 1;
      if (queued.times <= 0) this.#remove(queued);
    }
    return taken;
  }

  #remove(queued: Queued): void {
    const at = this.#queue.indexOf(queued);
    if (at >= 0) this.#queue.splice(at, 1);
  }
}
