/**
 * DELETE: what goes at once, what is only asked to go. A pod first gets its deletionTimestamp, and is removed when its
 * grace period is 0, which for a pod on a node only the kubelet (here: the test) says. Recorded from kube-apiserver 1.36,
 * where even a forced deletion is two revisions.
 */
import type { Clock } from '../../../internal/platform/clock.ts';
import { textAt, timestamp, valueAt, withMeta, type KubernetesObject } from './objects.ts';
import { namespaces } from './resources.ts';
import { ApiError, notFound } from './status.ts';
import type { StoredObject } from './stored-object.ts';
import { checkPreconditions, type WriteTarget } from './write-rules.ts';

export interface DeleteWishes {
  readonly gracePeriodSeconds: number | undefined;
  readonly uid: string;
  readonly resourceVersion: string;
}

export interface Deletion {
  /** The object as it was left: removed, or waiting to be. */
  readonly object: StoredObject;
  readonly isRemoved: boolean;
}

/** Throws 404 and 409. */
export function deleteObject(target: WriteTarget, wishes: DeleteWishes, clock: Clock): Deletion {
  const { store, definition, name, namespace } = target;
  const existing = store.get(definition, name, namespace);
  if (existing === undefined) throw new ApiError(notFound(definition, name));
  checkPreconditions(target, existing, wishes);
  if (definition === namespaces) return markNamespace(target, existing, clock);
  if (!definition.deletesGracefully) return deleteAtOnce(target, existing, clock);
  const graceSeconds = graceOf(existing.body(), wishes.gracePeriodSeconds);
  const marked = markTerminating(target, existing, graceSeconds, clock);
  return graceSeconds === 0 && !isHeld(marked) ? remove(target, marked) : { object: marked, isRemoved: false };
}

function deleteAtOnce(target: WriteTarget, existing: StoredObject, clock: Clock): Deletion {
  if (!isHeld(existing)) return remove(target, existing);
  return { object: markTerminating(target, existing, 0, clock), isRemoved: false };
}

function remove(target: WriteTarget, existing: StoredObject): Deletion {
  const { store, definition, name, namespace } = target;
  return { object: store.remove(definition, name, namespace) ?? existing, isRemoved: true };
}

const isHeld = (object: StoredObject): boolean => (object.meta.finalizers ?? []).length > 0;

/** Nothing runs of a pod without a node, or of one that has ended. */
function graceOf(pod: KubernetesObject, wanted: number | undefined): number {
  const phase = textAt(pod, 'status', 'phase');
  if (textAt(pod, 'spec', 'nodeName') === '' || phase === 'Succeeded' || phase === 'Failed') return 0;
  const own = valueAt(pod, 'spec', 'terminationGracePeriodSeconds');
  return Math.max(0, wanted ?? (typeof own === 'number' ? own : 30));
}

function markTerminating(
  target: WriteTarget,
  existing: StoredObject,
  graceSeconds: number,
  clock: Clock,
): StoredObject {
  const body = existing.body();
  const before = body.metadata;
  const known = before.deletionGracePeriodSeconds;
  // A second request may shorten the grace period, never lengthen it.
  if (before.deletionTimestamp !== undefined && known !== undefined && known <= graceSeconds) return existing;
  // A shorter grace period brings the end nearer, counted from the first request, but never into the past; what is left
  // of a grace period that is over is a second (rest.BeforeDelete).
  const endMs = Date.parse(before.deletionTimestamp ?? '');
  const askedMs = Number.isNaN(endMs) ? clock.now() : endMs - (known ?? 0) * 1000;
  const newEndMs = askedMs + graceSeconds * 1000;
  const isOver = newEndMs < clock.now();
  const metadata = withMeta(before, {
    deletionTimestamp: timestamp(isOver ? clock.now() : newEndMs),
    deletionGracePeriodSeconds: isOver ? Math.min(graceSeconds, 1) : graceSeconds,
    generation: before.deletionTimestamp === undefined ? (before.generation ?? 1) + 1 : before.generation,
  });
  return target.store.put(target.definition, { ...body, metadata });
}

/** Its controller removes it when it is empty; there is none here (see SimulatedApiServer.deleteNamespace). */
function markNamespace(target: WriteTarget, existing: StoredObject, clock: Clock): Deletion {
  const body = existing.body();
  if (body.metadata.deletionTimestamp !== undefined) return { object: existing, isRemoved: false };
  const metadata = withMeta(body.metadata, { deletionTimestamp: timestamp(clock.now()) });
  const object = target.store.put(target.definition, { ...body, metadata, status: { phase: 'Terminating' } });
  return { object, isRemoved: false };
}
