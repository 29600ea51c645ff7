/** `watcher scan`: one look at a cluster, with nothing installed. Against the simulated API server, in both wire formats. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { runWatcher, type Ended } from '../support/e2e-command.ts';
import { failing, readPods } from '../support/pod-watches-case.ts';
import { rawPod, rawStatus, running, terminated, type Raw } from '../support/raw-pod.ts';
import type { User } from '../support/simulated-apiserver/authorization.ts';
import { jsonMetadata, jsonObjects } from '../support/simulated-apiserver/json-encoder.ts';
import { pods } from '../support/simulated-apiserver/resources.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';
import { protobufMetadata, protobufObjects } from '../support/simulated-protobuf.ts';

type Scan = (...args: string[]) => Promise<Ended>;

const json = [jsonObjects, jsonMetadata];
const both = [...json, protobufObjects, protobufMetadata];
const stranger: User = { name: 'stranger', token: 's', rules: [] };
const reader: User = { name: 'reader', token: 'r', rules: [readPods] };

/** A server with one namespace of failing and one of healthy pods, and a `scan` that is shown the way to it. */
async function withCluster(
  run: (scan: Scan, server: SimulatedApiServer) => Promise<void>,
  encoders = both,
): Promise<void> {
  await using server = await SimulatedApiServer.start({ encoders, users: [stranger, reader] });
  await using resources = new AsyncDisposableStack();
  const dir = mkdtempSync(path.join(tmpdir(), 'watcher-scan-'));
  resources.defer(() => rmSync(dir, { recursive: true }));
  failing(server, 'shop', 'web', {});
  server.ensureNamespace('calm');
  put(server, 'calm', 'db', rawPod({ status: { containerStatuses: [rawStatus({ state: running })] } }));
  await run((...args) => {
    const user = args.includes('--as-stranger') ? 'stranger' : 'reader';
    const kubeconfig = server.writeKubeconfig(path.join(dir, user), { user, namespace: 'shop' });
    return runWatcher(['scan', `--kubeconfig=${kubeconfig}`, ...args.filter((arg) => arg !== '--as-stranger')]);
  }, server);
}

function put(server: SimulatedApiServer, namespace: string, name: string, raw: Raw): void {
  const { uid: _uid, resourceVersion: _version, ...metadata } = raw['metadata'] as Raw;
  server.store.put(pods, { ...raw, metadata: { ...metadata, namespace, name } });
}

