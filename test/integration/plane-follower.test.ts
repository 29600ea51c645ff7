// The outbox of an agent that runs: what it holds and which promise it keeps is said wherever somebody would look, and a
// replica that never leads delivers what it holds all the same.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { startAgent, type RunningAgent } from '../support/e2e-agent.ts';
import { until } from '../support/e2e-until.ts';
import { openDurable } from '../support/outbox-directory.ts';
import { freezeSome, idsInBody, outboxEvent, payloadOf } from '../support/outbox-event.ts';
import { startScriptedIngress } from '../support/scripted-ingress.ts';
import { leases } from '../support/simulated-apiserver/resources.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';

const WITHIN_MS = 60_000;
const WAITING = 250;

async function world(t: TestContext) {
  const server = await SimulatedApiServer.start();
  t.after(() => server[Symbol.asyncDispose]());
  const plane = await startScriptedIngress();
  t.after(() => plane.stop());
  const directory = mkdtempSync(path.join(tmpdir(), 'watcher-follower-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const kubeconfig = server.writeKubeconfig(path.join(directory, 'kubeconfig'), { namespace: 'shop' });
  server.ensureNamespace('shop');
  const agent = (args: string[]): Promise<RunningAgent> =>
    startAgent({ kubeconfig, planeUrl: plane.url, dataDir: path.join(directory, 'data'), args });
  return { server, plane, dataDir: path.join(directory, 'data'), agent };
}

/** A Lease that somebody else holds for an hour from when it is first seen. */
function heldByAnother(server: SimulatedApiServer): void {
  const now = new Date().toISOString().replace('Z', '000Z');
  server.store.put(leases, {
    metadata: { name: 'watcher-leader-lock', namespace: 'shop' },
    spec: {
      holderIdentity: 'another',
      leaseDurationSeconds: 3600,
      acquireTime: now,
      renewTime: now,
      leaseTransitions: 1,
    },
  });
}

describe('the outbox of an agent', { timeout: 240_000 }, () => {
  test('is drained by a replica that never leads', async (t) => {
    const { server, plane, dataDir, agent } = await world(t);
    heldByAnother(server);
    const { outbox } = await openDurable(t, dataDir);
    const ids = Array.from({ length: WAITING }, (_, at) => `e${at}`);
    await outbox.append(
      ids.map((id) => outboxEvent(id)),
      [],
    );
    await outbox.close();

    await using follower = await agent(['--leader-elect=true', '--pod-name=follower', '--pod-namespace=shop']);
    await until('all is delivered', async () => (await follower.metric('watcher_queue_depth')) === 0, WITHIN_MS);
    const told = plane.executed
      .filter(({ handler }) => handler.startsWith('onPodEvent'))
      .flatMap(({ body }) => idsInBody(Buffer.from(body)));
    assert.deepEqual(told.sort(), ids.sort(), 'each once');
    assert.equal(await follower.metric('watcher_leading'), 0);
  });

  test('that waits for a plane is measured: how many, how large, how old, and what is set aside', async (t) => {
    const { plane, dataDir, agent } = await world(t);
    plane.always({ kind: 'answer', status: 503 });
    const { outbox } = await openDurable(t, dataDir);
    await outbox.append([outboxEvent('bad')], []);
    await outbox.quarantine((await freezeSome(outbox)).batchId, 'invalid');
    const waiting = Array.from({ length: 3 }, (_, at) => ({
      ...outboxEvent(`e${at}`),
      observedAtMs: Date.now() - 60_000,
    }));
    await outbox.append(waiting, []);
    await outbox.close();

    await using running = await agent(['--leader-elect=false']);
    assert.equal(await running.metric('watcher_queue_depth'), 3);
    assert.equal(await running.metric('watcher_outbox_bytes'), 3 * payloadOf('e0').length);
    assert.ok(((await running.metric('watcher_backlog_age_seconds')) ?? 0) >= 60);
    const quarantined = async () => (await running.metric('watcher_outbox_quarantined', { reason: 'invalid' })) === 1;
    await until('the quarantine shows', quarantined, WITHIN_MS);
    const used = (await running.metric('watcher_outbox_used_bytes')) ?? 0;
    assert.ok(used > 0 && used < ((await running.metric('watcher_outbox_quota_bytes')) ?? 0));
    const { body } = await running.probe('/readyz');
    const { events, quarantined: aside } = body.checks['outbox']?.detail as { events: number; quarantined: number };
    assert.deepEqual([events, aside], [3, 1]);
  });

  for (const [promise, args, said] of [
    ['durable', [], 'outbox on disk'],
    ['memory', ['--outbox=memory'], 'outbox in memory'],
  ] as const) {
    test(`that is ${promise} says so in the log, in a metric and to whoever asks whether it is ready`, async (t) => {
      const { agent } = await world(t);
      await using running = await agent(['--leader-elect=false', ...args]);
      const { body } = await running.probe('/readyz');
      assert.equal((body.checks['outbox']?.detail as { promise: string }).promise, promise);
      const other = promise === 'durable' ? 'memory' : 'durable';
      assert.equal(await running.metric('watcher_outbox_promise', { promise }), 1);
      assert.equal(await running.metric('watcher_outbox_promise', { promise: other }), 0);
      await running.process.line(({ msg }) => msg.startsWith(said));
    });
  }
});
