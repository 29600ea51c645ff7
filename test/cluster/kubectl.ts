// Runs kubectl against the test cluster.
import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';

/** What kubectl needs to know of a cluster. */
export interface KubectlTarget {
  readonly binary: string;
  readonly kubeconfig: string;
  /** Home for its caches. */
  readonly home: string;
}

function exitOf(child: ReturnType<typeof spawn>): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
}

/** Runs kubectl and returns what it printed. Rejects with its error text where it fails. */
export async function kubectl(target: KubectlTarget, args: readonly string[], stdin = ''): Promise<string> {
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: target.home, KUBECONFIG: target.kubeconfig };
  const child = spawn(target.binary, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  // A kubectl that ends without reading its input is told of by its exit code.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const [out, err, code] = await Promise.all([buffer(child.stdout), buffer(child.stderr), exitOf(child)]);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: exit code ${code ?? 'none'}\n${err.toString().trim()}`);
  return out.toString();
}
