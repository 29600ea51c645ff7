/**
 * Leadership without a Lease (`--leader-elect=false`, `--dry-run`, `auto` outside a cluster): one term from start to
 * stop, always valid. For an agent that runs alone, or tells only of its own node.
 */
import type { LeaderEvents, Leadership, LeadershipDescription, Term } from './leader-term.ts';

export function leadershipWithoutLease(identity: string, events: LeaderEvents): Leadership {
  return new PermanentLeadership(identity, events);
}

class PermanentLeadership implements Leadership {
  readonly #identity: string;
  readonly #events: LeaderEvents;
  readonly #ended = new AbortController();
  #term: Term | undefined;

  constructor(identity: string, events: LeaderEvents) {
    this.#identity = identity;
    this.#events = events;
  }

  get term(): Term | undefined {
    return this.#term;
  }

  start(): void {
    if (this.#term !== undefined || this.#ended.signal.aborted) return;
    const { signal } = this.#ended;
    const id = `${this.#identity}/0`;
    this.#term = { id, transitions: 0, previousRenewAtMs: undefined, signal, isValid: () => !signal.aborted };
    this.#events.onStartedLeading(this.#term);
  }

  stop(): Promise<void> {
    const isLeading = this.#term !== undefined;
    this.#term = undefined;
    this.#ended.abort(new DOMException('shutdown', 'AbortError'));
    if (isLeading) this.#events.onStoppedLeading('shutdown');
    return Promise.resolve();
  }

  describe(): LeadershipDescription {
    const isLeading = this.#term !== undefined;
    const state = isLeading ? 'Leading' : this.#ended.signal.aborted ? 'Stopped' : 'Follower';
    return { state, identity: this.#identity, leader: isLeading ? this.#identity : undefined };
  }
}
