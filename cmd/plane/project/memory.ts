/**
 * What the plane remembers of one cluster, in the form questions are asked in: which events it has received, and how
 * each incident stands. Built from packed entries alone (entry.ts), so it is the same wherever it is built.
 */
import { unpack, type EntryKind, type EntryVisitor } from './entry.ts';

/** How an incident stands. Moments are those of the events that said so. */
export interface Incident {
  /** When it was last told of; undefined if it never was. */
  readonly toldMs: number | undefined;
  /** When it was last told of as escalated. */
  readonly escalatedMs: number | undefined;
  /** When it was last heard of, told or not. */
  readonly heardMs: number | undefined;
  readonly closedMs: number | undefined;
  /** Name of the scope whose complete sets speak of it; undefined where only those of the whole cluster do. */
  readonly scope: string | undefined;
}

const unheardOf: Incident = {
  toldMs: undefined,
  escalatedMs: undefined,
  heardMs: undefined,
  closedMs: undefined,
  scope: undefined,
};

/** An incident is open from the first event until something later than its last event closed it. */
export function isOpen({ heardMs, closedMs }: Incident): boolean {
  return heardMs !== undefined && (closedMs === undefined || heardMs > closedMs);
}

export class ClusterMemory {
  readonly #receivedMs = new Map<string, number>();
  readonly #covered = new Set<string>();
  readonly #incidents = new Map<string, Incident>();
  readonly #visitor: EntryVisitor = {
    at: (kind, name, atMs) => this.#addOne(kind, name, atMs),
    ofScope: (incident, scope) => this.#change(incident, { scope }),
  };

  /** Adds packed entries. */
  add(text: string): void {
    unpack(text, this.#visitor);
  }

  /** When an event was last received, by the plane's clock. */
  receivedMs(name: string): number | undefined {
    return this.#receivedMs.get(name);
  }

  isCovered(name: string): boolean {
    return this.#covered.has(name);
  }

  incident(name: string): Incident {
    return this.#incidents.get(name) ?? unheardOf;
  }

  incidents(): IterableIterator<[string, Incident]> {
    return this.#incidents.entries();
  }

  /** How many names it holds, a measure of its size. */
  get size(): number {
    return this.#receivedMs.size + this.#covered.size + this.#incidents.size;
  }

  /** How many events it remembers. */
  get events(): number {
    return this.#receivedMs.size;
  }

  #addOne(kind: Exclude<EntryKind, 's'>, name: string, atMs: number): void {
    switch (kind) {
      case 'e':
        this.#receivedMs.set(name, atMs);
        break;
      case 'v':
        this.#covered.add(name);
        break;
      case 't':
        this.#change(name, { toldMs: atMs, heardMs: this.#laterHeard(name, atMs) });
        break;
      case 'x':
        this.#change(name, { toldMs: atMs, escalatedMs: atMs, heardMs: this.#laterHeard(name, atMs) });
        break;
      case 'q':
        this.#change(name, { heardMs: this.#laterHeard(name, atMs) });
        break;
      case 'c':
        this.#change(name, { closedMs: Math.max(atMs, this.incident(name).closedMs ?? 0) });
        break;
    }
  }

  #laterHeard(name: string, atMs: number): number {
    return Math.max(atMs, this.incident(name).heardMs ?? 0);
  }

  #change(name: string, change: Partial<Incident>): void {
    this.#incidents.set(name, { ...this.incident(name), ...change });
  }
}
