/**
 * the Lease itself goes wrong under a leader: deleted, emptied, taken by somebody who never renews it, or without a
 * word in it. Somebody of ours holds it again soon, and whatever was told meanwhile was told once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { until } from '../support/e2e-until.ts';
import { leaderOf, quickLease, startReplica, type Replica } from './parts-replicas.ts';
import { startRig } from './rig.ts';
import type { Scenario, ScenarioRow, ScenarioRun } from './scenario.ts';

const PLACE = '/apis/coordination.k8s.io/v1/namespaces/default/leases/watcher-leader-lock';
const RATE = 100;

type Spec = Readonly<Record<string, unknown>>;

const now = (): string => new Date().toISOString().replace('Z', '000Z');

/** What the Lease says then; undefined deletes it. */
const troubles: readonly { readonly name: string; readonly spec: ((before: Spec) => Spec) | undefined }[] = [
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
function leaseAt({ url, token }: { readonly url: string; readonly token: string }) {
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

async function troubledLease({ form, progress, signal }: ScenarioRun): Promise<ScenarioRow> {
  await using rig = await startRig();
  await using lease = leaseAt(rig.cluster);
  const replicas: Replica[] = [];
  for (const name of ['one', 'two']) replicas.push(await startReplica(rig, name, { args: quickLease }));
  await leaderOf(replicas);
  await rig.failAndArrive(10);
  await rig.cluster.setRate(RATE);
  const recoveriesMs: number[] = [];
  const times = form === 'long' ? 10 : 1;
  for (let time = 0; time < times && !signal.aborted; time++) {
    for (const { name, spec } of troubles) {
      await sleep(Math.random() * 1_000);
      await lease.make(spec);
      const madeMs = performance.now();
      const holder = await until('one of ours holds the Lease', async () => {
        const is = await lease.holder();
        return replicas.find((replica) => is.startsWith(`${replica.name}_`))?.name;
      });
      recoveriesMs.push(performance.now() - madeMs);
      progress(`${name}: held by ${holder} after ${Math.round(recoveriesMs.at(-1) ?? 0)} ms`);
      await Promise.any(replicas.map(({ door }) => door.nextAccepted(60_000, madeMs)));
    }
  }
  const totals = await rig.settle();
  const names = troubles.map(({ name }) => name).join(', ');
  const note = `${names} in turn, Lease of 3 s; recovery: until one of ours holds it`;
  return { ...totals, faultsInjected: recoveriesMs.length, recoveriesMs, note };
}

export const leaseScenarios: readonly Scenario[] = [
  { id: 'R-22', fault: 'Lease deleted, emptied, taken, wordless', run: troubledLease },
];
