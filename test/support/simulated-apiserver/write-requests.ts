/**
 * create, update, patch and delete, and the access reviews, which are creations that store nothing.
 */
import { buffer } from 'node:stream/consumers';
import { chooseEncoder } from './accept.ts';
import { reviewAccess, reviewRules } from './access-review.ts';
import { deleteObject } from './delete-rules.ts';
import { sendBytes, sendJson, type Exchange } from './exchange.ts';
import { textAt, valueAt, type KubernetesObject } from './objects.ts';
import { apiVersionOf, type ResourceDefinition } from './resources.ts';
import { ApiError, badRequest, deletedStatus, methodNotAllowed, unsupportedBody, unsupportedPatch } from './status.ts';
import type { StoredObject } from './stored-object.ts';
import { create, patch, update, type WriteTarget } from './write-rules.ts';

/** etcd's limit, and so the API server's (1.5 MiB), twice over. */
const LARGEST_BODY_BYTES = 3 * 1024 * 1024;

/** Throws ApiError. */
export async function answerWrite(exchange: Exchange, definition: ResourceDefinition): Promise<void> {
  const { record, server } = exchange;
  const target = {
    store: server.store,
    definition,
    namespace: definition.isNamespaced ? record.namespace : '',
    name: record.name,
    isStatus: record.subresource === 'status',
  };
  // Collections take POST, single objects everything else.
  if ((record.verb === 'create') !== (record.name === '')) throw new ApiError(methodNotAllowed());
  switch (record.verb) {
    case 'create': {
      answerObject(exchange, 201, create(target, await readObject(exchange, definition)));
      return;
    }
    case 'update': {
      answerUpdate(exchange, target, await readObject(exchange, definition));
      return;
    }
    case 'patch': {
      answerObject(exchange, 200, patch(target, await readPatch(exchange)));
      return;
    }
    case 'delete': {
      answerDelete(exchange, target, await readBody(exchange));
      return;
    }
    default:
      throw new ApiError(methodNotAllowed());
  }
}

function answerObject(exchange: Exchange, code: number, object: StoredObject): void {
  const encoder = chooseEncoder(exchange.record.accept, 'object', exchange.server.encoders);
  sendBytes(exchange, code, encoder.contentType, encoder.object(object));
}

function answerUpdate(exchange: Exchange, target: WriteTarget, body: KubernetesObject): void {
  const existed = target.store.get(target.definition, target.name, target.namespace) !== undefined;
  answerObject(exchange, existed ? 200 : 201, update(target, body));
}

function answerDelete(exchange: Exchange, target: WriteTarget, body: unknown): void {
  const grace = exchange.record.query.get('gracePeriodSeconds') ?? valueAt(body, 'gracePeriodSeconds');
  const wishes = {
    gracePeriodSeconds: grace === undefined || grace === null ? undefined : Number(grace),
    uid: textAt(body, 'preconditions', 'uid'),
    resourceVersion: textAt(body, 'preconditions', 'resourceVersion'),
  };
  const { object, isRemoved } = deleteObject(target, wishes, exchange.server.clock);
  if (isRemoved && !target.definition.deletesGracefully) {
    sendJson(exchange, 200, deletedStatus(target.definition, object.name, object.uid));
  } else {
    answerObject(exchange, 200, object);
  }
}

/** SelfSubjectAccessReview and SelfSubjectRulesReview; undefined for any other resource. */
export function reviewOf(group: string, resource: string): ((exchange: Exchange) => Promise<void>) | undefined {
  if (group !== 'authorization.k8s.io') return undefined;
  const review = { selfsubjectaccessreviews: reviewAccess, selfsubjectrulesreviews: reviewRules }[resource];
  if (review === undefined) return undefined;
  return async (exchange) => {
    if (exchange.record.verb !== 'create') throw new ApiError(methodNotAllowed());
    sendJson(exchange, 201, review(exchange.user, await readJson(exchange)));
  };
}

async function readObject(exchange: Exchange, definition: ResourceDefinition): Promise<KubernetesObject> {
  const body = await readJson(exchange);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new ApiError(badRequest(`the object provided is unrecognized (must be of type ${definition.kind})`));
  }
  const kind = textAt(body, 'kind') || definition.kind;
  const apiVersion = textAt(body, 'apiVersion') || apiVersionOf(definition);
  if (kind !== definition.kind || apiVersion !== apiVersionOf(definition)) {
    const text = `${kind} in version "${apiVersion}" cannot be handled as a ${definition.kind}`;
    throw new ApiError(badRequest(text));
  }
  const metadata = valueAt(body, 'metadata');
  return { ...body, metadata: typeof metadata === 'object' && metadata !== null ? metadata : {} };
}

async function readJson(exchange: Exchange): Promise<unknown> {
  const type = (exchange.record.headers['content-type'] ?? 'application/json').split(';')[0]?.trim();
  if (type !== 'application/json') throw new ApiError(unsupportedBody());
  return readBody(exchange);
}

/** Strategic merges, JSON patches and server-side apply would need the schema: they are refused, not guessed. */
async function readPatch(exchange: Exchange): Promise<unknown> {
  const type = (exchange.record.headers['content-type'] ?? '').split(';')[0]?.trim();
  if (type !== 'application/merge-patch+json') throw new ApiError(unsupportedPatch());
  return readBody(exchange);
}

async function readBody(exchange: Exchange): Promise<unknown> {
  const bytes = await buffer(exchange.request);
  if (bytes.length > LARGEST_BODY_BYTES) throw new ApiError(badRequest('the object is too large'));
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ApiError(
      badRequest(`the object provided is unrecognized: couldn't get version/kind; json parse error: ${why}`),
    );
  }
}
