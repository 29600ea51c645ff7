/**
 * The annotation `watcher/silence` of workloads (Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob), read one
 * by one when a finding of one of their pods asks: metadata alone, and only where settings name workloads.
 *
 * Promises: an answer is used for KEPT_MS, so that an annotation counts within that time; few requests at a time, each
 * ends within OWNER_WAIT_MS for who waits; what is denied is left alone for a while and said once; at most
 * WORKLOADS_KEPT are remembered. Workloads of other kinds are not read.
 */
import type { Workload } from '../pipeline/identity-workload.ts';
import { sleep, type Clock } from '../platform/clock.ts';
import { CodedError } from '../platform/errors.ts';
import { keepNewest } from '../platform/keep-newest.ts';
import { OWNER_WAIT_MS } from '../platform/limits.ts';
import type { Logger } from '../platform/log.ts';
import { Denials } from './denials.ts';
import { partialMetadataJson, readMetadataJson } from './resource-metadata.ts';
import { statusError } from './transport-status.ts';
import type { ApiTransport } from './transport.ts';

export interface WorkloadSilencesOptions {
  readonly transport: Pick<ApiTransport, 'request'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Place {
  readonly group: 'apps' | 'batch';
  readonly resource: string;
}

/** In the words of RBAC, by kind. */
const places: ReadonlyMap<string, Place> = new Map<string, Place>([
  ['Deployment', { group: 'apps', resource: 'deployments' }],
  ['StatefulSet', { group: 'apps', resource: 'statefulsets' }],
  ['DaemonSet', { group: 'apps', resource: 'daemonsets' }],
  ['ReplicaSet', { group: 'apps', resource: 'replicasets' }],
  ['Job', { group: 'batch', resource: 'jobs' }],
  ['CronJob', { group: 'batch', resource: 'cronjobs' }],
]);

/** How long an answer is used. */
const KEPT_MS = 60_000;
/** Nothing is asked for so long once an answer failed. */
const FAILED_MS = 10_000;
/** About 200 bytes each. */
const WORKLOADS_KEPT = 2_048;
/** Under way at a time; what finds no room is told without having been looked up. */
const REQUESTS = 8;
const TIMEOUT_MS = 5_000;
const OBJECT_BYTES = 2 * 1024 * 1024;

interface Known {
  readonly text: string;
  readonly untilMs: number;
}

export class WorkloadSilences {
  readonly #options: WorkloadSilencesOptions;
  /** By kind, namespace and name, the one read longest ago first. */
  readonly #known = new Map<string, Known>();
  readonly #asking = new Map<string, Promise<void>>();
  readonly #denials = new Denials(WORKLOADS_KEPT);
  readonly #stopping = new AbortController();
  #failedUntilMs = -Infinity;

  constructor(options: WorkloadSilencesOptions) {
    this.#options = options;
  }

  /** The annotation's text as it was last read; '' without one, undefined while it is not known. */
  textOf(namespace: string, { kind, name }: Workload): string | undefined {
    return this.#known.get(`${kind}/${namespace}/${name}`)?.text;
  }

  /** Has it read if it is not known or old; undefined if there is nothing to wait for. Never rejects. */
  ask(namespace: string, workload: Workload): Promise<void> | undefined {
    const { kind, name } = workload;
    const place = places.get(kind);
    const key = `${kind}/${namespace}/${name}`;
    const asking = this.#asking.get(key);
    if (asking !== undefined) return asking;
    if (place === undefined || this.#asking.size >= REQUESTS || !this.#isWorthAsking(key, kind, namespace))
      return undefined;
    const settled = new AbortController();
    const late = sleep(this.#options.clock, OWNER_WAIT_MS, settled.signal);
    const read = this.#read(key, place, { kind, namespace, name }).finally(() => this.#asking.delete(key));
    const begun = Promise.race([read, late]).finally(() => settled.abort());
    this.#asking.set(key, begun);
    return begun;
  }

  /** Ends what is under way. */
  stop(): void {
    this.#stopping.abort();
  }

  #isWorthAsking(key: string, kind: string, namespace: string): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#stopping.signal.aborted || nowMs < this.#failedUntilMs) return false;
    if (this.#denials.isDenied(kind, namespace, nowMs)) return false;
    return nowMs >= (this.#known.get(key)?.untilMs ?? -Infinity);
  }

  async #read(
    key: string,
    { group, resource }: Place,
    { kind, namespace, name }: Workload & { readonly namespace: string },
  ): Promise<void> {
    const { transport, clock, logger } = this.#options;
    const at = [namespace, resource, name].map((part) => encodeURIComponent(part)).join('/');
    try {
      const answer = await transport.request(
        { method: 'GET', path: `/apis/${group}/v1/namespaces/${at}`, headers: { accept: partialMetadataJson.watch } },
        { timeoutMs: TIMEOUT_MS, maxBytes: OBJECT_BYTES, signal: this.#stopping.signal },
      );
      const isGone = answer.status === 404;
      if (!isGone && answer.status !== 200)
        throw statusError({ verb: 'get', group, resource, namespace, name }, answer);
      this.#keep(key, { text: isGone ? '' : silenceIn(answer.body), untilMs: clock.monotonicMs() + KEPT_MS });
      this.#denials.allowed(kind);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      if (!(error instanceof CodedError) || error.code !== 'API_FORBIDDEN') {
        this.#failedUntilMs = clock.monotonicMs() + FAILED_MS;
        logger.debug({ err: error, workload: key }, 'whether a workload is silenced could not be read');
      } else this.#refused(kind, namespace, error);
    }
  }

  #refused(kind: string, namespace: string, error: CodedError): void {
    const { clock, logger } = this.#options;
    if (!this.#denials.denied(kind, namespace, clock.monotonicMs())) return;
    logger.warn({ err: error }, `annotations of a ${kind} that silence are not seen`);
  }

  #keep(key: string, known: Known): void {
    keepNewest(this.#known, key, known, WORKLOADS_KEPT);
  }
}

/** '' for what can't be read. */
function silenceIn(body: Buffer): string {
  try {
    const metadata = readMetadataJson(JSON.parse(body.toString('utf8')));
    return metadata instanceof CodedError ? '' : metadata.silence;
  } catch {
    return '';
  }
}
