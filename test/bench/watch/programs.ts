/**
 * The programs that are compared: the agent as it is shipped, all its parts wired and connected, and informers as a Node and
 * a Go agent would use them.
 */
import path from 'node:path';
import { informerBinary } from './informer-binary.ts';

export interface Surroundings {
  readonly kubeconfig: string;
  /** Base of a plane that takes everything. */
  readonly planeUrl: string;
  /** A fresh one for each start. */
  readonly dataDir: string;
}

export interface Program {
  readonly name: string;
  /** What comes before the flags. */
  readonly command: readonly [string, ...string[]];
  readonly flags: (surroundings: Surroundings) => readonly string[];
  /** Whether it says by /readyz that it has seen all pods, or by a line on its output. */
  readonly syncs: 'by probe' | 'by line';
}

const ROOT = path.join(import.meta.dirname, '..', '..', '..');

/** With a plane, a Lease, and its outbox on disk, on a thread of its own. */
export const watcher: Program = {
  name: 'watcher',
  command: [path.join(ROOT, 'bin/watcher')],
  flags: ({ kubeconfig, planeUrl, dataDir }) => [
    ...[`--kubeconfig=${kubeconfig}`, '--watch-namespace-mode=all', '--leader-elect=true'],
    ...[`--restate-url=${planeUrl}`, '--cluster-id=bench', '--http-listen=127.0.0.1:0'],
    ...['--outbox=durable', `--data-dir=${dataDir}`],
  ],
  syncs: 'by probe',
};

/** The same, its outbox in memory, so without a thread. */
export const watcherInMemory: Program = {
  ...watcher,
  name: 'watcher, no thread',
  flags: (surroundings) => [...watcher.flags(surroundings).slice(0, -2), '--outbox=memory'],
};

/** An informer of @kubernetes/client-node, which keeps whole pods. */
export const clientNode: Program = {
  name: 'client-node',
  command: [process.execPath, path.join(import.meta.dirname, '../naive-agent.ts')],
  flags: ({ kubeconfig, planeUrl }) => [kubeconfig, planeUrl, 'bench'],
  syncs: 'by line',
};

export const CLIENT_GO = 'client-go';

/** A shared informer of client-go over protobuf. Undefined where there is no Go; says why. */
export async function clientGo(say: (text: string) => void): Promise<Program | undefined> {
  const { file, reason } = await informerBinary(say);
  if (file === undefined) {
    say(`left out: the client-go informer, since ${reason ?? ''}`);
    return undefined;
  }
  return {
    name: CLIENT_GO,
    command: [file],
    flags: ({ kubeconfig }) => [`--kubeconfig=${kubeconfig}`],
    syncs: 'by line',
  };
}
