/**
 * Reflector: keeps a sink equal to one list of the API server, for ever, whatever happens in between: lists (in pages, or
 * as a stream), watches from there, and begins anew after any fault with the least that is needed. What to do next is
 * decided in reflector-step.ts; this file only does it.
 *
 * Promises: the sink converges to the server's state; nothing is removed on the word of an unfinished list; no fault is
 * silent; one request at a time. Does not promise to show every state between two looks.
 */
import type { Timer } from '../platform/clock.ts';
import { CodedError } from '../platform/errors.ts';
import type { PageReader } from './list-page.ts';
import { classify } from './reflector-failure.ts';
import { ReflectorReport } from './reflector-report.ts';
import {
  defaultReflectorLimits,
  eventReader,
  pageReader,
  pageRequest,
  refusalOf,
  watchRequest,
} from './reflector-requests.ts';
import { Session } from './reflector-session.ts';
import { initialMachine, type Effect, type Input, type Machine, type ReflectorState } from './reflector-state.ts';
import { step } from './reflector-step.ts';
import type { ReflectorLimits, ReflectorOptions, SinkCause } from './reflector-types.ts';
import type { Keyed } from './resource.ts';
import type { ApiRequest, ApiStream } from './transport.ts';
import type { WatchHandler, WatchStream } from './watch-stream.ts';

