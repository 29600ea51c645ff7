/**
 * One open watch: takes frames from its cursor as fast as the client takes them, adds bookmarks, ends at its time-out, and
 * lets the faults happen that were meant for it. Tests may hold on to it and break it at a moment of their choice.
 */
import type { Clock, Timer } from '../../../internal/platform/clock.ts';
import type { StreamFault } from './faults.ts';
import type { RequestRecord } from './request-log.ts';
import { WRITE_BYTES, type Response } from './response.ts';
import type { StatusBody } from './status.ts';
import { errorFrame, type Frame, type WatchCursor, type WatchScope } from './watch-cursor.ts';

export interface WatchStreamParts {
  readonly request: RequestRecord;
  readonly scope: WatchScope;
  readonly cursor: WatchCursor;
  readonly response: Response;
  readonly clock: Clock;
  readonly faults: readonly StreamFault[];
  /** The server's revision, for bookmarks. */
  readonly revision: () => number;
  readonly timeoutMs: number;
  /** Undefined where bookmarks were not asked for. */
  readonly bookmarkEveryMs: number | undefined;
  /** How long events are collected before they are sent; 0 sends them at the end of the turn. */
  readonly coalesceMs: number;
}

/** The real one sends a last bookmark this long before a watch's time-out (cacheWatcher.nextBookmarkTime). */
const LAST_BOOKMARK_BEFORE_END_MS = 2000;

export class WatchStream {
  readonly request: RequestRecord;
  readonly #parts: WatchStreamParts;
  readonly #faults: StreamFault[];
  readonly #deadlineMs: number;
  readonly #timers = new Set<Timer>();
  readonly #closed = Promise.withResolvers<undefined>();
  #framesSent = 0;
  #pending: Frame | undefined;
  #bookmarkTimer: Timer | undefined;
  #isScheduled = false;
  #owesBookmark = false;
  #isOver = false;
  #awaitsDrain = false;

  constructor(parts: WatchStreamParts) {
    this.request = parts.request;
    this.#parts = parts;
    this.#faults = [...parts.faults];
    this.#deadlineMs = parts.clock.monotonicMs() + parts.timeoutMs;
    parts.response.onClose(() => this.#finish());
    if (this.#isOver) return;
    this.#timers.add(parts.clock.setTimer(parts.timeoutMs, () => this.end()));
    this.#armBookmark();
  }

  /** Frames sent so far, bookmarks included. */
  get framesSent(): number {
    return this.#framesSent;
  }

  /** True where the watch can still tell something. */
  get isOpen(): boolean {
    return !this.#isOver;
  }

  /** Resolves when it is over, for whatever reason. */
  get closed(): Promise<undefined> {
    return this.#closed.promise;
  }

  /** Something happened: tell it soon. */
  wake(): void {
    if (this.#isScheduled || this.#isOver) return;
    this.#isScheduled = true;
    const run = (): void => {
      this.#isScheduled = false;
      this.pump();
    };
    if (this.#parts.coalesceMs <= 0) queueMicrotask(run);
    else this.#later(this.#parts.coalesceMs, run);
  }

  /** Tells all that there is to tell, or as much as the client takes. */
  pump(): void {
    const batch: Buffer[] = [];
    let bytes = 0;
    const flush = (): void => {
      if (bytes > 0) this.#parts.response.write(Buffer.concat(batch, bytes));
      batch.length = 0;
      bytes = 0;
    };
    for (;;) {
      this.#pending ??= this.#isFull() ? undefined : this.#nextFrame();
      if (this.#faultIsDue()) {
        flush();
        if (this.#strike()) return;
        continue;
      }
      const frame = this.#pending;
      if (frame === undefined) break;
      this.#pending = undefined;
      batch.push(...frame.bytes);
      for (const piece of frame.bytes) bytes += piece.length;
      this.#framesSent += 1;
      if (bytes >= WRITE_BYTES) flush();
      if (frame.kind === 'error') {
        flush();
        this.end();
        return;
      }
    }
    flush();
  }

  /** A bookmark now, after all that is still to be told. */
  sendBookmark(): void {
    this.#owesBookmark = true;
    this.pump();
  }

  /** Lets a fault happen now. */
  strike(fault: StreamFault): void {
    this.#faults.unshift({ ...fault, afterFrames: this.#framesSent });
    this.pump();
  }

  /** Ends properly. */
  end(): void {
    this.#parts.response.end();
    this.#finish();
  }

  /** Tells an ERROR and ends, as the real server does when it can't go on. */
  fail(status: StatusBody): void {
    this.strike({ kind: 'error-event', status });
  }

  #nextFrame(): Frame | undefined {
    if (this.#isOver) return undefined;
    const frame = this.#parts.cursor.next();
    if (frame !== undefined || !this.#owesBookmark) return frame;
    this.#owesBookmark = false;
    const { encoder, definition } = this.#parts.scope;
    return { kind: 'bookmark', bytes: [encoder.bookmark(definition, this.#parts.revision(), false)] };
  }

  #isFull(): boolean {
    if (this.#isOver || !this.#parts.response.isFull) return this.#isOver;
    if (!this.#awaitsDrain) {
      this.#awaitsDrain = true;
      this.#parts.response.onDrain(() => {
        this.#awaitsDrain = false;
        this.wake();
      });
    }
    return true;
  }

  #faultIsDue(): boolean {
    const fault = this.#faults[0];
    if (fault === undefined || this.#isOver || this.#framesSent < (fault.afterFrames ?? 0)) return false;
    const needsFrame = fault.kind === 'reset-in-frame' || fault.kind === 'end-in-frame';
    return !needsFrame || this.#pending !== undefined;
  }

  /** Lets the first fault happen. True where the watch is over by it. */
  #strike(): boolean {
    const fault = this.#faults.shift();
    const { response, scope } = this.#parts;
    switch (fault?.kind) {
      case undefined:
        return false;
      case 'inject':
        response.write(Buffer.from(fault.bytes));
        return false;
      case 'error-event':
        for (const piece of errorFrame(scope.encoder, fault.status).bytes) response.write(piece);
        this.end();
        return true;
      case 'end':
        this.end();
        return true;
      case 'black-hole':
        response.silence();
        this.#clearTimers();
        return true;
      case 'end-in-frame':
        response.write(this.#halfFrame());
        this.end();
        return true;
      case 'reset-in-frame':
        response.cutAfter(this.#halfFrame());
        this.#finish();
        return true;
    }
  }

  #halfFrame(): Buffer {
    const whole = Buffer.concat(this.#pending?.bytes ?? []);
    return whole.subarray(0, whole.length >> 1);
  }

  #armBookmark(): void {
    const { bookmarkEveryMs, clock } = this.#parts;
    if (bookmarkEveryMs === undefined) return;
    const lastInMs = this.#deadlineMs - LAST_BOOKMARK_BEFORE_END_MS - clock.monotonicMs();
    this.#bookmarkTimer = clock.setTimer(lastInMs > 0 ? Math.min(bookmarkEveryMs, lastInMs) : bookmarkEveryMs, () => {
      this.sendBookmark();
      if (!this.#isOver) this.#armBookmark();
    });
  }

  #later(delayMs: number, action: () => void): void {
    const timer = this.#parts.clock.setTimer(delayMs, () => {
      this.#timers.delete(timer);
      action();
    });
    this.#timers.add(timer);
  }

  #clearTimers(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#bookmarkTimer?.cancel();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#clearTimers();
    this.#closed.resolve(undefined);
  }
}
