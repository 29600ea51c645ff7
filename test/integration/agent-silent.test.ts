// An agent that is killed is noticed by the plane, on the real Restate server with all of them as processes of their own;
// and the plane's words end when the agent is there again, or another replica leads.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { FleetReport } from '../../cmd/plane/cluster/fleet.ts';
import type { LateNews } from '../../cmd/plane/cluster/lateness.ts';
import { startAgent, type RunningAgent } from '../support/e2e-agent.ts';
import { until } from '../support/e2e-until.ts';
import { startPlaneProcess } from '../support/plane-process.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';
import { startRestateServer } from '../support/restate-server.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';

const EVERY_MS = 1_000;
/** As the plane counts: three missed heartbeats and half of one more. */
const PATIENCE_MS = 3.5 * EVERY_MS;
/** Until the plane has found out and a test has asked, on a machine that is busy with other things. */
const SLACK_MS = 30_000;

interface Replica {
  readonly replica: string;
  readonly leading: boolean;
  readonly is_late: boolean;
  readonly watch_age_ms: number | null;
  readonly version: string;
}

async function world(t: TestContext) {
  const server = await SimulatedApiServer.start();
  t.after(() => server[Symbol.asyncDispose]());
  server.ensureNamespace('agents');
  const restate = await startRestateServer();
  t.after(() => restate.stop());
  const plane = await startPlaneProcess(restate.adminUrl, ['--open-admin']);
  t.after(() => plane.stop());
  const directory = mkdtempSync(path.join(tmpdir(), 'watcher-silent-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const kubeconfig = server.writeKubeconfig(path.join(directory, 'kubeconfig'));
  const agent = async (name: string, args: readonly string[]): Promise<RunningAgent> => {
    const more = [`--heartbeat-interval=${EVERY_MS}ms`, `--pod-name=${name}`, '--pod-namespace=agents', ...args];
    const options = { kubeconfig, planeUrl: restate.ingressUrl, clusterId: 'c', dataDir: path.join(directory, name) };
    const running = await startAgent({ ...options, args: more });
    t.after(() => running[Symbol.asyncDispose]());
    return running;
  };
  const ask = async <T>(handler: string): Promise<T> => {
    const answer = await fetch(`${restate.ingressUrl}/${handler}`);
    assert.equal(answer.status, 200, handler);
    return (await answer.json()) as T;
  };
  const fleet = (): Promise<FleetReport> => ask('ClusterService/Late');
  return {
    agent,
    log: plane.log,
    late: async (): Promise<readonly LateNews[]> => (await fleet()).late,
    whats: async (): Promise<string[]> => (await fleet()).recent.map(({ what }) => what),
    replicas: async (): Promise<readonly Replica[]> =>
      (await ask<{ replicas: readonly Replica[] } | null>('ClusterRegistry/c/get'))?.replicas ?? [],
  };
}

describe('an agent that is killed', { skip: skipWithoutRestate(), timeout: 300_000 }, () => {
  test('makes its cluster late within the bound, and no longer once it runs again', async (t) => {
    const { agent, late, whats, replicas, log } = await world(t);
    const first = await agent('watcher-0', ['--leader-elect=false']);
    const one = await until('it is heard', async () => (await replicas())[0]);
    assert.deepEqual([one.replica, one.leading, one.is_late], ['watcher-0', true, false]);
    assert.ok(one.watch_age_ms !== null && one.version !== '');
    assert.deepEqual(await late(), []);

    await first.process.stop('SIGKILL');
    const killedMs = Date.now();
    const [news] = await until('it is late', async () => ((await late()).length > 0 ? late() : undefined), SLACK_MS);
    assert.equal(news?.what, 'silent');
    const noticedMs = Date.parse(news.at) - killedMs;
    // Heard for the last time an interval and its jitter before the kill at the most.
    assert.ok(noticedMs >= PATIENCE_MS - 1.1 * EVERY_MS - 100, `${noticedMs} ms after the kill is too early`);
    assert.ok(noticedMs <= PATIENCE_MS + SLACK_MS, `${noticedMs} ms after the kill`);
    t.diagnostic(`noticed ${noticedMs} ms after the kill, with a heartbeat each ${EVERY_MS} ms`);

    await agent('watcher-0', ['--leader-elect=false']);
    await until('it is no longer late', async () => (await late()).length === 0);
    assert.deepEqual((await whats()).slice(0, 2), ['silent', 'back']);
    const said = (msg: string): string => log.find((line) => line.includes(`"msg":"${msg}"`)) ?? '';
    assert.match(said('nothing is heard of a cluster'), /"level":"warn".*"cluster_id":"c".*"code":"CLUSTER_LATE"/);
    assert.match(said('a late cluster is back'), /"level":"info".*"cluster_id":"c"/);
  });

  test('while it led makes its cluster one without a leader, until the follower leads', async (t) => {
    const { agent, late, whats, replicas } = await world(t);
    const lease = ['--lease-duration=12s', '--lease-renew-deadline=8s', '--lease-retry=1s', '--leader-elect=true'];
    const leader = await agent('watcher-0', lease);
    await until('it leads', async () => (await replicas()).some(({ leading }) => leading));
    await agent('watcher-1', lease);
    const both = await until('both are heard', async () => {
      const heard = await replicas();
      return heard.length === 2 && heard;
    });
    const leads = both.map(({ replica, leading }) => `${replica} ${leading ? 'leads' : 'follows'}`);
    assert.deepEqual(leads.sort(), ['watcher-0 leads', 'watcher-1 follows']);

    await leader.process.stop('SIGKILL');
    await until('nobody leads', async () => (await late()).some(({ what }) => what === 'no-leader'), SLACK_MS);
    await until('the follower leads', async () => (await late()).length === 0, 60_000);
    assert.deepEqual((await whats()).slice(0, 2), ['no-leader', 'back']);
    const now = await replicas();
    assert.equal(now.find(({ replica }) => replica === 'watcher-0')?.is_late, true);
    assert.equal(now.find(({ replica }) => replica === 'watcher-1')?.leading, true);
  });
});
