/**
 * What the plane remembers of one cluster, in the form questions are asked in: which events it has received, and how
 * each incident stands. Built from packed entries alone (entry.ts), so it is the same wherever it is built.
 */
import { unpack, type EntryKind, type EntryVisitor } from './entry.ts';

/** How an incident stands. Moments are those of the events that said so. */
export interface Incident {
  /** The latest moment it was told of; undefined if it never was. */
  readonly toldMs: number | undefined;
  /** The moment of what was told last: earlier than `toldMs` where that came late, or from a clock behind the others. */
  readonly toldLastMs: number | undefined;
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
  toldLastMs: undefined,
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
        this.#told(name, atMs);
        break;
      case 'x':
        this.#told(name, atMs);
        this.#change(name, { escalatedMs: atMs });
        break;
      case 'q':
        this.#change(name, { heardMs: later(atMs, this.incident(name).heardMs) });
        break;
      case 'c':
        this.#change(name, { closedMs: later(atMs, this.incident(name).closedMs) });
        break;
    }
  }

  #told(name: string, atMs: number): void {
    const { toldMs, heardMs } = this.incident(name);
    this.#change(name, { toldMs: later(atMs, toldMs), toldLastMs: atMs, heardMs: later(atMs, heardMs) });
  }

  #change(name: string, change: Partial<Incident>): void {
    this.#incidents.set(name, { ...this.incident(name), ...change });
  }
}

function later(atMs: number, thanMs = 0): number {
  return Math.max(atMs, thanMs);
}
