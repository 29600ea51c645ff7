/**
 * GET pods/NAME/log: what containers wrote, as a test says, answered as the API server and the kubelet behind it do. Texts
 * recorded from kube-apiserver 1.36 and its kubelet.
 */
import { sendBytes, type Exchange } from './exchange.ts';
import { textAt, valueAt } from './objects.ts';
import { pods } from './resources.ts';
import { ApiError, badRequest, methodNotAllowed, notFound } from './status.ts';
import type { StoredObject } from './stored-object.ts';

/** Throws ApiError. */
export function answerLog(exchange: Exchange): void {
  const { record, server } = exchange;
  if (record.method !== 'GET') throw new ApiError(methodNotAllowed());
  const { namespace, name: pod, query } = record;
  const stored = server.store.get(pods, pod, namespace);
  if (stored === undefined) throw new ApiError(notFound(pods, pod));
  const container = containerIn(stored, query.get('container') ?? '');
  if (textAt(stored.body(), 'spec', 'nodeName') === '') {
    exchange.response.send(204, {}, Buffer.alloc(0));
    return;
  }
  const isPrevious = query.get('previous') === 'true';
  const text = server.logs.get({ namespace, pod, container, isPrevious });
  if (text === undefined && isPrevious) {
    throw new ApiError(badRequest(`previous terminated container "${container}" in pod "${pod}" not found`));
  }
  sendBytes(exchange, 200, 'text/plain', cut(Buffer.from(lastLines(text ?? '', query.get('tailLines'))), query));
}

/** The one that is named, or the only one. */
function containerIn(stored: StoredObject, wanted: string): string {
  const containers = valueAt(stored.body(), 'spec', 'containers');
  const names = Array.isArray(containers) ? containers.map((one) => textAt(one, 'name')) : [];
  if (wanted === '' && names.length === 1) return names.join('');
  if (names.includes(wanted)) return wanted;
  const text =
    wanted === ''
      ? `a container name must be specified for pod ${stored.name}, choose one of: [${names.join(' ')}]`
      : `container ${wanted} is not valid for pod ${stored.name}`;
  throw new ApiError(badRequest(text));
}

function lastLines(text: string, wanted: string | null): string {
  if (wanted === null) return text;
  const lines = text.replace(/\n$/, '').split('\n').slice(-Number(wanted));
  return lines.length === 0 || text === '' ? '' : `${lines.join('\n')}\n`;
}

/** From the first line on: the kubelet stops there. */
function cut(bytes: Buffer, query: URLSearchParams): Buffer {
  const limit = query.get('limitBytes');
  return limit === null ? bytes : bytes.subarray(0, Number(limit));
}
