/**
 * Session: one request of a reflector, from asking to the last byte, and the watch over it. At most one is current; what
 * an older one still brings is not heard any more.
 */
import type { Clock } from '../platform/clock.ts';
import { CodedError } from '../platform/errors.ts';
import { turnTaker } from '../platform/turn.ts';
import type { ApiStream } from './transport.ts';
import { Watchdog } from './watchdog.ts';

export class Session {
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  readonly #dogs: Watchdog[] = [];
  #openedMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ms since the answer began. */
  get lastedMs(): number {
    return this.#clock.monotonicMs() - this.#openedMs;
  }

  opened(): void {
    this.#openedMs = this.#clock.monotonicMs();
  }

  /** Cuts the request with `error` unless the dog that is returned is touched every `deadlineMs`. */
  guard(deadlineMs: number, error: () => CodedError): Watchdog {
    const dog = new Watchdog(this.#clock, deadlineMs, () => this.#controller.abort(error()));
    this.#dogs.push(dog);
    return dog;
  }

  /**
   * Reads `stream` to its end, a chunk at a time; cut with WATCH_IDLE if no byte comes for `idleMs`. Of a stream that
   * always has more, such as a large list, it lets others have their turn in between.
   */
  async drain(stream: ApiStream, idleMs: number, onChunk: (chunk: Buffer) => void): Promise<void> {
    const idle = this.guard(idleMs, () => new CodedError('WATCH_IDLE', `no byte for ${idleMs} ms`));
    const turn = turnTaker(this.#clock);
    for await (const chunk of stream.chunks) {
      idle.touch();
      this.signal.throwIfAborted();
      onChunk(chunk);
      await turn();
    }
    this.signal.throwIfAborted();
  }

  /** Ends the request, at whatever point it is. */
  cut(): void {
    this.#controller.abort();
    this.close();
  }

  /** The request is over: no timer stays behind. */
  close(): void {
    for (const dog of this.#dogs) dog.stop();
  }
}
