/**
 * What a reflector says of itself: log lines with codes, and figures for the observer. Decides nothing.
 */
import type { Clock } from '../platform/clock.ts';
import { CodedError } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';
import type { Failure } from './reflector-failure.ts';
import type { Effect, ReflectorState } from './reflector-state.ts';
import { silentReflectorObserver } from './reflector-types.ts';
import type { ListCause, ReflectorObserver, ReflectorOptions, WatchEnd } from './reflector-types.ts';
import type { Keyed } from './resource.ts';

type Note = Extract<Effect, { kind: 'note' }>['what'];

const noteTexts: Record<Note, string> = {
  'json-from-now-on': 'the API server refuses protobuf here, or it could not be read: asking for JSON from now on',
  'pages-from-now-on': 'the API server does not stream lists: listing in pages from now on',
  'smaller-pages': 'a page of the list was too large: asking for smaller ones from now on',
};

export class ReflectorReport {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #observer: ReflectorObserver;
  #list = { items: 0, pages: 0, beganMs: 0 };
  #troubles = 0;

  constructor(options: Pick<ReflectorOptions<Keyed>, 'clock' | 'logger' | 'observer' | 'resource'>) {
    const { plural, namespace } = options.resource;
    this.#clock = options.clock;
    this.#logger = options.logger.child({ resource: plural, ...(namespace === '' ? {} : { namespace }) });
    this.#observer = options.observer ?? silentReflectorObserver;
  }

  listBegan(cause: ListCause): void {
    this.#list = { items: 0, pages: 0, beganMs: this.#clock.monotonicMs() };
    this.#observer.listBegan(cause);
    if (cause !== 'start') this.#logger.info({ cause }, 'listing anew');
  }

  /** A page with so many objects, or objects of a streamed list. */
  listed(items: number, pages: 0 | 1): void {
    this.#list.items += items;
    this.#list.pages += pages;
    if (pages > 0) this.#recovered();
  }

  complete(resourceVersion: string, cause: 'initial' | 'relist'): void {
    const { items, pages, beganMs } = this.#list;
    const tookMs = this.#clock.monotonicMs() - beganMs;
    this.#observer.listEnded(items, pages, tookMs);
    this.#logger.info({ cause, items, pages, tookMs: Math.round(tookMs), resourceVersion }, 'list is whole');
  }

  watchOpened(): void {
    this.#observer.watchOpened();
    this.#recovered();
  }

  watchEnded(why: WatchEnd): void {
    this.#observer.watchEnded(why);
    this.#logger.debug({ why }, 'watch ended');
  }

  received(bytes: number, frames: number, tookMs: number): void {
    this.#observer.received(bytes, frames, tookMs);
  }

  failed(error: unknown, failure: Failure, state: ReflectorState): void {
    if (state.kind === 'Watching') this.watchEnded(endOf(failure));
    if (failure.kind === 'expired') {
      this.#logger.info({ state: state.kind }, 'the resourceVersion has expired');
      return;
    }
    const err = error instanceof CodedError ? error : new CodedError('INTERNAL', String(error), { cause: error });
    if (isUnstreamed(failure, state)) {
      this.#logger.debug({ err }, 'a streamed list is refused');
      return;
    }
    this.#troubles++;
    this.#observer.failed(err.code);
    this.#logger.warn({ err, failure: failure.kind, state: state.kind }, 'list or watch failed; it is tried again');
  }

  note(what: Note, pageItems: number): void {
    this.#logger.info(what === 'smaller-pages' ? { pageItems } : {}, noteTexts[what]);
  }

  resync(reason: string): void {
    this.#logger.info({ reason }, 'a resync is asked for');
  }

  sinkFailed(error: unknown, uid: string): void {
    const err = new CodedError('WATCH_SINK_FAILED', uid === '' ? 'a list' : `object ${uid}`, { cause: error });
    this.#observer.failed(err.code);
    this.#logger.error(
      { err, cause: error instanceof Error ? error.message : String(error) },
      'an object was not taken',
    );
  }

  #recovered(): void {
    if (this.#troubles > 0) this.#logger.info({ failures: this.#troubles }, 'list or watch works again');
    this.#troubles = 0;
  }
}

/** How a server answers that streams no lists (1.33 and older, by default). What else is wrong shows in the pages that follow. */
function isUnstreamed(failure: Failure, state: ReflectorState): boolean {
  return failure.kind === 'refused' && state.kind === 'Listing' && state.how === 'stream';
}

function endOf(failure: Failure): WatchEnd {
  return failure.kind === 'expired' || failure.kind === 'idle' ? failure.kind : 'failed';
}
