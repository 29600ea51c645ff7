/**
 * A shell in which the commands of the documents run as they are shown: `watcher` is the agent from its sources, `kubectl
 * exec` runs here what it would run in a pod, `kubectl` and `helm` speak to a real API server. It stands in a folder of its
 * own, with the checkout's folders beside what the commands write.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '..', '..');
/** What commands of the documents name. */
const LINKED = ['deploy', 'test', 'docs'];

export interface ShellEnded {
  readonly code: number;
  /** Both streams, as they came. */
  readonly said: string;
}

export interface ShellTools {
  /** Paths; absent where the machine has none. */
  readonly kubectl?: string | undefined;
  readonly helm?: string | undefined;
  /** Of the real API server. */
  readonly kubeconfig?: string | undefined;
}

export class DocsShell implements Disposable {
  readonly dir = mkdtempSync(path.join(tmpdir(), 'watcher-docs-'));

  constructor({ kubectl = 'false', helm = 'false', kubeconfig = '' }: ShellTools = {}) {
    for (const name of LINKED) symlinkSync(path.join(ROOT, name), path.join(this.dir, name));
    mkdirSync(path.join(this.dir, 'shims'));
    const main = path.join(ROOT, 'cmd/watcher/main.ts');
    this.#shim('watcher', `exec '${process.execPath}' '${main}' "$@"`);
    const inPod = 'if [ "$1" = exec ]; then while [ "$1" != -- ]; do shift; done; shift; exec "$@"; fi';
    this.#shim('kubectl', `${inPod}\nexec '${kubectl}' --kubeconfig '${kubeconfig}' "$@"`);
    this.#shim('helm', `exec '${helm}' --kubeconfig '${kubeconfig}' "$@"`);
  }

  #shim(name: string, body: string): void {
    writeFileSync(path.join(this.dir, 'shims', name), `#!/bin/bash\n${body}\n`, { mode: 0o755 });
  }

  /** Runs a line to its end; one that has none until it has said `endlessUntil` and was told to stop with SIGTERM. */
  async run(line: string, environment: Readonly<Record<string, string>>, endlessUntil?: RegExp): Promise<ShellEnded> {
    const bin = path.join(ROOT, 'node_modules', '.bin');
    const child = spawn('bash', ['--norc', '-c', `set -o pipefail\n${line}`], {
      // What builds and tests the checkout runs there, and writes nothing into it.
      cwd: /^(?:[A-Z_]+=\S+ )*(?:make|npm|node) /.test(line) ? ROOT : this.dir,
      env: {
        ...process.env,
        ...environment,
        // A suite within the suite is one of its own.
        NODE_TEST_CONTEXT: undefined,
        PATH: `${path.join(this.dir, 'shims')}:${bin}:${process.env['PATH'] ?? ''}`,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let said = '';
    let isStopped = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (endlessUntil?.test(said) !== true || isStopped) return;
        isStopped = true;
        signal(child, 'SIGTERM');
      });
    }
    const killed = setTimeout(() => signal(child, 'SIGKILL'), 120_000);
    const [code, by] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    clearTimeout(killed);
    return { code: code ?? (by === 'SIGTERM' ? 143 : -1), said };
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** To all that the line started, which is a group of its own. */
function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // It has ended meanwhile.
  }
}
