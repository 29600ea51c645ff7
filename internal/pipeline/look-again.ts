/**
 * LookAgain: pods to be looked at again at a known time though nothing may change until then, earliest first, with one
 * timer for all of them. Some 60 bytes for each pod that waits, nothing for the others.
 *
 * Due times are the wall clock's, as they come from times of objects. The timer never sleeps for long, so that setting
 * the machine's clock delays a look by half a minute at most. Beyond `limit` pods it remembers only when the first of
 * the others is due, and asks for a look at all of them then: nothing is forgotten.
 */
import type { Clock, Timer } from '../platform/clock.ts';

export interface LookAgainOptions {
  readonly clock: Clock;
  readonly limit: number;
  /** These are due, each told once for each `at`. Must not throw. */
  readonly onDue: (uids: readonly string[]) => void;
  /** Pods that found no room are due, whichever they are. */
  readonly onAllDue: () => void;
}

const LONGEST_NAP_MS = 30_000;

/** Looks due at nearly the same time share one wake-up. */
const SHORTEST_NAP_MS = 100;

interface Entry {
  readonly uid: string;
  readonly dueAtMs: number;
}

export class LookAgain {
  readonly #options: LookAgainOptions;
  /** What counts: when each pod is due. */
  readonly #dueAtMs = new Map<string, number>();
  /** A binary heap by due time. An entry whose time is not that of the map is stale. */
  #heap: Entry[] = [];
  #overflowDueAtMs = Infinity;
  #timer: Timer | undefined;
  #wakesAtMs = Infinity;
  #isStopped = false;

  constructor(options: LookAgainOptions) {
    this.#options = options;
  }

  /** Pods that wait. */
  get size(): number {
    return this.#dueAtMs.size;
  }

  /** Entries kept for them: bounded by what waits, however often due times change. */
  get entries(): number {
    return this.#heap.length;
  }

  /** Looks at the pod again then, and not at any time said before; undefined for never. */
  at(uid: string, dueAtMs: number | undefined): void {
    const known = this.#dueAtMs.get(uid);
    if (known === dueAtMs || this.#isStopped) return;
    if (dueAtMs === undefined) {
      this.#dueAtMs.delete(uid);
      this.#compact();
    } else if (known === undefined && this.#dueAtMs.size >= this.#options.limit) {
      this.#overflowDueAtMs = Math.min(this.#overflowDueAtMs, dueAtMs);
      this.#arm();
    } else {
      this.#dueAtMs.set(uid, dueAtMs);
      pushEntry(this.#heap, { uid, dueAtMs });
      this.#compact();
      this.#arm();
    }
  }

  /** Looks at the pod again then, or when it was to be looked at anyway: at the earlier of the two. */
  by(uid: string, dueAtMs: number): void {
    this.at(uid, Math.min(dueAtMs, this.#dueAtMs.get(uid) ?? Infinity));
  }

  /** Ends the timer; nothing is due any more. */
  stop(): void {
    this.#isStopped = true;
    this.#disarm();
    this.#dueAtMs.clear();
    this.#heap = [];
  }

  #arm(): void {
    const nextMs = Math.min(this.#heap[0]?.dueAtMs ?? Infinity, this.#overflowDueAtMs);
    if (nextMs === Infinity || this.#isStopped) {
      this.#disarm();
      return;
    }
    if (this.#timer !== undefined && nextMs >= this.#wakesAtMs) return;
    this.#disarm();
    const { clock } = this.#options;
    const napMs = Math.min(LONGEST_NAP_MS, Math.max(SHORTEST_NAP_MS, nextMs - clock.now()));
    this.#wakesAtMs = clock.now() + napMs;
    this.#timer = clock.setTimer(napMs, () => this.#wake());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#wakesAtMs = Infinity;
  }

  #wake(): void {
    this.#disarm();
    const nowMs = this.#options.clock.now();
    const isAllDue = this.#overflowDueAtMs <= nowMs;
    if (isAllDue) this.#overflowDueAtMs = Infinity;
    const due = this.#takeDue(nowMs);
    if (due.length > 0) this.#options.onDue(due);
    if (isAllDue) this.#options.onAllDue();
    this.#arm();
  }

  #takeDue(nowMs: number): string[] {
    const due: string[] = [];
    for (let first = this.#heap[0]; first !== undefined && first.dueAtMs <= nowMs; first = this.#heap[0]) {
      popEntry(this.#heap);
      if (this.#dueAtMs.get(first.uid) !== first.dueAtMs) continue;
      this.#dueAtMs.delete(first.uid);
      due.push(first.uid);
    }
    return due;
  }

  /** Stale entries are kept until they are due, unless they are most of the heap. */
  #compact(): void {
    if (this.#heap.length <= 64 + 2 * this.#dueAtMs.size) return;
    this.#heap = [];
    for (const [uid, dueAtMs] of this.#dueAtMs) pushEntry(this.#heap, { uid, dueAtMs });
  }
}

function pushEntry(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const parentAt = (at - 1) >> 1;
    const parent = heap[parentAt];
    if (parent === undefined || parent.dueAtMs <= entry.dueAtMs) break;
    heap[at] = parent;
    at = parentAt;
  }
  heap[at] = entry;
}

/** Takes the first entry off. */
function popEntry(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const least = leastChild(heap, at);
    if (least === undefined || least.entry.dueAtMs >= last.dueAtMs) break;
    heap[at] = least.entry;
    at = least.at;
  }
  heap[at] = last;
}

function leastChild(heap: readonly Entry[], at: number): { readonly entry: Entry; readonly at: number } | undefined {
  const left = heap[2 * at + 1];
  const right = heap[2 * at + 2];
  if (left === undefined) return undefined;
  if (right !== undefined && right.dueAtMs < left.dueAtMs) return { entry: right, at: 2 * at + 2 };
  return { entry: left, at: 2 * at + 1 };
}
