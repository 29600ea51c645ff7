/**
 * Many pods on a simulated API server in a process of its own, so that what is measured is the agent alone; and a plane
 * that takes everything and does nothing, since nothing fails in these benches.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { startGuarded } from '../../cmd/demo/guarded.ts';
import { systemClock } from '../../internal/platform/clock.ts';
import { control, type ControlCommand } from '../support/simulated-apiserver/control.ts';
import type { SyntheticSize } from '../support/simulated-apiserver/synthetic-pod.ts';

export interface Fleet extends AsyncDisposable {
  readonly kubeconfig: string;
  /** Pods changed so far, besides other figures. */
  readonly send: (command: ControlCommand) => Promise<{ readonly changes: number }>;
}

interface Announcement {
  readonly kubeconfig: string;
  readonly control: string;
}

const MAIN = path.join(import.meta.dirname, '../support/simulated-apiserver/main.ts');
const STOP_WITHIN_MS = 10_000;

/** Starts a server with `pods` pods; lean ones take about 6 KB of JSON or 4 KB of protobuf. */
export async function startFleet(pods: number, size: SyntheticSize = 'lean'): Promise<Fleet> {
  const announced = Promise.withResolvers<Announcement>();
  const child = await startGuarded({
    program: process.execPath,
    args: [MAIN, '--pods', String(pods), '--size', size],
    environment: { PATH: process.env['PATH'], TMPDIR: process.env['TMPDIR'] },
    onLine: (line) => {
      if (line.startsWith('{')) announced.resolve(JSON.parse(line) as Announcement);
      else process.stderr.write(`simulated API server: ${line}\n`);
    },
  });
  void child.ended.then((code) => {
    announced.reject(new Error(`the simulated API server ended with ${code}`));
  });
  const { kubeconfig, control: door } = await announced.promise;
  return {
    kubeconfig,
    send: async (command) => (await control(door, command)) as { changes: number },
    [Symbol.asyncDispose]: async () => {
      await child.stop(systemClock(), STOP_WITHIN_MS);
    },
  };
}

export interface QuietPlane extends AsyncDisposable {
  readonly url: string;
}

/** Answers `{}` to every call. */
export async function startQuietPlane(): Promise<QuietPlane> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
