/**
 * PodRecorder: the pods of a cluster or a namespace as a recording, for as long as it runs. The reflector is the agent's
 * own, so a recording goes on over everything a watch goes on over; a list that has to begin anew shows as `listing`.
 */
import type { Clock } from '../platform/clock.ts';
import { CodedError } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import { fieldOf, stringOf } from './json-fields.ts';
import { isUid } from './pod-facts-json.ts';
import type { RecordedEvent } from './recording.ts';
import { strippedPod } from './recording-strip.ts';
import type { ReflectorObserver, Selectors, Sink } from './reflector-types.ts';
import { Reflector } from './reflector.ts';
import { podsOf } from './resource-pods.ts';
import { jsonAccept, type Keyed, type Resource } from './resource.ts';
import type { ApiTransport } from './transport.ts';

interface RawPod extends Keyed {
  readonly object: Record<string, unknown>;
}

export interface PodRecorderOptions {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** '' for all. */
  readonly namespace: string;
  readonly selectors?: Selectors;
  readonly observer?: ReflectorObserver;
  /** Called in order; must not throw. */
  readonly onEvent: (event: Exclude<RecordedEvent, { kind: 'other' }>) => void;
}

/** Begins with `start`, ends with `stop`. */
export function podRecorder(options: PodRecorderOptions): Pick<Reflector<RawPod>, 'start' | 'stop'> {
  return new Reflector<RawPod>({ ...options, resource: rawPods(options.namespace), sink: recordingSink(options) });
}

/** What was told before, by uid, so that a list adds only what is new and a watch knows ADDED from MODIFIED. */
function recordingSink({ clock, onEvent }: PodRecorderOptions): Sink<RawPod> {
  const known = new Set<string>();
  const tell = (type: 'ADDED' | 'MODIFIED' | 'DELETED', { object }: RawPod): void =>
    onEvent({ kind: 'pod', type, object, atMs: clock.now() });
  return {
    listing: () => onEvent({ kind: 'listing', atMs: clock.now() }),
    upsert: (pod) => {
      tell(known.has(pod.uid) ? 'MODIFIED' : 'ADDED', pod);
      known.add(pod.uid);
    },
    remove: (pod) => {
      known.delete(pod.uid);
      tell('DELETED', pod);
    },
    synced: () => onEvent({ kind: 'synced', atMs: clock.now() }),
  };
}

function rawPods(namespace: string): Resource<RawPod> {
  return { ...podsOf(namespace), codec: { json: { accept: jsonAccept, read: readRawPod } } };
}

function readRawPod(object: unknown): RawPod | CodedError {
  const metadata = fieldOf(object, 'metadata');
  const uid = stringOf(fieldOf(metadata, 'uid'));
  if (!isUid(uid)) return new CodedError('WATCH_OBJECT_INVALID', 'a pod has no usable uid');
  return { uid, resourceVersion: stringOf(fieldOf(metadata, 'resourceVersion')), object: strippedPod(object) };
}
