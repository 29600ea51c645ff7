/**
 * Owners: what is behind the ReplicaSets and Jobs that control failing pods, read one by one when a finding asks for it.
 * A watch of all of them would cost bytes for every roll-out and every run of a CronJob, and memory for the healthy ones
 * (docs/adr/0014-owners-on-demand.md).
 *
 * Promises: few at a time, each seldom, none in vain: at most OWNERS_KEPT are kept, REQUESTS are under way, WAITING wait
 * beside them; what is denied or failed is left alone for a while. Says once for a kind what right is missing.
 */
import type { AskOutcome, OwnerName, OwnerRead, OwnerSource } from '../pipeline/owner-lookup.ts';
import { sleep, type Clock } from '../platform/clock.ts';
import { CodedError } from '../platform/errors.ts';
import { keepNewest } from '../platform/keep-newest.ts';
import { OWNER_WAIT_MS } from '../platform/limits.ts';
import type { Logger } from '../platform/log.ts';
import { Denials } from './denials.ts';
import { readOwner } from './owner-requests.ts';
import type { ApiTransport } from './transport.ts';

export interface OwnersOptions {
  readonly transport: Pick<ApiTransport, 'request'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Each time something was asked for, and what came of it. */
  readonly asked?: (kind: OwnerName['kind'], outcome: AskOutcome) => void;
}

/** About 1 KiB each, measured. */
const OWNERS_KEPT = 2_048;
/** At once. */
const REQUESTS = 4;
/** Beside those under way. */
const WAITING = 60;
/** A Job is read anew for an attempt this much later, and for the last word on an attempt always. */
const JOB_FRESH_MS = 2_000;
/** Nothing is asked for so long once an answer failed. */
const FAILED_MS = 10_000;
/** Namespaces remembered as denied. */
const DENIALS_KEPT = 1_000;

interface Known {
  readonly readAtMs: number;
  /** Undefined where it is gone. */
  readonly read: OwnerRead | undefined;
}

export class Owners implements OwnerSource {
  readonly #options: OwnersOptions;
  /** By uid, the one longest unused first. An empty one is gone. */
  readonly #known = new Map<string, Known>();
  readonly #asking = new Map<string, Promise<AskOutcome>>();
  readonly #turns: (() => void)[] = [];
  readonly #denials = new Denials(DENIALS_KEPT);
  readonly #stopping = new AbortController();
  #running = 0;
  #failedUntilMs = -Infinity;

  constructor(options: OwnersOptions) {
    this.#options = options;
  }

  get(uid: string): OwnerRead | undefined {
    return this.#get(uid)?.read;
  }

  ask(named: OwnerName): Promise<AskOutcome> | undefined {
    if (this.#stopping.signal.aborted) return undefined;
    const asking = this.#asking.get(named.uid);
    if (asking !== undefined) return asking;
    if (!this.#isWorthAsking(named)) return undefined;
    if (this.#asking.size >= REQUESTS + WAITING) {
      this.#options.asked?.(named.kind, 'too-many');
      return undefined;
    }
    const begun = this.#begin(named);
    this.#asking.set(named.uid, begun);
    return begun;
  }

  /** Ends what is under way. */
  stop(): void {
    this.#stopping.abort();
    for (const turn of this.#turns.splice(0)) turn();
  }

  #isWorthAsking(named: OwnerName): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs < this.#failedUntilMs || this.#denials.isDenied(named.kind, named.namespace, nowMs)) return false;
    const known = this.#get(named.uid);
    if (known === undefined) return true;
    const job = known.read?.job;
    const isFinal = job === undefined || job.isFailed;
    return !isFinal && (named.isLastWord === true || nowMs - known.readAtMs >= JOB_FRESH_MS);
  }

  /** What is not answered in time goes on, for the next finding. */
  #begin(named: OwnerName): Promise<AskOutcome> {
    const { clock, asked } = this.#options;
    const settled = new AbortController();
    const read = this.#read(named).finally(() => this.#asking.delete(named.uid));
    const late = sleep(clock, OWNER_WAIT_MS, settled.signal).then((): AskOutcome => 'late');
    return Promise.race([read, late]).then((outcome) => {
      settled.abort();
      asked?.(named.kind, outcome);
      return outcome;
    });
  }

  /** Never rejects. */
  async #read(named: OwnerName): Promise<AskOutcome> {
    const { transport, clock } = this.#options;
    const { signal } = this.#stopping;
    if (this.#running >= REQUESTS) await new Promise<void>((resolve) => this.#turns.push(resolve));
    this.#running++;
    try {
      if (signal.aborted) return 'stopped';
      const read = await readOwner(transport, named, signal);
      const isTheOne = read?.uid === named.uid;
      this.#keep(named.uid, { read: isTheOne ? read : undefined, readAtMs: clock.monotonicMs() });
      this.#denials.allowed(named.kind);
      return isTheOne ? 'read' : 'gone';
    } catch (error) {
      return signal.aborted ? 'stopped' : this.#failed(named, error);
    } finally {
      this.#running--;
      this.#turns.shift()?.();
    }
  }

  #failed(named: OwnerName, error: unknown): AskOutcome {
    const { clock, logger } = this.#options;
    const nowMs = clock.monotonicMs();
    if (!(error instanceof CodedError) || error.code !== 'API_FORBIDDEN') {
      this.#failedUntilMs = nowMs + FAILED_MS;
      logger.debug({ err: error, owner: `${named.kind}/${named.name}` }, 'an owner could not be read');
      return 'failed';
    }
    if (this.#denials.denied(named.kind, named.namespace, nowMs)) {
      logger.warn({ err: error }, deniedTexts[named.kind]);
    }
    return 'denied';
  }

  /** Looking at it makes it the one used last. */
  #get(uid: string): Known | undefined {
    const known = this.#known.get(uid);
    if (known !== undefined) this.#keep(uid, known);
    return known;
  }

  #keep(uid: string, known: Known): void {
    keepNewest(this.#known, uid, known, OWNERS_KEPT);
  }
}

const deniedTexts = {
  ReplicaSet: 'what is behind a ReplicaSet is told by its name alone',
  Job: 'whether a Job tries again is not known: each failed attempt is told as a warning; CronJobs are told by name alone',
} as const;
