/**
 * Remote settings: fetched from the plane (or --remote-config-url) once the cluster is enrolled and from then on every
 * --remote-config-fetch, checked by a function of the caller, and kept for the next start.
 *
 * Promises: what is in force is always the last answer that passed the check, also across restarts and while the plane
 * is away; one line in the log for each change, with what was and what is, and one when fetching begins or ceases to fail; no request is ever in the
 * way of the pipeline. What an answer may change, and within which bounds, is the check's (internal/config).
 */
import { sleep, type Clock } from '../platform/clock.ts';
import { CodedError } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';
import { jitter, type Random } from '../platform/random.ts';
import type { Exchange } from './exchange.ts';
import { outcomeOf } from './outcome.ts';
import type { PlaneObserver } from './plane-observer.ts';
import { planeProblem } from './plane-problem.ts';
import { changesBetween } from './settings-changes.ts';

/** Where the last good answer is kept: its text, as it came. */
export interface SettingsStore {
  load(): Promise<string | undefined>;
  save(text: string): Promise<void>;
}

export interface RemoteSettingsOptions<Settings> {
  /** One GET of the settings; see settingsFromPlane and settingsFromUrl. */
  readonly fetch: (signal: AbortSignal) => Promise<Exchange>;
  /** Checks parsed JSON. Throws a CodedError where nothing of it can be used. */
  readonly parse: (json: unknown) => Settings;
  /** Called with each new value, the one kept from the last run first. */
  readonly apply: (settings: Settings) => void;
  /** What is in force, local settings included: the log says what of it a new value has changed. */
  readonly inForce: () => object;
  readonly store: SettingsStore;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer: PlaneObserver;
}

export interface RemoteSettings {
  /** Resolves once what the last run kept is in force. */
  readonly restored: Promise<void>;
  /** Fetches now, without waiting for the next turn: after enrolment. */
  fetchNow(): void;
  stop(): Promise<void>;
}

const JITTER_SHARE = 0.1;

/** Restores what was kept, then fetches when told to and in turn. */
export function startRemoteSettings<Settings>(options: RemoteSettingsOptions<Settings>): RemoteSettings {
  const keeper = new Keeper(options);
  const stopping = new AbortController();
  let turn = new AbortController();
  const restored = keeper.restore();
  const isStopped = (): boolean => stopping.signal.aborted;
  const run = async (): Promise<void> => {
    await restored;
    while (!isStopped()) {
      const pauseMs = jitter(options.everyMs, JITTER_SHARE, options.random);
      await sleep(options.clock, pauseMs, AbortSignal.any([turn.signal, stopping.signal]));
      turn = new AbortController();
      if (!isStopped()) await keeper.take(await options.fetch(stopping.signal), stopping.signal);
    }
  };
  const running = run();
  return {
    restored,
    fetchNow: () => turn.abort(),
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}

/** Decides what of an answer comes into force. */
class Keeper<Settings> {
  readonly #options: RemoteSettingsOptions<Settings>;
  #inForce: string | undefined;
  #trouble: string | undefined;

  constructor(options: RemoteSettingsOptions<Settings>) {
    this.#options = options;
  }

  async restore(): Promise<void> {
    const { store, logger } = this.#options;
    try {
      const text = await store.load();
      if (text !== undefined) this.#apply(text, 'remote settings of the last run are in force');
    } catch (error) {
      logger.warn({ err: error }, 'the remote settings of the last run cannot be used; going on without');
    }
  }

  async take(answer: Exchange, signal: AbortSignal): Promise<void> {
    const outcome = outcomeOf(answer, this.#options.clock.now(), 'anybody');
    if (outcome.kind !== 'accepted' || answer.kind !== 'answer') {
      const problem = outcome.kind === 'accepted' ? undefined : planeProblem(outcome);
      if (!signal.aborted) this.#complain('failed', problem);
      return;
    }
    try {
      await this.#takeText(answer.isBodyCut ? '' : answer.body);
    } catch (error) {
      this.#complain('invalid', error);
    }
  }

  async #takeText(text: string): Promise<void> {
    const { observer, store, logger } = this.#options;
    const isChanged = this.#apply(text, 'remote settings changed');
    if (this.#trouble !== undefined) logger.info('remote settings can be read again');
    this.#trouble = undefined;
    observer.settingsFetched(isChanged ? 'changed' : 'unchanged');
    if (isChanged) await store.save(text).catch((error: unknown) => this.#notKept(error));
  }

  /** True where this text means something else than what is in force. Throws where it means nothing. */
  #apply(text: string, message: string): boolean {
    const { parse, apply, inForce, logger } = this.#options;
    const settings = parse(parseJson(text));
    const canonical = JSON.stringify(settings);
    if (canonical === this.#inForce) return false;
    const before = inForce();
    apply(settings);
    this.#inForce = canonical;
    const changed = changesBetween(before, inForce());
    if (Object.keys(changed).length > 0) logger.info({ changed }, message);
    else logger.debug('remote settings that change nothing here');
    return true;
  }

  #notKept(error: unknown): void {
    this.#options.logger.warn({ err: error }, 'remote settings are in force, but could not be kept for the next start');
  }

  /** One warning for each new kind of trouble. */
  #complain(result: 'failed' | 'invalid', error: unknown): void {
    const { observer, logger } = this.#options;
    observer.settingsFetched(result);
    const trouble = error instanceof CodedError ? error.code : result;
    const message = 'remote settings could not be read; the last good ones stay in force';
    logger[trouble === this.#trouble ? 'debug' : 'warn']({ err: error }, message);
    this.#trouble = trouble;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new CodedError('REMOTE_SETTINGS_INVALID', 'the answer is not JSON, or longer than is read', { cause: error });
  }
}
