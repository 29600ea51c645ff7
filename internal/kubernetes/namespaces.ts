/**
 * The namespaces of the scope, as they come and go, with their labels (those of the namespace are trusted where a pod's
 * own are only a claim). The API server does the choosing (selectors), so a namespace that loses its label is a
 * namespace that is gone.
 *
 * Asks for the right first: without it nothing is tried in vain; that is said once, and asked again, every half minute at last.
 * A namespace that is being deleted still counts, since a deletion that hangs is a failure.
 */
import type { Clock } from '../platform/clock.ts';
import { CodedError } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import { waitForAccess } from './access-wait.ts';
import type { ReflectorLimits, ReflectorObserver } from './reflector-types.ts';
import { Reflector } from './reflector.ts';
import { metadataResource, type ObjectMetadata } from './resource-metadata.ts';
import { ResourceStore, type ResourceChange } from './resource-store.ts';
import { corePath } from './resource.ts';
import { describeScope, namespaceSelectors, type Scope } from './scope.ts';
import type { ApiTransport } from './transport.ts';

export interface NamespaceEvents {
  /** `isInitial`: it was there when we first looked. */
  entered(name: string, isInitial: boolean): void;
  /** Deleted, or its label lost. */
  left(name: string): void;
  /** All that there are have entered. */
  synced(): void;
  /** What there is to know at first is known: they are synced, or we may not know them. Once. */
  settled(why: 'synced' | 'denied'): void;
}

export interface NamespacesOptions {
  readonly scope: Scope;
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly events: NamespaceEvents;
  readonly observer?: ReflectorObserver;
  readonly limits?: Partial<ReflectorLimits>;
}

export type NamespacesState = 'idle' | 'asking' | 'denied' | 'watching' | 'stopped';

/** Namespaces that are gone whose labels are kept. */
const LATELY_KEPT = 256;

const ASK_AGAIN_AT_LAST_MS = 30_000;

export class Namespaces {
  readonly #options: NamespacesOptions;
  /** The store knows uids; a name belongs to the last uid that entered under it. */
  readonly #byName = new Map<string, ObjectMetadata>();
  /** Those that left last: what is told late of one still says whose it was. */
  readonly #lately = new Map<string, ObjectMetadata>();
  readonly #reflector: Reflector<ObjectMetadata>;
  readonly #stopping = new AbortController();
  #state: NamespacesState = 'idle';
  #isSynced = false;
  #isSettled = false;
  #isMissing = false;

  constructor(options: NamespacesOptions) {
    this.#options = options;
    const store = new ResourceStore<ObjectMetadata>(
      (change) => this.#take(change),
      () => this.#synced(),
    );
    this.#reflector = new Reflector({
      ...options,
      resource: metadataResource({
        kind: 'Namespace',
        plural: 'namespaces',
        group: '',
        path: corePath('namespaces'),
        namespace: '',
      }),
      sink: store,
      selectors: namespaceSelectors(options.scope),
    });
  }

  get state(): NamespacesState {
    return this.#state;
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** True where one namespace was asked for and it is not there. */
  get isMissing(): boolean {
    return this.#isMissing;
  }

  /** Ms on the monotonic scale of the server's last sign of life here. */
  get lastActivityMs(): number | undefined {
    return this.#reflector.lastActivityMs;
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  names(): string[] {
    return [...this.#byName.keys()];
  }

  /** Undefined while they are not known: not yet listed, or no right to. Those it had last where it is gone. */
  labelsOf(name: string): ReadonlyMap<string, string> | undefined {
    return (this.#byName.get(name) ?? this.#lately.get(name))?.labels;
  }

  /** Text of its annotation `watcher/silence`; '' without one, undefined while it is not known. */
  silenceOf(name: string): string | undefined {
    return this.#byName.get(name)?.silence;
  }

  start(): void {
    if (this.#state !== 'idle') return;
    this.#state = 'asking';
    void this.#begin();
  }

  async stop(): Promise<void> {
    this.#state = 'stopped';
    this.#stopping.abort();
    await this.#reflector.stop();
  }

  async #begin(): Promise<void> {
    const { scope, logger } = this.#options;
    const name = scope.mode === 'single' ? { name: scope.namespace } : {};
    const isAllowed = await waitForAccess({
      ...this.#options,
      signal: this.#stopping.signal,
      verbs: ['list', 'watch'],
      about: { resource: 'namespaces', group: '', ...name },
      atLastMs: ASK_AGAIN_AT_LAST_MS,
      onDenied: () => this.#denied(),
    });
    if (!isAllowed) return;
    if (this.#state === 'denied') logger.info('namespaces may be watched now');
    this.#state = 'watching';
    this.#reflector.start();
  }

  #denied(): void {
    this.#state = 'denied';
    const { scope, logger } = this.#options;
    const err = new CodedError('API_FORBIDDEN', `list and watch namespaces (${describeScope(scope)})`);
    if (scope.mode === 'label') logger.error({ err }, 'nothing is watched until namespaces may be listed');
    else logger.warn({ err }, 'labels of namespaces are not known: project, owner and workload ids are left empty');
    this.#settle('denied');
  }

  #take(change: ResourceChange<ObjectMetadata>): void {
    const { item, type, cause } = change;
    const known = this.#byName.get(item.name);
    if (type !== 'deleted') {
      this.#byName.set(item.name, item);
      this.#lately.delete(item.name);
      if (known === undefined) this.#options.events.entered(item.name, cause === 'initial');
    } else if (known?.uid === item.uid) {
      this.#byName.delete(item.name);
      this.#rememberLately(known);
      this.#options.events.left(item.name);
    }
    if (this.#isSynced) this.#lookForTheOne();
  }

  #rememberLately(namespace: ObjectMetadata): void {
    this.#lately.delete(namespace.name);
    this.#lately.set(namespace.name, namespace);
    for (const name of this.#lately.keys()) {
      if (this.#lately.size <= LATELY_KEPT) break;
      this.#lately.delete(name);
    }
  }

  /** The one namespace asked for may be misspelt, not made yet, or deleted: no pod will ever come of it, and no error. */
  #lookForTheOne(): void {
    const { scope, logger } = this.#options;
    if (scope.mode !== 'single' || this.#isMissing === !this.#byName.has(scope.namespace)) return;
    this.#isMissing = !this.#isMissing;
    const { namespace } = scope;
    if (!this.#isMissing) logger.info({ namespace }, 'the namespace to watch is there now');
    else {
      const err = new CodedError('NAMESPACE_MISSING', namespace);
      logger.warn({ err, namespace }, 'the namespace to watch is not there: nothing is told until it is');
    }
  }

  #synced(): void {
    this.#isSynced = true;
    this.#lookForTheOne();
    this.#options.events.synced();
    this.#settle('synced');
  }

  #settle(why: 'synced' | 'denied'): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#options.events.settled(why);
  }
}
