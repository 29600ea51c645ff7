/**
 * Lines on their way from who can't wait, such as a watch, to a sink that takes its time. They stay in order; what waits
 * is bounded, and a sink that falls behind for good ends it with an error rather than with lines left out.
 */
import { CodedError } from '../../internal/platform/errors.ts';
import type { LineSink } from './line-sink.ts';

export class LineQueue {
  readonly #sink: Pick<LineSink, 'write' | 'close'>;
  readonly #mostBytes: number;
  readonly #over = Promise.withResolvers<undefined>();
  #waiting: string[] = [];
  #waitingBytes = 0;
  #isTaking = true;
  #writing: Promise<void> = Promise.resolve();

  constructor(sink: Pick<LineSink, 'write' | 'close'>, mostBytes: number) {
    this.#sink = sink;
    this.#mostBytes = mostBytes;
    // Who never asks how it ended meets no rejection nobody handles.
    this.#over.promise.catch(() => undefined);
  }

  /** Resolves once nobody reads any more; rejects where a line could not be written, or the sink fell behind. */
  get over(): Promise<undefined> {
    return this.#over.promise;
  }

  /** Never waits. What comes after the end is left out. */
  add(line: string): void {
    if (!this.#isTaking) return;
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    if (this.#waitingBytes > this.#mostBytes)
      this.#fail(new CodedError('RECORDING_FAILED', 'written more slowly than it comes'));
    else if (this.#waiting.length === 1) this.#writing = this.#writing.then(() => this.#write());
  }

  /** Resolves when all lines are written and the sink is closed; rejects as `over` does. */
  async close(): Promise<void> {
    await this.#writing;
    const hasEnded = !this.#isTaking;
    this.#isTaking = false;
    if (hasEnded) await this.#over.promise;
    await this.#sink.close();
  }

  async #write(): Promise<void> {
    const lines = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    try {
      for (const line of lines) {
        if (await this.#sink.write(line)) continue;
        this.#isTaking = false;
        this.#over.resolve(undefined);
        return;
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#isTaking = false;
    this.#waiting = [];
    this.#over.reject(error);
  }
}
