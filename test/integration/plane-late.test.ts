// The plane notices by itself which clusters are silent or without a leader, on the real Restate server; nobody asks it to.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { FleetReport } from '../../cmd/plane/cluster/fleet.ts';
import type { LateNews } from '../../cmd/plane/cluster/lateness.ts';
import { until } from '../support/e2e-until.ts';
import { startPlaneServer, type PlaneServer } from '../support/plane-server.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';

/** Late after 3.5 times as long. */
const EVERY_MS = 400;
const WITHIN_MS = 60_000;

describe('a silent cluster', { skip: skipWithoutRestate(), timeout: 240_000 }, () => {
  let plane: PlaneServer;
  const told: LateNews[] = [];
  before(async () => {
    plane = await startPlaneServer({ hasOpenAdmin: true, tellLate: (news) => told.push(news) });
  });
  after(() => plane.stop());

  const beat = async (cluster: string, more: object = {}): Promise<void> => {
    const heartbeat = { cluster_id: cluster, version: '1', leading: true, every_ms: EVERY_MS, ...more };
    assert.equal((await plane.ask('/ClusterService/Heartbeat', heartbeat)).status, 200);
  };
  const late = async (cluster: string): Promise<LateNews[]> => {
    const { late } = (await plane.ask('/ClusterService/Late', {})).body as FleetReport;
    return late.filter(({ cluster_id }) => cluster_id === cluster);
  };
  const toldOf = (cluster: string): string[] =>
    told.filter(({ cluster_id }) => cluster_id === cluster).map(({ what, scope }) => `${what} ${scope}`.trim());
  const untilLate = (cluster: string, what = 'silent'): Promise<unknown> =>
    until(`${cluster} is late`, async () => (await late(cluster)).some((one) => one.what === what), WITHIN_MS);
  /** Heartbeats all the while. */
  const beating = async (cluster: string, more: object, whatFor: () => Promise<unknown>): Promise<void> => {
    const stop = new AbortController();
    const running = (async () => {
      while (!stop.signal.aborted) {
        await beat(cluster, more);
        await new Promise((resolve) => setTimeout(resolve, EVERY_MS / 4));
      }
    })();
    await whatFor().finally(() => stop.abort());
    await running;
  };

  test('is late without anybody asking, and is said to be back with its first heartbeat', async () => {
    await beat('quiet');
    const news = await until('it is late', async () => (await late('quiet'))[0], WITHIN_MS);
    assert.equal(news.what, 'silent');
    assert.ok(Date.parse(news.at) - Date.parse(news.since) >= 3.5 * EVERY_MS);
    await beat('quiet');
    await until('all is told', () => toldOf('quiet').length >= 3, WITHIN_MS);
    assert.deepEqual(toldOf('quiet'), ['silent', 'back', 'silent']);
    const { recent } = (await plane.ask('/ClusterService/Late', {})).body as FleetReport;
    assert.ok(recent.some(({ what, cluster_id }) => what === 'back' && cluster_id === 'quiet'));
  });

  test('is told apart from one whose followers alone are heard', async () => {
    await beat('leaderless', { replica: 'a' });
    await beating('leaderless', { replica: 'b', leading: false }, () => untilLate('leaderless', 'no-leader'));
    const { body } = await plane.ask('/ClusterRegistry/leaderless/get', {});
    const { replicas } = body as { replicas: { replica: string; is_late: boolean; leading: boolean }[] };
    assert.deepEqual(
      replicas.map(({ replica, leading }) => [replica, leading]),
      [
        ['a', true],
        ['b', false],
      ],
    );
    assert.equal(replicas[0]?.is_late, true);
    await beat('leaderless', { replica: 'b', leading: true });
    await until('it has a leader', () => toldOf('leaderless').includes('back'), WITHIN_MS);
  });

  test('may be one shard of it, while the others are heard', async () => {
    await beat('sharded', { scope: 'shard 0 of 2', replica: 's-0' });
    await beating('sharded', { scope: 'shard 1 of 2', replica: 's-1' }, () => untilLate('sharded'));
    assert.ok(toldOf('sharded').includes('silent shard 0 of 2'));
  });

  test('is noticed across a kill of the Restate server and a restart of the plane', async () => {
    await beat('killed', { every_ms: 2_000 });
    await plane.restate.kill();
    await plane.restate.start();
    await plane.restartPlane();
    await untilLate('killed');
  });

  test('is not blamed for a time in which the plane itself was away', async () => {
    await beat('patient', { every_ms: 1_000 });
    const dueNow = async (): Promise<number> => {
      const { body } = await plane.ask('/ClusterRegistry/patient/get', {});
      return (body as { check_due_ms: number }).check_due_ms;
    };
    const dueMs = await dueNow();
    await plane.restate.kill();
    // Past the check, and half an interval more.
    await until('the check is overdue', () => Promise.resolve(Date.now() > dueMs + 1_000), WITHIN_MS);
    await plane.restate.start();
    await until('the late check has looked', async () => (await dueNow()) > dueMs, WITHIN_MS);
    await beat('patient', { every_ms: 60_000 });
    assert.deepEqual(toldOf('patient'), []);
  });

  test('is forgotten on demand, and no longer late', async () => {
    await beat('gone');
    await untilLate('gone');
    assert.equal((await plane.ask('/ClusterRegistry/gone/forget', {})).status, 200);
    await until('it is not late', async () => (await late('gone')).length === 0, WITHIN_MS);
    assert.equal((await plane.ask('/ClusterRegistry/gone/get', {})).body, null);
  });
});
