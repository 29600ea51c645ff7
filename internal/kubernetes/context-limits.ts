/**
 * Limits and requests of one container, from its pod's spec. The pod is read whole, since the API has no smaller view of
 * a spec, and dropped at once: nothing else of it is kept, told or logged, as its environment may hold secrets.
 */
import type { ContextSubject, Resources } from '../pipeline/context.ts';
import { word } from './bounded-text.ts';
import type { ReadOptions } from './context-logs.ts';
import { arrayOf, fieldOf, isRecord } from './json-fields.ts';
import { parseBody } from './context-json.ts';
import { statusError } from './transport-status.ts';
import type { ApiTransport } from './transport.ts';

/** etcd takes no larger object. */
const POD_BYTES = 2 * 1024 * 1024;
/** A container has cpu, memory, storage and a device or two. */
const RESOURCES_TOLD = 8;

/** Undefined where the pod or its container is gone. Rejects with a CodedError. */
export async function readResources(
  transport: Pick<ApiTransport, 'request'>,
  about: ContextSubject,
  options: ReadOptions,
): Promise<Resources | undefined> {
  const { namespace, name } = about;
  const at = [namespace, 'pods', name].map((part) => encodeURIComponent(part)).join('/');
  const answer = await transport.request(
    { method: 'GET', path: `/api/v1/namespaces/${at}` },
    { ...options, maxBytes: POD_BYTES },
  );
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw statusError({ verb: 'get', resource: 'pods', group: '', namespace, name }, answer);
  return resourcesOf(parseBody(answer.body), about);
}

/** Of a pod's JSON; undefined where it is another pod or has no such container. */
export function resourcesOf(pod: unknown, { uid, container }: ContextSubject): Resources | undefined {
  if (fieldOf(fieldOf(pod, 'metadata'), 'uid') !== uid) return undefined;
  const spec = fieldOf(pod, 'spec');
  const lists = ['containers', 'initContainers', 'ephemeralContainers'].map((list) => arrayOf(fieldOf(spec, list)));
  const found = lists.flat().find((one) => fieldOf(one, 'name') === container);
  if (found === undefined) return undefined;
  const resources = fieldOf(found, 'resources');
  return { limits: quantities(fieldOf(resources, 'limits')), requests: quantities(fieldOf(resources, 'requests')) };
}

function quantities(value: unknown): Record<string, string> {
  if (!isRecord(value)) return {};
  const named = Object.entries(value).slice(0, RESOURCES_TOLD);
  return Object.fromEntries(named.map(([name, quantity]) => [word(name), word(String(quantity))]));
}
