/** `watcher support-bundle`: what it holds, and what it must not. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { startAgent } from '../support/e2e-agent.ts';
import { runWatcher } from '../support/e2e-command.ts';
import { until } from '../support/e2e-until.ts';
import { rawPod, rawStatus, waiting } from '../support/raw-pod.ts';
import { startScriptedIngress } from '../support/scripted-ingress.ts';
import { pods } from '../support/simulated-apiserver/resources.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';

const CANARY = 'canary-5f2a9c71';

const listed = (file: string): string[] => execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).trim().split('\n');
const read = (file: string, name: string): Buffer => execFileSync('tar', ['-xzOf', file, name]);

describe('watcher support-bundle', { timeout: 120_000 }, () => {
  test('holds what a running agent knows of itself, and no secret that it was given or has seen', async () => {
    await using server = await SimulatedApiServer.start();
    await using resources = new AsyncDisposableStack();
    const dir = mkdtempSync(path.join(tmpdir(), 'watcher-support-'));
    resources.defer(() => rmSync(dir, { recursive: true }));
    const ingress = await startScriptedIngress();
    resources.defer(() => ingress.stop());
    server.ensureNamespace('shop');
    const containerStatuses = [rawStatus({ state: waiting('ImagePullBackOff', `password=${CANARY}`) })];
    const pod = rawPod({
      spec: { containers: [{ name: 'app', image: 'a', env: [{ name: 'TOKEN', value: CANARY }] }] },
      status: { containerStatuses },
    });
    server.store.put(pods, { ...pod, metadata: { namespace: 'shop', name: 'web', annotations: { secret: CANARY } } });
    writeFileSync(path.join(dir, 'token'), CANARY);
    const kubeconfig = server.writeKubeconfig(path.join(dir, 'kubeconfig'));
    const args = [
      `--restate-token-file=${path.join(dir, 'token')}`,
      `--remote-config-url=${ingress.url}/?key=${CANARY}`,
    ];
    const agent = resources.use(await startAgent({ kubeconfig, planeUrl: ingress.url, dataDir: dir, args }));
    await until(
      'the failure is delivered',
      async () => ((await agent.metric('watcher_events_delivered_total')) ?? 0) > 0,
    );

    const file = path.join(dir, 'support.tar.gz');
    const made = await runWatcher(['support-bundle', `--data-dir=${dir}`, `--file=${file}`]);
    assert.equal(made.code, 0, made.err);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const names = ['status.json', 'metrics.txt', 'outbox.json', 'decisions.json', 'heap.pb.gz', 'about.txt'];
    assert.deepEqual(
      names.filter((name) => !listed(file).includes(name)),
      [],
    );
    assert.match(read(file, 'decisions.json').toString(), /"name": "web"/);
    assert.match(read(file, 'metrics.txt').toString(), /^watcher_events_delivered_total 1$/m);
    for (const name of listed(file)) {
      const bytes = read(file, name);
      const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
      assert.ok(!text.includes(CANARY), `${name} holds a secret`);
    }
  });

  test('without an agent says so, and ends with 1', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'watcher-support-'));
    try {
      const file = path.join(dir, 'support.tar.gz');
      const made = await runWatcher(['support-bundle', `--data-dir=${dir}`, `--file=${file}`]);
      assert.equal(made.code, 1, made.err);
      assert.match(read(file, 'agent.txt').toString(), /no agent runs/);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
