/**
 * The memories of the clusters this process served last, so that they need not be read from Restate's state each time.
 *
 * A cache and no more: each is kept under the stamp of the state it was built from or brought up to, and whoever takes
 * one compares that with the stamp in the state. One that is taken is gone until it is put back, so an attempt that fails
 * half-way leaves nothing behind that is ahead of the state.
 */
import type { ClusterMemory } from './memory.ts';

export interface StampedMemory {
  readonly stamp: string;
  readonly memory: ClusterMemory;
  /** The cluster's own cooldown, as that state has it. */
  readonly cooldownMs: number | undefined;
}

/** Names kept over all clusters by default; about 100 bytes each. */
const DEFAULT_NAMES = 1_000_000;

export class Memories {
  readonly #kept = new Map<string, StampedMemory>();
  readonly #mostNames: number;
  #names = 0;

  constructor(mostNames = DEFAULT_NAMES) {
    this.#mostNames = mostNames;
  }

  take(cluster: string): StampedMemory | undefined {
    const kept = this.#kept.get(cluster);
    if (kept !== undefined) {
      this.#kept.delete(cluster);
      this.#names -= kept.memory.size;
    }
    return kept;
  }

  /** Keeps a memory, and lets those go that were not used for longest, until all fit again. */
  put(cluster: string, kept: StampedMemory): void {
    this.take(cluster);
    this.#kept.set(cluster, kept);
    this.#names += kept.memory.size;
    for (const oldest of this.#kept.keys()) {
      if (this.#names <= this.#mostNames) break;
      this.take(oldest);
    }
  }
}
