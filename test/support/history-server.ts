/**
 * The least of an API server that a model test needs, in memory and behind ApiTransport: things with a history, lists in
 * pages of one snapshot, watches from a resourceVersion, streamed lists, compaction, and whatever fault a test asks for.
 * No sockets and no timers, so that thousands of runs take seconds.
 */
import type { Clock } from '../../internal/platform/clock.ts';
import type { ApiRequest, ApiStream, ApiTransport, StreamOptions } from '../../internal/kubernetes/transport.ts';
import { page, thing } from './reflector-rig.ts';
import { ScriptedCall } from './scripted-transport.ts';

/** What is done to the next requests (`status`, `hang`) or to the open watches (the others). */
export type Fault =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'hang' | 'reset' | 'reset in a frame' | 'end' | 'garbage' | 'freeze' }
  | { readonly kind: 'status in stream'; readonly status: number };

interface HistoryEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly uid: string;
  readonly version: number;
}

export class HistoryServer implements ApiTransport {
  /** uid to version: the truth. */
  readonly things = new Map<string, number>();
  readonly #history: HistoryEvent[] = [];
  readonly #snapshots = new Map<string, { version: number; entries: [string, number][] }>();
  readonly #watches = new Set<ScriptedCall>();
  readonly #pending: Fault[] = [];
  streamsLists = true;
  requests = 0;
  #version = 1;
  #compacted = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  stream(request: ApiRequest, options: StreamOptions): Promise<ApiStream> {
    const call = new ScriptedCall(request, options);
    this.requests++;
    const fault = this.#pending.shift();
    if (fault?.kind === 'status') call.refuse(fault.status);
    else if (fault !== undefined) this.#clock.setTimer(options.headersTimeoutMs, () => void call.reset());
    else this.#answer(call);
    return call.answered();
  }

  request(): Promise<never> {
    return Promise.reject(new Error('only streams are served'));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  put(uid: string): void {
    this.#happen({ type: this.things.has(uid) ? 'MODIFIED' : 'ADDED', uid, version: ++this.#version });
  }

  remove(uid: string): void {
    if (this.things.has(uid)) this.#happen({ type: 'DELETED', uid, version: ++this.#version });
  }

  /** Forgets the history, and with it the snapshots that lists are read from. */
  compact(): void {
    this.#compacted = this.#version;
    this.#snapshots.clear();
  }

  bookmark(): void {
    for (const watch of this.#watches) watch.bookmark(String(this.#version));
  }

  break(fault: Fault): void {
    if (fault.kind === 'status' || fault.kind === 'hang') {
      this.#pending.push(fault);
      return;
    }
    for (const watch of this.#watches) breakWatch(watch, fault);
    this.#watches.clear();
  }

  heal(): void {
    this.#pending.length = 0;
  }

  #happen(event: HistoryEvent): void {
    if (event.type === 'DELETED') this.things.delete(event.uid);
    else this.things.set(event.uid, event.version);
    this.#history.push(event);
    for (const watch of this.#watches) send(watch, event);
  }

  #answer(call: ScriptedCall): void {
    if (call.query('watch') === undefined) this.#list(call);
    else if (call.query('sendInitialEvents') === 'true') this.#streamList(call);
    else this.#watch(call, Number(call.query('resourceVersion')));
  }

  #list(call: ScriptedCall): void {
    const [id = '', from = '0'] = (call.query('continue') ?? '').split(':');
    const limit = Number(call.query('limit'));
    if (id !== '' && !this.#snapshots.has(id)) {
      call.refuse(410);
      return;
    }
    const snapshotId = id === '' ? `s${this.requests}` : id;
    const snapshot = this.#snapshots.get(id) ?? { version: this.#version, entries: [...this.things] };
    this.#snapshots.set(snapshotId, snapshot);
    const next = Number(from) + limit;
    const items = snapshot.entries.slice(Number(from), next).map(([uid, version]) => thing(uid, String(version)));
    call.reply(page(String(snapshot.version), items, next < snapshot.entries.length ? `${snapshotId}:${next}` : ''));
  }

  #streamList(call: ScriptedCall): void {
    if (!this.streamsLists) {
      call.refuse(422);
      return;
    }
    call.open();
    for (const [uid, version] of this.things) send(call, { type: 'ADDED', uid, version });
    call.bookmark(String(this.#version), true);
    this.#watches.add(call);
  }

  #watch(call: ScriptedCall, from: number): void {
    if (from < this.#compacted) {
      call.refuse(410);
      return;
    }
    call.open();
    for (const event of this.#history) if (event.version > from) send(call, event);
    this.#watches.add(call);
  }
}

function send(call: ScriptedCall, { type, uid, version }: HistoryEvent): void {
  call.event(type, thing(uid, String(version)));
}

function breakWatch(watch: ScriptedCall, fault: Fault): void {
  switch (fault.kind) {
    case 'reset':
      watch.reset();
      break;
    case 'reset in a frame':
      watch.push('{"type":"ADDED","object":{"meta').reset();
      break;
    case 'end':
      watch.end();
      break;
    case 'garbage':
      watch.push('garbage\n');
      break;
    case 'status in stream':
      watch.event('ERROR', { kind: 'Status', code: fault.status });
      break;
    case 'freeze':
    case 'hang':
    case 'status':
      break;
  }
}
