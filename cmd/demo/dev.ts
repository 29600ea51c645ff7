/**
 * `make dev`: for working on the agent. A simulated cluster, a Restate server and the reference plane stay up; things
 * fail on the cluster from time to time; the agent runs from its sources and is restarted whenever one of them changes.
 * Its outbox and the plane's memory outlive the restarts, as they do in a cluster.
 *
 *   LOG_LEVEL=debug EVERY=3 make dev
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { processEnvironment, type Environment } from '../../internal/config/environment.ts';
import { sleep, systemClock, type Clock } from '../../internal/platform/clock.ts';
import { sources } from './agent.ts';
import { playForEver } from './dev-scenes.ts';
import { endSignal } from './end-signal.ts';
import { startGuarded, type Guarded } from './guarded.ts';
import { paintFor, type Paint } from './paint.ts';
import { startPlane, type DemoPlane } from './plane.ts';
import { prettyLine } from './pretty-log.ts';
import { DemoProblem, problemText } from './problem.ts';
import { createProgress } from './progress.ts';
import { startRestate } from './restate.ts';
import { startApiServer } from './simulated.ts';

const STOP_WITHIN_MS = 10_000;
const CLUSTER_ID = 'dev';

interface Dev {
  readonly environment: Environment;
  readonly clock: Clock;
  readonly paint: Paint;
  readonly signal: AbortSignal;
  readonly say: (who: string, text: string) => void;
}

async function run(dev: Dev): Promise<void> {
  const { environment, clock, paint, signal } = dev;
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(path.join(tmpdir(), 'watcher-dev-'));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const write = (text: string): void => void process.stdout.write(text);
  const step = createProgress({ write, isTerminal: process.stdout.isTTY, paint }, clock);
  const restate = await step('Restate server', () => startRestate(undefined));
  stack.defer(restate.stop);
  const plane = await step('reference plane', () => startPlane(restate, CLUSTER_ID, (line) => dev.say('plane', line)));
  stack.defer(plane.stop);
  const server = await startApiServer(clock);
  stack.defer(() => server.close());
  const kubeconfig = server.writeKubeconfig(path.join(folder, 'kubeconfig'));
  const httpListen = environment['HTTP_LISTEN'] || `127.0.0.1:${await freePort()}`;
  write(`  http://${httpListen}/readyz, KUBECONFIG=${kubeconfig} kubectl get pods -A; Ctrl-C stops everything\n\n`);
  const agent = await startWatched(dev, folder, {
    kubeconfig,
    'restate-url': restate.ingressUrl,
    'http-listen': httpListen,
  });
  stack.defer(async () => {
    await agent.stop(clock, STOP_WITHIN_MS);
  });
  const everyMs = secondsBetween(environment['EVERY']) * 1000;
  const say = (what: string): void => dev.say('cluster', what);
  await Promise.all([playForEver({ server, clock, everyMs, say, signal }), tellArrivals(dev, plane)]);
}

/** Node restarts it itself, and tells it to stop in order first. */
async function startWatched(
  { environment, paint, say }: Dev,
  folder: string,
  flags: Readonly<Record<string, string>>,
): Promise<Guarded> {
  const [node, entry = ''] = sources.command;
  const all = {
    ...flags,
    'cluster-id': CLUSTER_ID,
    'data-dir': path.join(folder, 'data'),
    'watch-namespace-mode': 'all',
    'leader-elect': 'false',
    'log-level': environment['LOG_LEVEL'] || 'info',
  };
  return startGuarded({
    program: node,
    args: [
      '--watch',
      '--watch-preserve-output',
      entry,
      ...Object.entries(all).map(([name, value]) => `--${name}=${value}`),
    ],
    environment: { PATH: environment['PATH'], TMPDIR: environment['TMPDIR'] },
    folder,
    onLine: (line) => {
      say('agent', prettyLine(line, paint));
    },
  });
}

/** Says what arrived at the plane, as it does. */
async function tellArrivals({ clock, signal, say }: Dev, plane: DemoPlane): Promise<void> {
  let told = 0;
  while (!signal.aborted) {
    const received = await plane.received();
    for (const { type, namespace, pod, container, reason } of received.slice(told)) {
      say('plane', `${type}: ${namespace}/${pod} ${container} ${reason}`);
    }
    told = received.length;
    await sleep(clock, 250, signal);
  }
}

function secondsBetween(given = ''): number {
  const seconds = given === '' ? 10 : Number(given);
  if (!(seconds > 0)) throw new DemoProblem('OPTION_INVALID', `EVERY=${given} is not a number of seconds`);
  return seconds;
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
}

const environment = processEnvironment();
const paint = paintFor(process.stdout.isTTY, environment);
const say = (who: string, text: string): void => {
  process.stdout.write(`${paint.strong(who.padEnd(7))} ${text}\n`);
};
process.exitCode = await run({ environment, clock: systemClock(), paint, signal: endSignal(), say }).then(
  () => 0,
  (error: unknown) => {
    process.stderr.write(problemText(error));
    return 1;
  },
);
