/**
 * Recorder: the pods of a cluster or a namespace as a recording, for as long as it runs, and the Jobs and Nodes that go
 * with them where asked for. The reflectors are the agent's own, so a recording goes on over everything a watch goes on
 * over; a list that has to begin anew shows as `listing`.
 */
import type { Clock } from '../platform/clock.ts';
import { CodedError } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import type { Redactor } from '../platform/redact.ts';
import { fieldOf, stringOf } from './json-fields.ts';
import { isUid } from './pod-facts-json.ts';
import type { RecordedEvent, RecordedKind } from './recording.ts';
import { stripped } from './recording-strip.ts';
import { silentReflectorObserver, type Selectors, type Sink } from './reflector-types.ts';
import { Reflector } from './reflector.ts';
import { podsOf } from './resource-pods.ts';
import { corePath, jsonAccept, type Keyed, type Resource } from './resource.ts';
import type { ApiTransport } from './transport.ts';

interface RawObject extends Keyed {
  readonly object: Record<string, unknown>;
}

export interface RecorderOptions {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** '' for all. */
  readonly namespace: string;
  /** Takes secrets out of messages. */
  readonly redact: Redactor;
  /** Of pods alone. */
  readonly selectors: Selectors;
  /** Beside pods, and listed before them: what they say of a pod is known when it comes. */
  readonly also: readonly Exclude<RecordedKind, 'Pod'>[];
  /** List or watch failed, and will be tried again. */
  readonly onFailure: (error: CodedError, of: RecordedKind) => void;
  /** Called in order; must not throw. */
  readonly onEvent: (event: Exclude<RecordedEvent, { kind: 'other' }>) => void;
}

export class Recorder {
  readonly #pods: Reflector<RawObject>;
  readonly #others: readonly Reflector<RawObject>[];

  constructor(options: RecorderOptions) {
    this.#pods = reflectorOf('Pod', options);
    this.#others = options.also.map((kind) => reflectorOf(kind, { ...options, selectors: {} }));
  }

  /** Returns at once. */
  start(): void {
    for (const other of this.#others) other.start();
    void Promise.all(this.#others.map(({ synced }) => synced)).then(() => this.#pods.start());
  }

  /** Resolves when no event can come any more. */
  async stop(): Promise<void> {
    await Promise.all([this.#pods, ...this.#others].map((reflector) => reflector.stop()));
  }
}

function reflectorOf(kind: RecordedKind, options: RecorderOptions): Reflector<RawObject> {
  const resource = rawResource(kind, options);
  const failed = (code: CodedError['code']): void =>
    options.onFailure(new CodedError(code, `list and watch ${resource.plural}`), kind);
  return new Reflector<RawObject>({
    ...options,
    observer: { ...silentReflectorObserver, failed },
    resource,
    sink: recordingSink(kind, options),
  });
}

/** What was told before, by uid, so that a list adds only what is new and a watch knows ADDED from MODIFIED. */
function recordingSink(of: RecordedKind, { clock, onEvent }: RecorderOptions): Sink<RawObject> {
  const known = new Set<string>();
  const tell = (type: 'ADDED' | 'MODIFIED' | 'DELETED', { object }: RawObject): void =>
    onEvent({ kind: 'object', of, type, object, atMs: clock.now() });
  return {
    listing: () => onEvent({ kind: 'listing', of, atMs: clock.now() }),
    upsert: (item) => {
      tell(known.has(item.uid) ? 'MODIFIED' : 'ADDED', item);
      known.add(item.uid);
    },
    remove: (item) => {
      known.delete(item.uid);
      tell('DELETED', item);
    },
    synced: () => onEvent({ kind: 'synced', of, atMs: clock.now() }),
  };
}

function rawResource(kind: RecordedKind, { namespace, redact }: RecorderOptions): Resource<RawObject> {
  const codec = { json: { accept: jsonAccept, read: (object: unknown) => readRaw(kind, object, redact) } };
  switch (kind) {
    case 'Pod':
      return { ...podsOf(namespace), codec };
    case 'Node':
      return { kind, plural: 'nodes', group: '', path: corePath('nodes'), namespace: '', codec };
    case 'Job': {
      const path = corePath('jobs', namespace).replace('/api/v1', '/apis/batch/v1');
      return { kind, plural: 'jobs', group: 'batch', path, namespace, codec };
    }
  }
}

function readRaw(kind: RecordedKind, object: unknown, redact: Redactor): RawObject | CodedError {
  const metadata = fieldOf(object, 'metadata');
  const uid = stringOf(fieldOf(metadata, 'uid'));
  if (!isUid(uid)) return new CodedError('WATCH_OBJECT_INVALID', `a ${kind} has no usable uid`);
  return {
    uid,
    resourceVersion: stringOf(fieldOf(metadata, 'resourceVersion')),
    object: stripped[kind](object, redact),
  };
}
