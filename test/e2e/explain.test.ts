/** `watcher explain` and /debug/explain: why an agent that runs told of a pod, or did not. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { startAgent } from '../support/e2e-agent.ts';
import { runWatcher } from '../support/e2e-command.ts';
import { until } from '../support/e2e-until.ts';
import { failing } from '../support/pod-watches-case.ts';
import { startScriptedIngress } from '../support/scripted-ingress.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';

interface Explained {
  readonly pods: readonly { readonly steps: readonly { readonly step: string; readonly reason?: string }[] }[];
}

describe('watcher explain', { timeout: 120_000 }, () => {
  test('tells the way of a failure to the plane, and why another was passed over', async () => {
    await using server = await SimulatedApiServer.start();
    await using resources = new AsyncDisposableStack();
    const dataDir = mkdtempSync(path.join(tmpdir(), 'watcher-explain-'));
    resources.defer(() => rmSync(dataDir, { recursive: true }));
    const ingress = await startScriptedIngress();
    resources.defer(() => ingress.stop());
    failing(server, 'shop', 'web');
    failing(server, 'dev', 'web');
    const kubeconfig = server.writeKubeconfig(path.join(dataDir, 'kubeconfig'));
    const args = ['--ignore-namespaces=dev', '--debug-listen=127.0.0.1:0'];
    const agent = resources.use(await startAgent({ kubeconfig, planeUrl: ingress.url, dataDir, args }));
    const debug = (await agent.process.line('serving status and profiles')) as unknown as { port: number };

    const explain = async (pod: string): Promise<Explained> => {
      const { out } = await runWatcher(['explain', pod, `--data-dir=${dataDir}`, '-o', 'json']);
      return JSON.parse(out) as Explained;
    };
    const steps = (told: Explained): string[] => told.pods.flatMap((pod) => pod.steps.map(({ step }) => step));
    await until('the failure is delivered', async () => steps(await explain('shop/web')).includes('settled'));
    assert.deepEqual(steps(await explain('shop/web')), ['seen', 'found', 'decided', 'stored', 'settled']);
    const passedOver = await explain('dev/web');
    assert.ok(passedOver.pods[0]?.steps.some(({ step, reason }) => step === 'decided' && /ignored/.test(reason ?? '')));

    const overHttp = await fetch(`http://127.0.0.1:${debug.port}/debug/explain?pod=shop/web`);
    assert.deepEqual(await overHttp.json(), await explain('shop/web'));
    assert.equal((await fetch(`http://127.0.0.1:${debug.port}/debug/explain?pod=odd`)).status, 400);

    const table = await runWatcher(['explain', 'shop/web', `--data-dir=${dataDir}`]);
    assert.match(table.out, /FIRST +LAST +TIMES +STEP +WHAT +EVENT\n[^]*\n[\d:.]+ +1 +settled +delivered/);
    const stranger = await runWatcher(['explain', 'shop/nobody', `--data-dir=${dataDir}`]);
    assert.equal(stranger.code, 1);
    assert.match(stranger.out, /nothing was wrong with shop\/nobody as far as this agent knows/);
  });

  test('says what it needs', async () => {
    const odd = await runWatcher(['explain', 'web']);
    assert.deepEqual([odd.code, /NAMESPACE\/POD/.test(odd.err)], [2, true], odd.err);
    const nobody = await runWatcher(['explain', 'shop/web', '--data-dir=/nonexistent']);
    assert.deepEqual([nobody.code, /CONTROL_UNREACHABLE/.test(nobody.err)], [1, true], nobody.err);
  });
});
