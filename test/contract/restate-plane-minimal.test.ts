/**
 * A plane that has only what the agent before this one called, on a real Restate server: the agent's own process enrols,
 * takes its settings, tells it failures in types it knows, and does without the rest.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startAgent, type RunningAgent } from '../support/e2e-agent.ts';
import { until } from '../support/e2e-until.ts';
import { startMinimalPlane, type MinimalPlane } from '../support/minimal-plane.ts';
import { failing } from '../support/pod-watches-case.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';
import { pods } from '../support/simulated-apiserver/resources.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';

/** More than --digest-threshold of one cause, which a plane that knows digests would be told as one. */
const STORM = 80;
const BATCH = 7;
const settings = {
  dedup_cooldown_seconds: 60,
  batch_size: BATCH,
  batch_flush_ms: 50,
  enabled_reasons: ['ImagePullBackOff'],
};

describe('a plane without what was added since', { skip: skipWithoutRestate(), timeout: 200_000 }, () => {
  const stack = new AsyncDisposableStack();
  let server: SimulatedApiServer;
  let plane: MinimalPlane;
  let agent: RunningAgent;
  before(async () => {
    server = stack.use(await SimulatedApiServer.start());
    plane = stack.use(await startMinimalPlane(settings));
    const dir = mkdtempSync(path.join(tmpdir(), 'watcher-minimal-'));
    stack.defer(() => rmSync(dir, { recursive: true, force: true }));
    const kubeconfig = server.writeKubeconfig(path.join(dir, 'kubeconfig'));
    const args = ['--log-level=debug', '--leader-elect=true'];
    agent = stack.use(await startAgent({ kubeconfig, planeUrl: plane.url, args }));
  });
  after(() => stack.disposeAsync());

  const told = (name: string): boolean => plane.received.some((event) => event.name === name);
  const receives = (name: string): Promise<unknown> =>
    agent.explained(until(`the plane has ${name}`, () => told(name)));

  test('is enrolled at, and its settings are taken', async () => {
    await agent.process.line('remote settings changed');
    assert.deepEqual(
      plane.enrolled.map((body) => (body as { cluster_id?: string }).cluster_id),
      ['e2e'],
    );
  });

  test('is told each failure of a storm once, in batches of its own size, and no digest', async () => {
    for (let at = 0; at < STORM; at++) failing(server, 'shop', `web-${at}`);
    await agent.explained(until('all are told', () => plane.received.length >= STORM, 90_000));
    failing(server, 'shop', 'after-the-storm');
    await receives('after-the-storm');
    assert.equal(plane.received.length, STORM + 1);
    assert.equal(new Set(plane.received.map(({ event_id }) => event_id)).size, STORM + 1);
    assert.deepEqual([...new Set(plane.received.map(({ type }) => type))], ['failure']);
    assert.ok(
      plane.batches.every((size) => size <= BATCH),
      plane.batches.join(),
    );
  });

  test('is not told that a failure is over, which it would take for one', async () => {
    server.store.remove(pods, 'web-0', 'shop');
    failing(server, 'shop', 'after-the-end');
    await receives('after-the-end');
    assert.ok(plane.received.every(({ type }) => type === 'failure' || type === 'ongoing'));
  });

  test('is asked for what it lacks, and nothing comes of that it does: no warning, no refusal, ready', async () => {
    const isWithout = (msg: string) => agent.process.line((line) => line.msg === msg && line['status'] === 404);
    await isWithout('heartbeat not taken');
    await isWithout('what is open');
    const warnings = agent.process.lines.filter(({ level }) => ['warn', 'error', 'fatal'].includes(level));
    assert.deepEqual(
      warnings.filter((line) => JSON.stringify(line).includes('PLANE_')),
      [],
    );
    assert.equal(await agent.metric('watcher_breaker_state', { state: 'closed' }), 1);
    assert.equal((await agent.probe('/readyz')).status, 200);
  });
});
