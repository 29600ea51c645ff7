/**
 * The books of a soak: what the lister has seen, what the plane holds, and which pods may go on because all that they showed
 * has been told.
 */
import { Ledger } from '../chaos/ledger.ts';
import { judgeSoak, toldIds, type Seen, type SoakVerdict } from './judge.ts';
import type { Looked } from './lister.ts';
import { CLUSTER_ID, type Shown } from './shown.ts';
import type { Waiting } from './world.ts';

export interface BooksOptions {
  readonly ingressUrl: string;
  readonly cooldownMs: number;
  /** How long an agent may not know that a namespace is managed no more. */
  readonly unmanagedHeardMs: number;
}

export class Books {
  readonly #ledger: Ledger;
  readonly #options: BooksOptions;
  readonly #seen = new Map<string, Seen>();
  /** Ids that were due, by the uid of what showed them. */
  readonly #due = new Map<string, Set<string>>();
  readonly #told = new Set<string>();
  readonly #waiting = new Map<string, Waiting & { readonly sinceMs: number }>();
  /** Failures that the cluster says it played, by uid. */
  readonly #played = new Map<string, number>();
  #read = 0;
  #failures = 0;
  /** When the last look began; monotonic. */
  #lookedMs = -Infinity;

  constructor(options: BooksOptions) {
    this.#options = options;
    this.#ledger = new Ledger(options.ingressUrl, CLUSTER_ID);
  }

  get seen(): ReadonlyMap<string, Seen> {
    return this.#seen;
  }

  get held(): Ledger['held'] {
    return this.#ledger.held;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Failures that the cluster says it played. */
  get played(): number {
    return [...this.#played.values()].reduce((sum, failures) => sum + failures, 0);
  }

  /** Pods that wait for their failures to be told. */
  get waiting(): readonly Waiting[] {
    return [...this.#waiting.values()];
  }

  await(waiting: Waiting): void {
    this.#played.set(waiting.uid, waiting.failures);
    this.#waiting.set(waiting.uid, { ...waiting, sinceMs: performance.now() });
  }

  take({ beganMs, atMs, shown, elsewhere }: Looked): void {
    this.#lookedMs = beganMs;
    for (const one of shown) this.#takeShown(one, atMs);
    for (const one of elsewhere) this.#takeElsewhere(one, atMs);
  }

  #takeShown({ id, uid, isDue, words }: Shown, atMs: number): void {
    const wasDue = this.#seen.get(id)?.isDue ?? false;
    this.#seen.set(id, { words, uid, isDue: isDue || wasDue, lastShownMs: atMs });
    if (!isDue || wasDue) return;
    this.#failures += 1;
    const due = this.#due.get(uid) ?? new Set();
    this.#due.set(uid, due.add(id));
  }

  #takeElsewhere({ id, uid, words }: Shown, atMs: number): void {
    const known = this.#seen.get(id);
    const unmanagedHeardUntilMs = known?.unmanagedHeardUntilMs ?? atMs + this.#options.unmanagedHeardMs;
    if (known === undefined) {
      this.#seen.set(id, { words, uid, isDue: false, lastShownMs: atMs, unmanagedHeardUntilMs });
    } else this.#seen.set(id, { ...known, lastShownMs: atMs });
  }

  /** Reads what is new at the plane; the uids of what has been told entirely. */
  async readPlane(): Promise<string[]> {
    await this.#ledger.read();
    for (const id of toldIds(this.held.slice(this.#read))) this.#told.add(id);
    this.#read = this.held.length;
    const looked = [...this.#waiting.values()].filter(({ sinceMs }) => sinceMs < this.#lookedMs);
    const done = looked.filter((waiting) => this.#isTold(waiting)).map(({ uid }) => uid);
    for (const uid of done) this.#waiting.delete(uid);
    return done;
  }

  #isTold({ uid, failures }: Waiting): boolean {
    const due = this.#due.get(uid);
    return due !== undefined && due.size >= failures && [...due].every((id) => this.#told.has(id));
  }

  verdict(): SoakVerdict {
    return judgeSoak(this.#seen, this.held, this.#options.cooldownMs);
  }
}