describe('watcher scan', { concurrency: 2, timeout: 120_000 }, () => {
  for (const [wire, encoders] of [
    ['protobuf', both],
    ['JSON', json],
  ] as const) {
    test(`names the failing pod, its reason and what usually causes it, read as ${wire}`, () =>
      withCluster(async (scan) => {
        const { code, out, err } = await scan('-A');
        assert.deepEqual([err, code], ['', 1]);
        assert.match(out, /^NAMESPACE +POD +CONTAINER +REASON +SINCE +RESTARTS +OWNER +USUALLY\n/);
        assert.match(out, /\nshop +web +\S+ +ImagePullBackOff +/);
        assert.match(out, /\n1 failing of 2 pods in all namespaces\n$/);
      }, encoders));
  }

  test('shows every family of reasons unless some are named, since when, and a hint for the very place of its reason', () =>
    withCluster(async (scan, server) => {
      const since = '2026-01-01T00:00:00Z';
      const scheduled = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', lastTransitionTime: since };
      put(
        server,
        'calm',
        'homeless',
        rawPod({ spec: { nodeName: '' }, status: { phase: 'Pending', conditions: [scheduled] } }),
      );
      const { terminated: ended } = terminated(255, 'Unknown') as { terminated: Raw };
      const lastState = { terminated: { ...ended, message: 'password=CANARY' } };
      const lost = { state: running, lastState, restartCount: 1 };
      put(server, 'calm', 'lost', rawPod({ status: { containerStatuses: [rawStatus(lost)] } }));
      const { out } = await scan('-A', '-o', 'json', '--since=87600h');
      const failures = (JSON.parse(out) as { failures: Record<string, unknown>[] }).failures;
      const of = (name: string): Record<string, unknown> | undefined => failures.find((one) => one['name'] === name);
      assert.deepEqual(
        [of('homeless')?.['reason'], of('homeless')?.['occurred_at']],
        ['Unschedulable', '2026-01-01T00:00:00.000Z'],
      );
      assert.match(String(of('lost')?.['message']), /password=\[redacted\]/);
      assert.match(String(of('lost')?.['hint']), /runtime lost the container task/);
      assert.notEqual(of('web')?.['occurred_at'], null);
      assert.equal((await scan('-n', 'calm', '--enabled-reasons=ImagePullBackOff')).code, 0);
    }));

  test('looks at the namespace of the context unless told otherwise', () =>
    withCluster(async (scan) => {
      assert.match((await scan()).out, /1 failing of 1 pod in namespace shop/);
      const calm = await scan('-n', 'calm');
      assert.deepEqual([calm.code, calm.out], [0, 'nothing fails: 1 pod in namespace calm\n']);
    }));

  test('prints one JSON document, with the event id the agent would give', () =>
    withCluster(async (scan) => {
      const { out } = await scan('-A', '--output=json');
      const { pods: seen, failures } = JSON.parse(out) as { pods: number; failures: Record<string, unknown>[] };
      assert.equal(seen, 2);
      const [failure] = failures;
      assert.equal(failure?.['reason'], 'ImagePullBackOff');
      assert.match(String(failure['event_id']), /^[\w:.-]{16,}$/);
    }));

  test('goes through a cluster of several pages, and chooses by label', () =>
    withCluster(async (scan, server) => {
      for (let index = 0; index < 1100; index++) failing(server, 'shop', `many-${index}`);
      put(server, 'shop', 'labelled', rawPod({ metadata: { labels: { app: 'x' } } }));
      assert.match((await scan('-A')).out, /1101 failing of 1103 pods/);
      assert.match((await scan('-A', '-l', 'app=x')).out, /: 1 pod in all namespaces\n$/);
    }));

  test('begins anew when the list expires on the way', () =>
    withCluster(async (scan, server) => {
      for (let index = 0; index < 600; index++) failing(server, 'shop', `many-${index}`);
      server.faults.add({ verb: 'list', resource: 'pods' }, { kind: 'expired' }, { skip: 1 });
      assert.match((await scan('-A')).out, /601 failing of 602 pods/);
    }));

  test('passes over what ended long ago, unless asked for it', () =>
    withCluster(async (scan, server) => {
      const finishedAt = `${new Date(Date.now() - 3_600_000).toISOString().slice(0, 19)}Z`;
      const { terminated: ended } = terminated(1, 'Error') as { terminated: Raw };
      const lastState = { terminated: { ...ended, finishedAt } };
      const status = rawStatus({ state: running, lastState, restartCount: 1 });
      put(server, 'calm', 'recovered', rawPod({ status: { containerStatuses: [status] } }));
      assert.equal((await scan('-n', 'calm')).code, 0);
      assert.match((await scan('-n', 'calm', '--since=2h')).out, /recovered/);
    }));

  test('could not look: exits with 2 and says what is missing', () =>
    withCluster(async (scan) => {
      const { code, out, err } = await scan('-A', '--as-stranger');
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, /API_FORBIDDEN: list pods in the cluster answered 403[^]*what to do: /);
      const odd = await scan('-A', '--since=yesterday');
      assert.equal(odd.code, 2);
      assert.match(odd.err, /--since/);
    }));

  test('without a cluster exits with 2 and says where it looked', async () => {
    const { code, err } = await runWatcher(['scan', '-A']);
    assert.equal(code, 2);
    assert.match(err, /KUBECONFIG_MISSING/);
  });
});
