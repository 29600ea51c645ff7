/**
 * The uid of the namespace kube-system: what everybody takes for the cluster's own identity, as it is made with the
 * cluster and lives as long. Enrolment sends it, so that the plane can refuse a second cluster under one name.
 */
import { CodedError } from '../platform/errors.ts';
import { partialMetadataJson, readMetadataJson } from './resource-metadata.ts';
import { statusError } from './transport-status.ts';
import type { ApiTransport } from './transport.ts';

const TIMEOUT_MS = 10_000;

/** Rejects with a CodedError: API_FORBIDDEN where we may not get that namespace, API_UNREACHABLE, ... */
export async function fetchClusterUid(transport: ApiTransport, signal?: AbortSignal): Promise<string> {
  const answer = await transport.request(
    { method: 'GET', path: '/api/v1/namespaces/kube-system', headers: { accept: partialMetadataJson.watch } },
    { timeoutMs: TIMEOUT_MS, maxBytes: 1024 * 1024, ...(signal === undefined ? {} : { signal }) },
  );
  if (answer.status !== 200) {
    throw statusError({ verb: 'get', resource: 'namespaces', group: '', name: 'kube-system' }, answer);
  }
  const read = readMetadataJson(parse(answer.body));
  if (read instanceof CodedError) throw new CodedError('API_ANSWER_INVALID', 'namespace kube-system has no usable uid');
  return read.uid;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
