/**
 * What is measured: the agent as it is shipped (bin/watcher), and the baseline (naive-agent.ts), started and stopped the
 * same way, on the same cluster and plane.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { built, startAgent } from '../../cmd/demo/agent.ts';
import { startGuarded } from '../../cmd/demo/guarded.ts';
import { systemClock } from '../../internal/platform/clock.ts';

export interface SubjectWishes {
  readonly kubeconfig: string;
  readonly ingressUrl: string;
  readonly clusterId: string;
  /** Flags of the agent beside the usual ones. */
  readonly flags?: Readonly<Record<string, string>>;
}

/** One that has seen its whole cluster. */
export interface Subject extends AsyncDisposable {
  readonly pid: number;
}

export type StartSubject = (wishes: SubjectWishes) => Promise<Subject>;

const environment = { PATH: process.env['PATH'], TMPDIR: process.env['TMPDIR'], LANG: 'C' };
const NAIVE = path.join(import.meta.dirname, 'naive-agent.ts');
const STOP_WITHIN_MS = 10_000;

/** Why the agent can't be measured; undefined where it can. */
export function unbuilt(): string | undefined {
  const isBuilt =
    existsSync(built.command[0]) && existsSync(path.join(path.dirname(built.command[0]), '../dist/watcher.js'));
  return isBuilt ? undefined : 'bin/watcher is not built: make build';
}

/** The agent. A node's compile cache is warm from the second start on. */
export const startWatcher: StartSubject = async ({ kubeconfig, ingressUrl, clusterId, flags }) => {
  const agent = await startAgent({
    clock: systemClock(),
    environment,
    program: built,
    flags: {
      kubeconfig,
      'restate-url': ingressUrl,
      'cluster-id': clusterId,
      'watch-namespace-mode': 'all',
      'leader-elect': 'false',
      'http-listen': '127.0.0.1:0',
      // Each failure by itself, as the baseline tells them: a digest would wait for its window.
      'digest-threshold': '0',
      ...flags,
    },
  });
  return {
    pid: agent.pid,
    [Symbol.asyncDispose]: async () => {
      await agent.stop();
    },
  };
};

/** The baseline. */
export const startNaive: StartSubject = async ({ kubeconfig, ingressUrl, clusterId }) => {
  const synced = Promise.withResolvers<undefined>();
  const child = await startGuarded({
    program: process.execPath,
    args: [NAIVE, kubeconfig, ingressUrl, clusterId],
    environment,
    onLine: (line) => {
      if (line === 'synced') synced.resolve(undefined);
      else process.stderr.write(`naive agent: ${line}\n`);
    },
  });
  void child.ended.then((code) => {
    synced.reject(new Error(`the naive agent ended with ${code}`));
  });
  await synced.promise;
  return {
    pid: child.pid,
    [Symbol.asyncDispose]: async () => {
      await child.stop(systemClock(), STOP_WITHIN_MS);
    },
  };
};
