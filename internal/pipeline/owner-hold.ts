/**
 * Holds a finding for a moment while what it needs to know of its pod's owners is read: whether its Job tries again is
 * part of how severe it is, and that is filtered by.
 *
 * Promises: findings of one owner stay in order; none is held for longer than the lookup takes (OWNER_WAIT_MS), no more
 * than OWNER_FINDINGS_HELD are held, and none is dropped: late answers leave it as it was.
 */
import { OWNER_FINDINGS_HELD } from '../platform/limits.ts';
import type { Finding } from './finding.ts';
import { withJobAttempt } from './job-attempt.ts';
import type { OwnerLookup } from './owner-lookup.ts';

interface Held {
  readonly finding: Finding;
  readonly pass: (finding: Finding) => void;
}

export class OwnerHold {
  readonly #owners: OwnerLookup;
  /** By the owner's uid. */
  readonly #held = new Map<string, Held[]>();
  #count = 0;
  #settled: (() => void)[] = [];

  constructor(owners: OwnerLookup) {
    this.#owners = owners;
  }

  /** Findings held now. */
  get size(): number {
    return this.#count;
  }

  /** Calls `pass`, at once or in a moment, with the finding as it is in the light of its owners. */
  take(finding: Finding, pass: (finding: Finding) => void): void {
    const uid = finding.pod.owner?.uid;
    const held = uid === undefined ? undefined : this.#held.get(uid);
    if (held === undefined && (uid === undefined || !this.#begin(uid, finding))) {
      this.#pass({ finding, pass });
      return;
    }
    this.#held.get(uid ?? '')?.push({ finding, pass });
    this.#count++;
    if (this.#count >= OWNER_FINDINGS_HELD) this.stop();
  }

  /** Resolves when none is held. */
  settled(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise((resolve) => this.#settled.push(resolve));
  }

  /** Lets all go as they are. */
  stop(): void {
    for (const uid of [...this.#held.keys()]) this.#letGo(uid);
  }

  #begin(uid: string, finding: Finding): boolean {
    const asked = this.#owners.ask(finding.pod);
    if (asked === undefined) return false;
    const held: Held[] = [];
    this.#held.set(uid, held);
    void asked.then(() => {
      if (this.#held.get(uid) === held) this.#letGo(uid);
    });
    return true;
  }

  #letGo(uid: string): void {
    const held = this.#held.get(uid) ?? [];
    this.#held.delete(uid);
    for (const each of held) {
      // One by one: while one passes, those behind it are still held.
      this.#count -= 1;
      this.#pass(each);
    }
    if (this.#count > 0) return;
    for (const resolve of this.#settled.splice(0)) resolve();
  }

  #pass({ finding, pass }: Held): void {
    pass(withJobAttempt(finding, this.#owners.jobOf(finding.pod)));
  }
}
