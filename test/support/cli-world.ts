/**
 * What commands look at in tests: a simulated cluster with a failing pod, a plane, the data directory of an agent that is
 * gone, in which events wait and one is quarantined, and where asked for an agent that runs. All of it goes with the world.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openSqliteOutbox } from '../../internal/pipeline/outbox-sqlite.ts';
import { systemClock } from '../../internal/platform/clock.ts';
import { silentLogger } from '../../internal/platform/log.ts';
import { startAgent, type RunningAgent } from './e2e-agent.ts';
import { until } from './e2e-until.ts';
import { freezeSome, outboxEvent } from './outbox-event.ts';
import { failing } from './pod-watches-case.ts';
import { SimulatedApiServer } from './simulated-apiserver/server.ts';

const WAITING = 300;

export interface CliWorld extends AsyncDisposable {
  readonly cluster: SimulatedApiServer;
  /** For files that commands write. */
  readonly dir: string;
  /** A copy of the directory without an agent, for one command alone: `w0` and more wait, `q0` is quarantined. */
  readonly idleDir: () => string;
  /** How a command learns of all that without a flag. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface CliWorldWithAgent extends CliWorld {
  readonly agent: RunningAgent;
}

/** With an agent that has told of the failing pod. */
export async function startCliWorldWithAgent(planeUrl: string): Promise<CliWorldWithAgent> {
  await using resources = new AsyncDisposableStack();
  const world = resources.use(await startCliWorld(planeUrl));
  const { KUBECONFIG: kubeconfig = '', CLUSTER_ID: clusterId = '', DATA_DIR: dataDir = '' } = world.environment;
  const args = ['--event-context=', '--debug-listen=127.0.0.1:0'];
  const agent = resources.use(await startAgent({ kubeconfig, planeUrl, dataDir, clusterId, args }));
  await until('the failure is told', async () => ((await agent.metric('watcher_events_delivered_total')) ?? 0) > 0);
  const owned = resources.move();
  return { ...world, agent, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

export async function startCliWorld(planeUrl: string): Promise<CliWorld> {
  await using resources = new AsyncDisposableStack();
  const dir = mkdtempSync(path.join(tmpdir(), 'watcher-cli-'));
  resources.defer(() => rmSync(dir, { recursive: true, force: true }));
  const cluster = resources.use(await SimulatedApiServer.start());
  failing(cluster, 'shop', 'web');
  const kubeconfig = cluster.writeKubeconfig(path.join(dir, 'kubeconfig'), { namespace: 'shop' });
  const idle = path.join(dir, 'idle');
  await fill(idle);
  let copies = 0;
  const idleDir = (): string => {
    const copy = path.join(dir, `idle-${copies++}`);
    cpSync(idle, copy, { recursive: true });
    return copy;
  };
  const environment = {
    ...{ KUBECONFIG: kubeconfig, RESTATE_URL: planeUrl, CLUSTER_ID: 'cli', DATA_DIR: path.join(dir, 'agent') },
    ...{ WATCH_NAMESPACE_MODE: 'all', PATH: process.env['PATH'] ?? '' },
  };
  const owned = resources.move();
  return {
    ...{ cluster, dir, idleDir, environment },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function fill(dir: string): Promise<void> {
  const outbox = await openSqliteOutbox({
    ...{ dir, clock: systemClock(), quotaBytes: 64 * 1024 * 1024, logger: silentLogger(), runsOn: 'calling' },
    onNotice: () => undefined,
  });
  await outbox.append([outboxEvent('q0')], []);
  await outbox.quarantine((await freezeSome(outbox)).batchId, 'plane-refuses');
  await outbox.append(
    Array.from({ length: WAITING }, (_, at) => outboxEvent(`w${at}`, `p${at}`)),
    [],
  );
  await outbox.close();
}
