/** Nodes, watched only where somebody wants to hear of them and may. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { connect } from '../../../internal/kubernetes/connection.ts';
import { NodeWatch } from '../../../internal/kubernetes/node-watch.ts';
import { systemClock } from '../../../internal/platform/clock.ts';
import { createLogger } from '../../../internal/platform/log.ts';
import { systemRandom } from '../../../internal/platform/random.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { ask, readNodes } from '../../support/pod-watches-case.ts';
import { nodes } from '../../support/simulated-apiserver/resources.ts';
import { SimulatedApiServer } from '../../support/simulated-apiserver/server.ts';

const SINCE = '2026-01-01T00:00:04Z';

function put(server: SimulatedApiServer, name: string, status: 'True' | 'False' | 'Unknown'): void {
  const conditions = [{ type: 'Ready', status, reason: 'R', message: 'm', lastTransitionTime: SINCE }];
  server.put(nodes, { metadata: { name }, status: { conditions } });
}

interface Rig {
  readonly server: SimulatedApiServer;
  readonly watch: NodeWatch;
  readonly clock: ManualClock;
  readonly told: string[];
  readonly warnings: string[];
  readonly want: { isWanted: boolean };
  readonly until: (holds: () => boolean) => Promise<void>;
}

/** A watch by somebody with these rights, started; everything is gone when `run` is over. */
async function withWatch(rules: readonly (typeof readNodes)[], run: (rig: Rig) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'watcher-nodes-'));
  const waiting = new Set<() => void>();
  const wake = (): void => [...waiting].forEach((check) => check());
  try {
    await using server = await SimulatedApiServer.start({
      users: [{ name: 'agent', token: 'agent-token', rules: [ask, ...rules] }],
    });
    const warnings: string[] = [];
    const logger = createLogger({
      level: 'warn',
      destination: {
        write: (line) => {
          warnings.push((JSON.parse(line) as { msg: string }).msg);
          wake();
        },
      },
    });
    const kubeconfig = server.writeKubeconfig(join(directory, 'config'), { user: 'agent' });
    const connection = connect(
      { kubeconfig, env: {}, qps: 0, burst: 0, userAgent: 'test' },
      { clock: systemClock(), logger },
    );
    const clock = new ManualClock();
    const told: string[] = [];
    const want = { isWanted: true };
    const watch = new NodeWatch({
      ...{ clock, logger, random: systemRandom(), transport: connection.transport },
      isWanted: () => want.isWanted,
      change: ({ type, item }) => {
        told.push(`${type} ${item.name} ${item.notReady?.status ?? 'True'}`);
        wake();
      },
    });
    const until = (holds: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!holds()) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      });
    try {
      await run({ server, watch, clock, told, warnings, want, until });
    } finally {
      await watch.stop();
      await connection.close();
    }
    assert.equal(watch.state, 'stopped');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('the watch of nodes', () => {
  test('tells of nodes as they come, leave Ready and go', () =>
    withWatch([readNodes], async ({ server, watch, told, until }) => {
      put(server, 'one', 'True');
      watch.start();
      assert.ok(!watch.isSettled, 'a node may be in trouble that is not known yet');
      await until(() => told.length === 1);
      assert.deepEqual(told, ['added one True']);
      put(server, 'one', 'Unknown');
      await until(() => told.length === 2);
      server.store.remove(nodes, 'one');
      await until(() => told.length === 3);
      assert.ok(watch.isSettled);
      assert.deepEqual(told, ['added one True', 'modified one Unknown', 'deleted one Unknown']);
    }));

  test('asks the API server for nothing before it is wanted', () =>
    withWatch([readNodes], async ({ server, watch, clock, told, want, until }) => {
      put(server, 'one', 'False');
      want.isWanted = false;
      watch.start();
      await clock.advance(10 * 60_000);
      assert.equal(watch.state, 'not-wanted');
      assert.ok(watch.isSettled);
      assert.deepEqual(server.watches.open({ resource: 'nodes' }), []);
      want.isWanted = true;
      await clock.advance(30_000);
      await until(() => told.length === 1);
      assert.deepEqual(told, ['added one False']);
    }));

  test('without the right to it says so once, what that means, and waits', () =>
    withWatch([], async ({ watch, warnings, until, told }) => {
      watch.start();
      await until(() => warnings.length > 0);
      assert.equal(watch.state, 'denied');
      assert.deepEqual(warnings, ['nodes that are not Ready are not told of, and each of their pods is']);
      assert.deepEqual(told, []);
    }));
});
