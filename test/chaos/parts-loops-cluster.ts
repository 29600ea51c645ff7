/**
 * The simulated API server as a process of its own, with pods that exit and come up again, in turn, at a rate; and every
 * exit as the API server took it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Agent, request } from 'undici';
import { control } from '../support/simulated-apiserver/control.ts';
import type { SyntheticFailure } from '../support/simulated-apiserver/synthetic-fleet.ts';
import type { ChaosCluster } from './simulated-cluster.ts';

export interface LoopingCluster extends ChaosCluster {
  /** All so far, in order. */
  readonly exits: () => Promise<readonly SyntheticFailure[]>;
  /** Deletes the pod at once. */
  readonly remove: (pod: Pick<SyntheticFailure, 'namespace' | 'pod'>) => Promise<void>;
}

/** Starts one with so many pods, all well. */
export async function startLoopingCluster(pods: number): Promise<LoopingCluster> {
  const program = path.join(import.meta.dirname, '../support/simulated-apiserver/main.ts');
  const child = spawn(process.execPath, [program, '--history-limit=50000'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const places = await firstLine(child);
  await control(places.control, { command: 'load', pods });
  const setRate = async (perSecond: number): Promise<void> => {
    await control(places.control, { command: 'fail', rate: perSecond });
    await control(places.control, { command: 'churn', rate: perSecond * 2 });
  };
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  return {
    kubeconfig: places.kubeconfig,
    setRate,
    fail: () => Promise.resolve(),
    retire: () => Promise.resolve(),
    exits: async () => {
      const told = (await control(places.control, { command: 'failures' })) as { failures: SyntheticFailure[] };
      return told.failures;
    },
    remove: async ({ namespace, pod }) => {
      const url = `${places.url}/api/v1/namespaces/${namespace}/pods/${pod}?gracePeriodSeconds=0`;
      const headers = { authorization: `Bearer ${places.token}` };
      const { statusCode, body } = await request(url, { method: 'DELETE', headers, dispatcher });
      await body.dump();
      if (statusCode !== 200) throw new Error(`DELETE ${url}: ${statusCode}`);
    },
    [Symbol.asyncDispose]: async () => {
      await dispatcher.close();
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

type Places = Readonly<Record<'kubeconfig' | 'control' | 'url' | 'token', string>>;

async function firstLine(child: ChildProcess): Promise<Places> {
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  const [line] = (await once(lines, 'line')) as [string];
  return JSON.parse(line) as Places;
}
