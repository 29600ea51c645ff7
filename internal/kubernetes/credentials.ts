/**
 * Who we are to the API server, as it is right now: headers to send and TLS material to connect with. Files rotate
 * (projected tokens are replaced by the kubelet at 80 % of their life, CA bundles and client certificates when
 * somebody renews them), so credentials are read again while the agent runs, and at once after a 401.
 */
import { CodedError, describeError } from '../platform/errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/log.ts';
import type { TlsMaterial } from './transport-dial.ts';

export interface Credentials {
  /** Lower-case names; never logged. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
}

/** Reads credentials afresh. `forced`: the server refused what we had, so nothing remembered may be trusted. */
export type ReadCredentials = (forced: boolean) => Promise<Credentials>;

export interface CredentialSource {
  /** What to send now. Rejects with CREDENTIALS_FAILED only while nothing has ever been read. */
  current(): Promise<Credentials>;
  /**
   * The server answered 401 to `refused`: reads everything again at once and resolves to what is to be tried instead,
   * or to undefined when there is nothing new to try. Several callers share one reading.
   */
  refresh(refused: Credentials): Promise<Credentials | undefined>;
}

export interface CredentialSourceOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How old what was read may become. client-go takes a minute for token files; reading them is cheap. */
  readonly maxAgeMs?: number;
  /** How long one reading (an exec plugin may run in it) is waited for. */
  readonly timeoutMs?: number;
  /** Least time between two forced readings: a server that always says 401 must not make a plugin run without end. */
  readonly forcedEveryMs?: number;
}

export function credentialSource(read: ReadCredentials, options: CredentialSourceOptions): CredentialSource {
  return new RereadCredentials(read, options);
}

class RereadCredentials implements CredentialSource {
  readonly #read: ReadCredentials;
  readonly #options: CredentialSourceOptions;
  #known: Credentials | undefined;
  #readAtMs = 0;
  #forcedAtMs = -Infinity;
  #reading: Promise<Credentials> | undefined;
  #forced: Promise<Credentials> | undefined;

  constructor(read: ReadCredentials, options: CredentialSourceOptions) {
    this.#read = read;
    this.#options = options;
  }

  async current(): Promise<Credentials> {
    const isFresh = this.#nowMs() - this.#readAtMs < (this.#options.maxAgeMs ?? 10_000);
    if (this.#known !== undefined && isFresh) return this.#known;
    try {
      return await this.#readOnce();
    } catch (error) {
      if (this.#known === undefined) throw error;
      this.#readAtMs = this.#nowMs();
      this.#options.logger.warn({ err: error }, 'credentials could not be read again; going on with those known');
      return this.#known;
    }
  }

  async refresh(refused: Credentials): Promise<Credentials | undefined> {
    if (this.#known !== undefined && !areEqual(this.#known, refused)) return this.#known;
    if (this.#forced === undefined) {
      if (this.#nowMs() - this.#forcedAtMs < (this.#options.forcedEveryMs ?? 5_000)) return undefined;
      this.#forcedAtMs = this.#nowMs();
      this.#forced = this.#start(true).finally(() => (this.#forced = undefined));
    }
    const read = await this.#patiently(this.#forced);
    return areEqual(read, refused) ? undefined : read;
  }

  async #readOnce(): Promise<Credentials> {
    this.#reading ??= this.#start(false).finally(() => (this.#reading = undefined));
    return await this.#patiently(this.#reading);
  }

  #patiently(reading: Promise<Credentials>): Promise<Credentials> {
    return withTimeout(this.#options.clock, this.#options.timeoutMs ?? 30_000, reading);
  }

  async #start(forced: boolean): Promise<Credentials> {
    try {
      const read = await this.#read(forced);
      this.#known = this.#known !== undefined && areEqual(this.#known, read) ? this.#known : read;
      this.#readAtMs = this.#nowMs();
      return this.#known;
    } catch (error) {
      throw error instanceof CodedError
        ? error
        : new CodedError('CREDENTIALS_FAILED', describeError(error).message, { cause: error });
    }
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }
}

/** Same material, so that the connections made with it may be kept. */
export function isSameTls(a: TlsMaterial, b: TlsMaterial): boolean {
  return (
    isSameBytes(a.ca, b.ca) &&
    isSameBytes(a.cert, b.cert) &&
    isSameBytes(a.key, b.key) &&
    a.serverName === b.serverName &&
    a.rejectUnauthorized === b.rejectUnauthorized
  );
}

function areEqual(a: Credentials, b: Credentials): boolean {
  return JSON.stringify(a.headers) === JSON.stringify(b.headers) && isSameTls(a.tls, b.tls);
}

function isSameBytes(a: Buffer | undefined, b: Buffer | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b);
}

function withTimeout<T>(clock: Clock, timeoutMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(timeoutMs, () =>
      reject(new CodedError('CREDENTIALS_FAILED', `nothing obtained within ${timeoutMs} ms`)),
    );
    const settle = (): void => timer.cancel();
    work.finally(settle).then(resolve, reject);
  });
}
