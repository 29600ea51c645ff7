/**
 * Group commit: append() calls that come while one transaction runs go together into the next, so that the price of an
 * fsync is paid once for all of them. Calls keep their order. A lone call starts at the end of the current microtask
 * queue and waits for nothing else.
 */
import type { AppendCall, AppendedCall } from './outbox-store.ts';

/** Most rows of one transaction: at 500 rows of 1 KiB, 12 ms p99 were measured, below what a storm's latency allows. */
const MOST_ROWS = 500;

interface Pending {
  readonly call: AppendCall;
  readonly resolve: (result: AppendedCall) => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit {
  readonly #commit: (calls: readonly AppendCall[]) => Promise<readonly AppendedCall[]>;
  #pending: Pending[] = [];
  #isRunning = false;

  /** `commit` stores the calls in one transaction and answers for each, in order. */
  constructor(commit: (calls: readonly AppendCall[]) => Promise<readonly AppendedCall[]>) {
    this.#commit = commit;
  }

  /** Resolves once the call is stored, or known not to be. Rejects, with the others of its group, if the commit failed. */
  add(call: AppendCall): Promise<AppendedCall> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ call, resolve, reject });
      if (!this.#isRunning) void this.#run();
    });
  }

  /** Never rejects: who waits for a call hears of its failure. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    await Promise.resolve();
    while (this.#pending.length > 0) await this.#runGroup(this.#takeGroup());
    this.#isRunning = false;
  }

  async #runGroup(group: readonly Pending[]): Promise<void> {
    try {
      const results = await this.#commit(group.map((pending) => pending.call));
      group.forEach((pending, index) => pending.resolve(results[index] ?? { result: 'full' }));
    } catch (error) {
      for (const pending of group) pending.reject(error);
    }
  }

  /** As many calls as fit into one transaction; one at least, however large. */
  #takeGroup(): Pending[] {
    let rows = 0;
    let count = 0;
    for (const { call } of this.#pending) {
      rows += Math.max(1, call.events.length);
      if (count > 0 && rows > MOST_ROWS) break;
      count += 1;
    }
    return this.#pending.splice(0, count);
  }
}