export class Reflector<T extends Keyed> {
  readonly #options: ReflectorOptions<T>;
  readonly #limits: ReflectorLimits;
  readonly #report: ReflectorReport;
  readonly #synced = Promise.withResolvers<boolean>();
  readonly #runs = new Set<Promise<void>>();
  readonly #inputs: Input[] = [];
  #isStepping = false;
  /** Another reflector was refused protobuf before this one. */
  #isRefusalKnown = false;
  #machine: Machine;
  #session: Session | undefined;
  #wait: Timer | undefined;
  #lastActivityMs: number | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#limits = { ...defaultReflectorLimits, ...options.limits };
    this.#report = new ReflectorReport(options);
    const { streamingList, format: asked, pageItems } = this.#limits;
    const format = options.wire?.format ?? asked;
    this.#machine = initialMachine({
      mayStreamList: streamingList === 'try',
      format: options.resource.codec.protobuf === undefined ? 'json' : format,
      pageItems,
    });
  }

  /** Begins to list. Returns at once. Twice is harmless; after `stop` it does nothing. */
  start(): void {
    this.#feed({ kind: 'start' });
  }

  /** Ends what is running. Resolves when no further call of the sink can come. Twice is harmless. */
  async stop(): Promise<void> {
    this.#feed({ kind: 'stop' });
    this.#synced.resolve(false);
    while (this.#runs.size > 0) await Promise.all(this.#runs);
  }

  /** Lists anew as soon as it may (a back-off that runs is waited for). `reason` goes to the log. */
  resync(reason: string): void {
    this.#report.resync(reason);
    if (this.#machine.state.kind === 'Watching') this.#report.watchEnded('resync');
    this.#feed({ kind: 'resync' });
  }

  get state(): ReflectorState {
    return this.#machine.state;
  }

  /** Ms on the clock's monotonic scale when an object or a bookmark was last read; undefined before the first. */
  get lastActivityMs(): number | undefined {
    return this.#lastActivityMs;
  }

  /** True once the first list was whole; false when stopped before that. Never rejects. */
  get synced(): Promise<boolean> {
    return this.#synced.promise;
  }

  /** One input at a time: what a sink asks for while an effect is performed waits until all effects are. */
  #feed(input: Input): void {
    this.#inputs.push(input);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
        const { machine, effects } = step(this.#machine, next);
        this.#machine = machine;
        for (const effect of effects) this.#perform(effect);
      }
    } finally {
      this.#isStepping = false;
    }
  }

  #perform(effect: Effect): void {
    const { sink, clock } = this.#options;
    switch (effect.kind) {
      case 'begin-list':
        this.#report.listBegan(effect.cause);
        this.#tell('', () => sink.listing(this.#listCause));
        break;
      case 'fetch-page':
        this.#run((session) => this.#fetchPage(session, effect.continueToken));
        break;
      case 'stream-list':
        this.#run((session) => this.#watch(session, undefined));
        break;
      case 'watch':
        this.#run((session) => this.#watch(session, effect.resourceVersion));
        break;
      case 'wait':
        this.#wait = clock.setTimer(effect.delayMs, () => this.#feed({ kind: 'due' }));
        break;
      case 'cut':
        this.#cut();
        break;
      case 'complete':
        this.#report.complete(effect.resourceVersion, effect.cause);
        this.#tell('', () => sink.synced(effect.resourceVersion, effect.cause));
        this.#synced.resolve(true);
        break;
      case 'note':
        this.#note(effect.what);
        break;
    }
  }

  /** That protobuf is refused is said once for all reflectors that share the connection. */
  #note(what: Extract<Effect, { kind: 'note' }>['what']): void {
    if (what !== 'json-from-now-on' || !this.#isRefusalKnown) this.#report.note(what, this.#machine.memory.pageItems);
    this.#isRefusalKnown = false;
  }

  #refused(): void {
    const { wire } = this.#options;
    this.#isRefusalKnown = wire?.format === 'json';
    if (wire !== undefined) wire.format = 'json';
  }

  #cut(): void {
    this.#wait?.cancel();
    this.#session?.cut();
    this.#session = undefined;
  }

  /** Runs one request to its end, whatever that is, and feeds back what it led to, unless it was cut meanwhile. */
  #run(request: (session: Session) => Promise<Input>): void {
    this.#cut();
    const session = new Session(this.#options.clock);
    this.#session = session;
    const run = request(session)
      .catch((error: unknown) => this.#failed(session, error))
      .then((input) => {
        session.close();
        this.#runs.delete(run);
        if (this.#session === session) this.#feed(input);
      });
    this.#runs.add(run);
  }

  #failed(session: Session, error: unknown): Input {
    const failure = classify(error);
    if (failure.kind === 'unacceptable') this.#refused();
    if (this.#session === session) this.#report.failed(error, failure, this.#machine.state);
    return { kind: 'failed', failure, ...this.#now() };
  }

  async #fetchPage(session: Session, continueToken: string): Promise<Input> {
    const { resource, selectors = {} } = this.#options;
    const { format, pageItems } = this.#machine.memory;
    const request = pageRequest(resource, format, selectors, { limit: pageItems, continueToken });
    const stream = await this.#open(session, request, 'list');
    const page = pageReader(resource, stream, (item) => this.#upsert(session, item), this.#limits);
    await session.drain(stream, this.#limits.headersTimeoutMs, (chunk) => this.#read(page, chunk));
    const meta = this.#measured(page, 0, () => page.end());
    this.#isAlive();
    this.#report.listed(page.frames, 1);
    return { kind: 'page', ...meta };
  }

  /** Watches from `resourceVersion`, or, without one, has the list streamed first. */
  async #watch(session: Session, resourceVersion: string | undefined): Promise<Input> {
    const { resource, random, selectors = {} } = this.#options;
    const from = { resourceVersion, random };
    const request = watchRequest(resource, this.#machine.memory.format, selectors, from);
    const stream = await this.#open(session, request, 'watch');
    this.#report.watchOpened();
    this.#feed({ kind: 'opened' });
    const events = this.#handler(session, resourceVersion === undefined);
    const reader = eventReader(resource, stream, events.handler, this.#limits);
    await session.drain(stream, this.#limits.idleMs, (chunk) => {
      try {
        this.#read(reader, chunk);
      } finally {
        this.#feed({ kind: 'progress', resourceVersion: events.resourceVersion() ?? resourceVersion ?? '' });
      }
    });
    reader.end();
    this.#report.watchEnded('server-closed');
    return { kind: 'ended', lastedMs: session.lastedMs, ...this.#now() };
  }

  #handler(session: Session, isList: boolean): { handler: WatchHandler<T>; resourceVersion: () => string | undefined } {
    const { announceMs } = this.#limits;
    const late = (): CodedError => new CodedError('LIST_UNANNOUNCED', `no end within ${announceMs} ms`);
    const announcement = isList ? session.guard(announceMs, late) : undefined;
    let last: string | undefined;
    // The first bookmark of a server that knows how ends the list (apiserver, storage/cacher/cache_watcher.go). After a plain
    // one only so much time is left: an old server that is busy would bring changes for as long as the watch lasts.
    let isInDoubt = false;
    const handler: WatchHandler<T> = {
      upsert: (item) => {
        if (!isInDoubt) announcement?.touch();
        this.#upsert(session, item);
        if (isList && this.#machine.state.kind === 'Listing') this.#report.listed(1, 0);
        last = item.resourceVersion;
      },
      remove: (item) => {
        this.#remove(session, item);
        last = item.resourceVersion;
      },
      bookmark: (resourceVersion, endsInitialEvents) => {
        session.signal.throwIfAborted();
        last = resourceVersion;
        if (!endsInitialEvents) {
          isInDoubt = true;
          return;
        }
        announcement?.stop();
        this.#feed({ kind: 'stream-synced', resourceVersion });
      },
    };
    return { handler, resourceVersion: () => last };
  }

  /** The answer to `request`, if it is one of the good ones. */
  async #open(session: Session, request: ApiRequest, verb: 'list' | 'watch'): Promise<ApiStream> {
    const { transport, resource } = this.#options;
    const { headersTimeoutMs } = this.#limits;
    const stream = await transport.stream(request, { signal: session.signal, headersTimeoutMs });
    session.opened();
    if (stream.status !== 200) throw await refusalOf(resource, verb, stream);
    return stream;
  }

  /** What counts is what could be read: a server that only refuses, or opens a watch and says nothing, isn't alive. */
  #read(reader: PageReader | WatchStream, chunk: Buffer): void {
    const before = reader.frames;
    this.#measured(reader, chunk.length, () => reader.push(chunk));
    if (reader.frames > before) this.#isAlive();
  }

  #isAlive(): void {
    this.#lastActivityMs = this.#options.clock.monotonicMs();
  }

  #measured<R>(reader: PageReader | WatchStream, bytes: number, work: () => R): R {
    const { clock } = this.#options;
    const before = reader.frames;
    const beganMs = clock.monotonicMs();
    const result = work();
    this.#report.received(bytes, reader.frames - before, clock.monotonicMs() - beganMs);
    return result;
  }

  #upsert(session: Session, item: T): void {
    session.signal.throwIfAborted();
    try {
      this.#options.sink.upsert(item, this.#cause);
    } catch (error) {
      this.#report.sinkFailed(error, item.uid);
    }
  }

  #remove(session: Session, item: T): void {
    session.signal.throwIfAborted();
    this.#tell(item.uid, () => this.#options.sink.remove(item, this.#cause));
  }

  #tell(uid: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#report.sinkFailed(error, uid);
    }
  }

  get #cause(): SinkCause {
    return this.#machine.state.kind === 'Listing' ? this.#listCause : 'watch';
  }

  get #listCause(): 'initial' | 'relist' {
    return this.#machine.memory.hasSynced ? 'relist' : 'initial';
  }

  #now(): { atMs: number; roll: number } {
    return { atMs: this.#options.clock.monotonicMs(), roll: this.#options.random.next() };
  }
}
