/** What a scenario may do and wait for. Each step says what it is, for the error when what it waits for never comes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../cluster/control-plane/api-client.ts';
import { until as soon } from '../support/e2e-until.ts';
import { pathOf, type Manifest } from './manifests.ts';
import { isLeaving, type PodIs } from './pod-is.ts';
import type { Step } from './scenario.ts';
import type { Stage } from './stage.ts';

/** For one step: a busy machine takes its time. */
const PATIENCE_MS = 240_000;

export function create(...manifests: readonly Manifest[]): Step {
  return {
    what: `create ${manifests.map(({ metadata }) => metadata.name).join(', ')}`,
    run: async ({ cluster, namespace }) => {
      for (const manifest of manifests)
        await unless(409, cluster.api('POST', pathOf(manifest.kind, namespace), manifest));
    },
  };
}

/** What a controller made goes with it, as with kubectl. A grace of 0 is by force. */
export function remove(kind: Manifest['kind'], name: string, graceSeconds?: number): Step {
  return {
    what: `delete ${name}`,
    run: async ({ cluster, namespace }) => {
      const grace = graceSeconds === undefined ? '' : `&gracePeriodSeconds=${graceSeconds}`;
      await cluster.api('DELETE', `${pathOf(kind, namespace, name)}?propagationPolicy=Background${grace}`);
    },
  };
}

/** A strategic merge patch, of a subresource where one is named. */
export function patch(kind: Manifest['kind'], name: string, body: object, subresource?: string): Step {
  return {
    what: `change ${name}`,
    run: async ({ cluster, namespace }) => {
      const path = [pathOf(kind, namespace, name), ...(subresource === undefined ? [] : [subresource])].join('/');
      await cluster.api('PATCH', path, body, { contentType: 'application/strategic-merge-patch+json' });
    },
  };
}

/** Waits until so many pods of that name are so at once. */
export function until(pod: string, { what, holds }: PodIs, count = 1): Step {
  return waitFor(`${count} of ${pod}: ${what}`, ({ pods }) => pods.named(pod).filter(holds).length >= count);
}

/** Waits until no pod of that name is left; with `isSo`, none that is so. */
export function untilNone(pod: string, isSo?: PodIs): Step {
  const what = `no ${pod}${isSo === undefined ? '' : `: ${isSo.what}`}`;
  return waitFor(what, ({ pods }) => !pods.named(pod).some((one) => isSo?.holds(one) ?? true));
}

function waitFor(what: string, isSo: (stage: Stage) => boolean): Step {
  return { what: `wait for ${what}`, run: (stage) => stage.pods.until(() => isSo(stage), PATIENCE_MS) };
}

/** What goes on goes on for so long. */
export function lasting(seconds: number): Step {
  return { what: `let ${seconds} s pass`, run: () => sleep(seconds * 1000) };
}

/** Waits for the controllers to have seen to it: a budget's pods are counted before they may be evicted. */
export function untilBudgetIs(name: string, allowed: number): Step {
  const what = `${name} allows ${allowed} disruptions`;
  return {
    what: `wait until ${what}`,
    run: ({ cluster, namespace }) =>
      soon(
        what,
        async () => {
          const path = pathOf('PodDisruptionBudget', namespace, name);
          const { status } = await cluster.api<BudgetObject>('GET', path);
          return status?.disruptionsAllowed === allowed && (status.expectedPods ?? 0) > 0;
        },
        PATIENCE_MS,
      ),
  };
}

interface BudgetObject {
  readonly status?: { readonly disruptionsAllowed?: number; readonly expectedPods?: number };
}

/**
 * As kubectl drain does: every pod is evicted, and asked for again where its PodDisruptionBudget forbids it. The node is
 * not cordoned, since there is no other one for the pods that take their place.
 */
export function drain(pod: string): Step {
  return {
    what: `drain ${pod}`,
    run: async (stage) => {
      for (const { metadata } of stage.pods.named(pod)) await evict(stage, metadata.name);
    },
  };
}

async function evict({ cluster, namespace, pods }: Stage, name: string): Promise<void> {
  const path = `${pathOf('Pod', namespace, name)}/eviction`;
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
  const ask = async (): Promise<boolean> => (await unless(429, cluster.api('POST', path, body))) === 'done';
  await soon(`${name} may be evicted`, ask, PATIENCE_MS);
  await pods.until(() => pods.named(name).every((pod) => isLeaving.holds(pod)), PATIENCE_MS);
}

/** Its containers go on; what becomes of them is said when it is started again. */
export const stopKubelet: Step = {
  what: 'kill the kubelet',
  run: async ({ cluster }) => cluster.node?.stopKubelet(),
};

export const startKubelet: Step = {
  what: 'start the kubelet',
  run: async ({ cluster }) => cluster.node?.startKubelet(),
};

/** What else is done to the cluster. */
export function perform(what: string, run: Step['run']): Step {
  return { what, run };
}

async function unless(status: number, request: Promise<unknown>): Promise<'done' | 'refused'> {
  try {
    await request;
    return 'done';
  } catch (error) {
    if (error instanceof ApiError && error.status === status) return 'refused';
    throw error;
  }
}
