/**
 * The level of a running process's log, which can be changed for a while: it goes back by itself, so that nobody has to
 * remember. One of these is shared by a logger and all its children.
 */
import type { Clock, Timer } from './clock.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
export const logLevels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** pino's numbers. */
export const levelNumbers: Readonly<Record<LogLevel, number>> = {
  ...{ trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 },
  silent: Number.POSITIVE_INFINITY,
};

export interface LevelInForce {
  readonly level: LogLevel;
  /** What it goes back to. */
  readonly configured: LogLevel;
  /** When, in Ms since the epoch; undefined where nobody changed it. */
  readonly untilMs: number | undefined;
}

export class LogLevels {
  readonly #configured: LogLevel;
  readonly #onBack: ((level: LogLevel) => void)[] = [];
  #level: LogLevel;
  #untilMs: number | undefined;
  #timer: Timer | undefined;

  constructor(configured: LogLevel) {
    this.#configured = configured;
    this.#level = configured;
  }

  /** Whether a line with pino's number `number` is written. */
  allows(number: number): boolean {
    return number >= levelNumbers[this.#level];
  }

  inForce(): LevelInForce {
    return { level: this.#level, configured: this.#configured, untilMs: this.#untilMs };
  }

  /** In force for `forMs`; a later change takes its place, its end too. */
  set(level: LogLevel, forMs: number, clock: Clock): void {
    this.#timer?.cancel();
    this.#level = level;
    this.#untilMs = clock.now() + forMs;
    this.#timer = clock.setTimer(forMs, () => {
      this.reset();
      for (const tell of this.#onBack) tell(this.#level);
    });
  }

  /** Back to what is configured, now. */
  reset(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#untilMs = undefined;
    this.#level = this.#configured;
  }

  /** Told when the level has gone back by itself. */
  onBack(tell: (level: LogLevel) => void): void {
    this.#onBack.push(tell);
  }
}
