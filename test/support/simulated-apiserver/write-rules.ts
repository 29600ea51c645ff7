/**
 * What a write through the API may do: the checks and the bookkeeping that kube-apiserver puts before its store. Enough
 * of it that a client can't tell the difference in what this project does: names, namespaces, conflicts, status as a
 * subresource, no-op updates. No admission, no validation of specs.
 */
import { missingName, missingResourceVersion, notFound, internalError, alreadyExists, conflict } from './status.ts';
import { ApiError, badRequest } from './status.ts';
import { mergePatch, sameJson, textAt, withMeta, type KubernetesObject } from './objects.ts';
import type { ObjectStore } from './object-store.ts';
import { namespaces, pods, type ResourceDefinition } from './resources.ts';
import type { StoredObject } from './stored-object.ts';

/** Where a write goes. */
export interface WriteTarget {
  readonly store: ObjectStore;
  readonly definition: ResourceDefinition;
  /** '' for what belongs to no namespace. */
  readonly namespace: string;
  readonly name: string;
  readonly isStatus: boolean;
}

/** POST. Throws 400, 404, 409, 422 and, as the real one does for a resourceVersion, 500. */
export function create(target: WriteTarget, body: KubernetesObject): StoredObject {
  const { store, definition } = target;
  const meta = checkedMeta(target, body);
  if (meta.resourceVersion !== undefined && meta.resourceVersion !== '') {
    throw new ApiError(internalError('resourceVersion should not be set on objects to be created'));
  }
  const { name } = meta;
  if (name === undefined) throw new ApiError(missingName(definition));
  if (definition.isNamespaced && store.get(namespaces, target.namespace) === undefined) {
    throw new ApiError(notFound(namespaces, target.namespace));
  }
  if (store.get(definition, name, target.namespace) !== undefined) throw new ApiError(alreadyExists(definition, name));
  return store.put(definition, withDefaults(definition, { ...body, metadata: withMeta(meta, { uid: undefined }) }));
}

/** PUT. Throws 400, 404, 409 and 422. */
export function update(target: WriteTarget, body: KubernetesObject): StoredObject {
  const { store, definition, name, namespace } = target;
  const meta = checkedMeta(target, body);
  if (meta.name !== name) {
    const text = `the name of the object (${meta.name ?? ''}) does not match the name on the URL (${name})`;
    throw new ApiError(badRequest(text));
  }
  const existing = store.get(definition, name, namespace);
  if (existing === undefined) {
    if (!definition.createsOnUpdate) throw new ApiError(notFound(definition, name));
    return create(target, { ...body, metadata: withMeta(meta, { resourceVersion: undefined }) });
  }
  checkPreconditions(target, existing, meta);
  if (!meta.resourceVersion && !definition.allowsUnconditionalUpdate) {
    throw new ApiError(missingResourceVersion(definition, name));
  }
  return replace(target, existing, body);
}

/** PATCH with a JSON merge patch. Throws 404 and 409. */
export function patch(target: WriteTarget, change: unknown): StoredObject {
  const { store, definition, name, namespace } = target;
  const existing = store.get(definition, name, namespace);
  if (existing === undefined) throw new ApiError(notFound(definition, name));
  const resourceVersion = textAt(change, 'metadata', 'resourceVersion');
  checkPreconditions(target, existing, { resourceVersion });
  return replace(target, existing, mergePatch(existing.body(), change) as KubernetesObject);
}

/** Throws a 409 where the object is not the one that was meant. */
export function checkPreconditions(
  target: WriteTarget,
  existing: StoredObject,
  wanted: { readonly uid?: string; readonly resourceVersion?: string },
): void {
  const { definition, name } = target;
  if (wanted.uid && wanted.uid !== existing.uid) {
    const text = `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${existing.uid}`;
    throw new ApiError(conflict(definition, name, text));
  }
  if (wanted.resourceVersion && wanted.resourceVersion !== String(existing.revision)) {
    throw new ApiError(conflict(definition, name));
  }
}

function replace(target: WriteTarget, existing: StoredObject, body: KubernetesObject): StoredObject {
  const { store, definition } = target;
  const before = existing.body();
  const after = definition.hasStatus ? mergeStatus(before, body, target.isStatus) : body;
  const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds } = before.metadata;
  const metadata = withMeta(after.metadata, {
    namespace: before.metadata.namespace,
    uid,
    resourceVersion: before.metadata.resourceVersion,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    generation: before.metadata.generation,
  });
  const next = { ...after, metadata };
  const { apiVersion: _apiVersion, kind: _kind, ...said } = next;
  if (sameJson(said, before)) return existing;
  const stored = store.put(definition, next);
  const isFreed = deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0;
  const wasHeld = (before.metadata.finalizers ?? []).length > 0;
  if (isFreed && wasHeld) return store.remove(definition, target.name, target.namespace) ?? stored;
  return stored;
}

/** A main resource keeps the status there is, a status keeps everything else. */
function mergeStatus(before: KubernetesObject, body: KubernetesObject, isStatus: boolean): KubernetesObject {
  if (isStatus) return { ...before, status: body['status'] };
  return { ...body, status: before['status'] };
}

/** metadata with name and namespace settled. */
function checkedMeta(target: WriteTarget, body: KubernetesObject): KubernetesObject['metadata'] {
  const meta = body.metadata;
  if (target.definition.isNamespaced && meta.namespace && meta.namespace !== target.namespace) {
    throw new ApiError(
      badRequest('the namespace of the provided object does not match the namespace sent on the request'),
    );
  }
  const generated = meta.generateName ? `${meta.generateName}${suffix(target.store.revision)}` : undefined;
  const namespace = target.definition.isNamespaced ? target.namespace : undefined;
  return withMeta(meta, { name: meta.name || generated, namespace });
}

/** Five characters out of those the real one uses, different for each revision. */
function suffix(revision: number): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  let rest = revision * 7919 + 14_348_907;
  let text = '';
  for (let place = 0; place < 5; place++) {
    text += alphabet[rest % alphabet.length] ?? '';
    rest = Math.floor(rest / alphabet.length);
  }
  return text;
}

function withDefaults(definition: ResourceDefinition, body: KubernetesObject): KubernetesObject {
  if (definition === pods) {
    return {
      ...body,
      metadata: withMeta(body.metadata, { generation: 1 }),
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    };
  }
  return definition === namespaces ? namespaceBody(body) : body;
}

/** A namespace as the API server completes it. */
export function namespaceBody(body: KubernetesObject): KubernetesObject {
  const name = body.metadata.name ?? '';
  const labels = { ...body.metadata.labels, 'kubernetes.io/metadata.name': name };
  return {
    metadata: withMeta(body.metadata, { labels }),
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
}
