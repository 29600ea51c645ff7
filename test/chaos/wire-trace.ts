/**
 * What the kernel saw of an agent (strace), read for one question: was each event's record in the log of the outbox, and
 * the log synced after that, before the event's first byte went to the plane? Pure.
 *
 * An event is recognised by its id, which is in its row and in the body of the delivery. A record counts as synced when
 * a sync of the log that began after its write has returned.
 */

export interface TraceFindings {
  /** Ids that were sent. */
  readonly sent: ReadonlySet<string>;
  /** Ids that were sent before they were synced. */
  readonly tooEarly: ReadonlySet<string>;
  readonly syncs: number;
}

const ID_DIGITS = 32;
const HEX_RUN = /[0-9a-f]{32,}/g;
const SENT_ID = /event_id\\":\\"([0-9a-f]{32})\\"/g;

export class WireTrace {
  readonly #ids: ReadonlySet<string>;
  #log = 'none';
  readonly #written = new Set<string>();
  readonly #synced = new Set<string>();
  readonly #sent = new Set<string>();
  readonly #tooEarly = new Set<string>();
  /** By thread, what was written when its sync began. */
  readonly #syncing = new Map<string, readonly string[]>();
  #syncs = 0;

  /** `ids`: those to look for. */
  constructor(ids: ReadonlySet<string>) {
    this.#ids = ids;
  }

  /** Takes the next line of strace's. */
  read(line: string): void {
    const thread = line.slice(0, line.indexOf(' '));
    const call = line.slice(thread.length).trimStart();
    this.#log = /^openat\(.*outbox\.db-wal".* = (\d+)/.exec(call)?.[1] ?? this.#log;
    if (call.startsWith(`pwrite64(${this.#log},`)) this.#write(call);
    else if (/^f(?:data)?sync\(/.test(call)) this.#sync(thread, call);
    else if (/^<\.\.\. f(?:data)?sync resumed/.test(call)) this.#syncEnded(thread);
    else if (/^(?:writev?|sendto|sendmsg)\((?![12],)/.test(call)) this.#send(call);
  }

  findings(): TraceFindings {
    return { sent: this.#sent, tooEarly: this.#tooEarly, syncs: this.#syncs };
  }

  #write(call: string): void {
    for (const [run] of call.matchAll(HEX_RUN)) {
      for (let at = 0; at + ID_DIGITS <= run.length; at++) {
        const id = run.slice(at, at + ID_DIGITS);
        if (this.#ids.has(id) && !this.#synced.has(id)) this.#written.add(id);
      }
    }
  }

  #sync(thread: string, call: string): void {
    if (!new RegExp(`sync\\(${this.#log}[ )]`).test(call)) return;
    this.#syncing.set(thread, [...this.#written]);
    if (!call.includes('<unfinished')) this.#syncEnded(thread);
  }

  #syncEnded(thread: string): void {
    const ids = this.#syncing.get(thread);
    if (ids === undefined) return;
    this.#syncing.delete(thread);
    this.#syncs += 1;
    for (const id of ids) {
      this.#written.delete(id);
      this.#synced.add(id);
    }
  }

  #send(call: string): void {
    for (const [, id = ''] of call.matchAll(SENT_ID)) {
      if (!this.#ids.has(id)) continue;
      this.#sent.add(id);
      if (!this.#synced.has(id)) this.#tooEarly.add(id);
    }
  }
}
