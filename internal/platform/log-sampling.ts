/**
 * Keeps a trouble that lasts from filling the log. The first line of a kind is written at once, and so are the next few
 * that say something else; after that at most one a minute, which says in `repeated` how many like it were left out before
 * it, and in `also` what some of those said.
 *
 * It promises: lines written plus the sum of `repeated` is what was said, once closed; a kind never hides another; memory
 * is bounded (kinds beyond the bound are written each time). What is held back is written when its minute is over, without
 * waiting for the next trouble.
 */
import type { Clock, Timer } from './clock.ts';

/** What a written line says of those left out before it. */
export interface LeftOut {
  readonly repeated?: number;
  /** Messages of some of them, where they differ from the line's own. */
  readonly also?: readonly string[];
}

type Say = (leftOut: LeftOut) => void;

interface Held {
  readonly say: Say;
  readonly detail: string;
}

interface Kind {
  timer: Timer;
  /** Since the last line that was written. */
  count: number;
  last: Held | undefined;
  readonly details: Set<string>;
  /** What was written at once. */
  readonly atOnce: Set<string>;
}

const EVERY_MS = 60_000;
const MOST_KINDS = 256;
const MOST_DETAILS = 5;
const MOST_AT_ONCE = 5;
const DETAIL_CHARACTERS = 200;

export class LogSampler {
  readonly #clock: Clock;
  readonly #kinds = new Map<string, Kind>();
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `say` now, or later with the last of those that were held back, or never. */
  take(name: string, detail: string, say: Say): void {
    const kind = this.#kinds.get(name) ?? this.#begin(name);
    const known = detail.slice(0, DETAIL_CHARACTERS);
    if (kind === undefined || isNews(kind, known)) {
      say({});
      return;
    }
    kind.count++;
    kind.last = { say, detail: known };
    if (kind.details.size < MOST_DETAILS) kind.details.add(known);
  }

  /** Writes what is held back. From now on every line is written. */
  close(): void {
    this.#isClosed = true;
    for (const kind of this.#kinds.values()) {
      kind.timer.cancel();
      release(kind);
    }
    this.#kinds.clear();
  }

  /** Undefined where it can't be counted. */
  #begin(name: string): Kind | undefined {
    if (this.#isClosed || this.#kinds.size >= MOST_KINDS) return undefined;
    const kind = {
      timer: this.#arm(name),
      count: 0,
      last: undefined,
      details: new Set<string>(),
      atOnce: new Set<string>(),
    };
    this.#kinds.set(name, kind);
    return kind;
  }

  #arm(name: string): Timer {
    return this.#clock.setTimer(EVERY_MS, () => this.#due(name));
  }

  #due(name: string): void {
    const kind = this.#kinds.get(name);
    if (kind === undefined) return;
    if (kind.count === 0) {
      this.#kinds.delete(name);
      return;
    }
    kind.timer = this.#arm(name);
    release(kind);
  }
}

/** Whether it says what was not written yet, while that may be written at once. */
function isNews({ atOnce }: Kind, detail: string): boolean {
  if (atOnce.has(detail) || atOnce.size >= MOST_AT_ONCE) return false;
  atOnce.add(detail);
  return true;
}

function release(kind: Kind): void {
  const { last, count, details } = kind;
  if (last === undefined) return;
  const also = [...details].filter((detail) => detail !== '' && detail !== last.detail);
  kind.last = undefined;
  kind.count = 0;
  details.clear();
  last.say({ ...(count > 1 ? { repeated: count - 1 } : {}), ...(also.length > 0 ? { also } : {}) });
}
