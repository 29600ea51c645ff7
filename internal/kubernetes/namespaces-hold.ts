/**
 * Holds changes of pods whose namespace is not known yet, for a moment: pods and namespaces come by two watches, and the
 * first failure of a new namespace may come before the namespace itself, whose labels say whose failure it is.
 *
 * Promises: changes of one namespace stay in order; nothing is held for longer than `HOLD_MS`, no more is held than
 * `HELD_CHANGES`, and nothing is dropped. A namespace that was waited for in vain is not waited for again until it is
 * known. Doesn't promise an order between namespaces.
 */
import type { PodChange } from '../pipeline/pod-facts.ts';
import type { Clock, Timer } from '../platform/clock.ts';

/** Why changes were let go. */
export type LetGoReason = 'namespace-known' | 'waited-long-enough' | 'too-many-held' | 'stopping';

export interface NamespacesHoldOptions {
  readonly clock: Clock;
  /** Whether there is anything to wait for. */
  readonly mustWait: (namespace: string) => boolean;
  readonly letGo: (changes: readonly PodChange[], reason: LetGoReason) => void;
}

const HOLD_MS = 1000;
const HELD_CHANGES = 1000;
/** Namespaces remembered as waited for in vain. */
const NAMES_KEPT = 1000;

interface Held {
  readonly changes: PodChange[];
  readonly timer: Timer;
}

export class NamespacesHold {
  readonly #options: NamespacesHoldOptions;
  readonly #held = new Map<string, Held>();
  readonly #inVain = new Set<string>();
  #count = 0;

  constructor(options: NamespacesHoldOptions) {
    this.#options = options;
  }

  /** Changes held now. */
  get size(): number {
    return this.#count;
  }

  /** True if the change is held; false if it is to be told now. */
  takes(change: PodChange): boolean {
    const { namespace } = change.pod;
    const held = this.#held.get(namespace);
    if (held === undefined && !this.#isWorthWaitingFor(namespace)) return false;
    if (this.#count >= HELD_CHANGES) {
      this.#letGo(namespace, 'too-many-held');
      return false;
    }
    (held ?? this.#begin(namespace)).changes.push(change);
    this.#count++;
    return true;
  }

  known(namespace: string): void {
    this.#inVain.delete(namespace);
    this.#letGo(namespace, 'namespace-known');
  }

  /** Lets everything go. */
  stop(): void {
    for (const namespace of [...this.#held.keys()]) this.#letGo(namespace, 'stopping');
  }

  #isWorthWaitingFor(namespace: string): boolean {
    return !this.#inVain.has(namespace) && this.#options.mustWait(namespace);
  }

  #begin(namespace: string): Held {
    const timer = this.#options.clock.setTimer(HOLD_MS, () => {
      if (this.#inVain.size >= NAMES_KEPT) this.#inVain.clear();
      this.#inVain.add(namespace);
      this.#letGo(namespace, 'waited-long-enough');
    });
    const held = { changes: [], timer };
    this.#held.set(namespace, held);
    return held;
  }

  #letGo(namespace: string, reason: LetGoReason): void {
    const held = this.#held.get(namespace);
    if (held === undefined) return;
    held.timer.cancel();
    this.#held.delete(namespace);
    this.#count -= held.changes.length;
    this.#options.letGo(held.changes, reason);
  }
}
