/**
 * The Lease that replicas share, as an operator with all rights may change it, and what it says when it goes wrong.
 */
import { Agent, request } from 'undici';
import { until } from '../support/e2e-until.ts';

const PLACE = '/apis/coordination.k8s.io/v1/namespaces/default/leases/watcher-leader-lock';

type Spec = Readonly<Record<string, unknown>>;

const now = (): string => new Date().toISOString().replace('Z', '000Z');

/** What the Lease says then; undefined deletes it. */
export const leaseTroubles: readonly { readonly name: string; readonly spec: ((before: Spec) => Spec) | undefined }[] =
  [
    { name: 'deleted', spec: undefined },
    { name: 'emptied', spec: (before) => ({ ...before, holderIdentity: '' }) },
    {
      name: 'taken',
      spec: (before) => ({ ...before, holderIdentity: 'somebody', acquireTime: now(), renewTime: now() }),
    },
    { name: 'wordless', spec: () => ({}) },
  ];

interface LeaseObject {
  readonly spec?: Spec;
  readonly [field: string]: unknown;
}

/** The Lease, as an operator with all rights has it. */
export function leaseAt({ url, token }: { readonly url: string; readonly token: string }) {
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const ask = async (method: 'GET' | 'PUT' | 'DELETE', object?: LeaseObject) => {
    const body = object === undefined ? {} : { body: JSON.stringify(object) };
    const answer = await request(`${url}${PLACE}`, { method, headers, dispatcher, ...body });
    return { status: answer.statusCode, object: (await answer.body.json()) as LeaseObject };
  };
  return {
    holder: async (): Promise<string> => {
      const { status, object } = await ask('GET');
      const holder = object.spec?.['holderIdentity'];
      return status === 200 && typeof holder === 'string' ? holder : '';
    },
    /** Resolves when it is so. The leader writes as well, so it may take some tries. */
    make: (spec: ((before: Spec) => Spec) | undefined): Promise<true> =>
      until('the Lease is changed', async () => {
        const { object } = await ask('GET');
        const change = { ...object, spec: spec?.(object.spec ?? {}) ?? {} };
        const { status } = spec === undefined ? await ask('DELETE') : await ask('PUT', change);
        return status === 200 ? true : undefined;
      }),
    [Symbol.asyncDispose]: () => dispatcher.close(),
  };
}
