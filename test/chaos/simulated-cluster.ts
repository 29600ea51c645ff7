/**
 * The simulated cluster of a chaos run: an API server in another process whose pods fail, one failure each, at a rate or
 * on demand. What failed is told to the listener the moment the API server has it.
 */
import { fork } from 'node:child_process';
import path from 'node:path';
import { disconnected } from '../support/disconnected.ts';
import type { InjectedFailure } from './failure.ts';

/** Whose the pods are that fail: nobody's, so that many failures have one cause; or each that of a workload of its own. */
export type Workloads = 'none' | 'own';

type Command =
  | { readonly kind: 'rate'; readonly perSecond: number }
  | { readonly kind: 'fail'; readonly count: number; readonly workloads: Workloads }
  | { readonly kind: 'retire'; readonly pods: readonly Pick<InjectedFailure, 'namespace' | 'pod'>[] }
  | { readonly kind: 'cut' };

/** To the process; each is answered by `done` with its id. */
export type ClusterCommand = Command & { readonly id: number };

interface Ready {
  readonly kind: 'ready';
  readonly kubeconfig: string;
  readonly url: string;
  /** The control door (test/support/simulated-apiserver/control.ts). */
  readonly control: string;
  readonly token: string;
  readonly caPem: string;
}

/** From the process. */
export type ClusterReport =
  | Ready
  | { readonly kind: 'failed'; readonly failures: readonly InjectedFailure[] }
  | { readonly kind: 'done'; readonly command: number };

/** A cluster on which failures can be injected, simulated or real. */
export interface ChaosCluster extends AsyncDisposable {
  readonly kubeconfig: string;
  /** From now on so many failures a second, each in a pod of its own; 0 ends it. Resolves when the cluster has heard. */
  readonly setRate: (perSecond: number) => Promise<void>;
  /** Injects so many at once; resolves when they are accepted and told to the listener. */
  readonly fail: (count: number) => Promise<void>;
  /** Removes the pods of failures. */
  readonly retire: (failures: readonly InjectedFailure[]) => Promise<void>;
}

export interface SimulatedCluster extends ChaosCluster, Omit<Ready, 'kind'> {
  /** Resets every connection to the API server. */
  readonly cut: () => Promise<void>;
  readonly fail: (count: number, workloads?: Workloads) => Promise<void>;
}

/** Starts one. `onFailure` is called for every failure, in order. */
export async function startSimulatedCluster(onFailure: (failure: InjectedFailure) => void): Promise<SimulatedCluster> {
  const child = fork(path.join(import.meta.dirname, 'simulated-cluster-process.ts'), [], { execArgv: [], env: {} });
  const ready = Promise.withResolvers<Ready>();
  const done = new Map<number, () => void>();
  let commands = 0;
  child.on('message', (report: ClusterReport) => {
    if (report.kind === 'ready') ready.resolve(report);
    else if (report.kind === 'failed') report.failures.forEach(onFailure);
    else done.get(report.command)?.();
  });
  child.once('exit', (code) => {
    ready.reject(new Error(`the simulated cluster ended with ${code ?? 'a signal'}`));
    for (const resolve of done.values()) resolve();
  });
  const order = (command: Command): Promise<void> =>
    new Promise((resolve) => {
      const id = ++commands;
      done.set(id, () => {
        done.delete(id);
        resolve();
      });
      child.send({ ...command, id } satisfies ClusterCommand);
    });
  const { kind: _kind, ...places } = await ready.promise;
  return {
    ...places,
    setRate: (perSecond) => order({ kind: 'rate', perSecond }),
    fail: (count, workloads = 'none') => order({ kind: 'fail', count, workloads }),
    retire: (failures) => order({ kind: 'retire', pods: failures.map(({ namespace, pod }) => ({ namespace, pod })) }),
    cut: () => order({ kind: 'cut' }),
    [Symbol.asyncDispose]: () => disconnected(child),
  };
}
