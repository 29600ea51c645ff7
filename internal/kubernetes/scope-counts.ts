/**
 * Counts pods without reading them: a list of one object says how many are left (ListMeta.remainingItemCount, told
 * where no selector is given). Costs one small request for the cluster and one for each namespace.
 */
import { CodedError } from '../platform/errors.ts';
import { fieldOf, integerOf, isRecord } from './json-fields.ts';
import { partialMetadataJson } from './resource-metadata.ts';
import { corePath } from './resource.ts';
import type { PodCounts } from './scope-plan.ts';
import { statusError } from './transport-status.ts';
import type { ApiTransport } from './transport.ts';

const TIMEOUT_MS = 5_000;

/** Rejects with a CodedError where one of them could not be counted. */
export async function countPods(
  transport: ApiTransport,
  namespaces: readonly string[],
  signal: AbortSignal,
): Promise<PodCounts> {
  const [inCluster = 0, ...each] = await Promise.all(['', ...namespaces].map((name) => count(transport, name, signal)));
  return { inCluster, inScope: each.reduce((sum, pods) => sum + pods, 0) };
}

/** Pods in a namespace, or, with '', in all. */
async function count(transport: ApiTransport, namespace: string, signal: AbortSignal): Promise<number> {
  const path = corePath('pods', namespace);
  const answer = await transport.request(
    { method: 'GET', path, query: { limit: 1 }, headers: { accept: partialMetadataJson.list } },
    { timeoutMs: TIMEOUT_MS, maxBytes: 2 * 1024 * 1024, signal },
  );
  if (answer.status !== 200) {
    const about = { verb: 'list', resource: 'pods', group: '' } as const;
    throw statusError(namespace === '' ? about : { ...about, namespace }, answer);
  }
  return countIn(answer.body, path);
}

function countIn(body: Buffer, path: string): number {
  const list = parsed(body);
  const items = fieldOf(list, 'items');
  const metadata = fieldOf(list, 'metadata');
  if (!isRecord(metadata)) throw new CodedError('API_ANSWER_INVALID', `GET ${path}: no list in the answer`);
  return (Array.isArray(items) ? items.length : 0) + integerOf(fieldOf(metadata, 'remainingItemCount'));
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
