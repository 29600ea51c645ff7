/** What an operator is told on a Kubernetes older or newer than those that are tested; the agent works on both. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { codeOf, remedyOf, startAgent } from '../support/e2e-agent.ts';
import { runWatcher } from '../support/e2e-command.ts';
import { executedEvents } from '../support/e2e-plane.ts';
import { until } from '../support/e2e-until.ts';
import { failing } from '../support/pod-watches-case.ts';
import { startScriptedIngress } from '../support/scripted-ingress.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';

interface Row {
  readonly what: string;
  readonly status: string;
  readonly detail: string;
  readonly code: string | null;
}

describe('on a Kubernetes that is not among the tested ones', { timeout: 150_000 }, () => {
  for (const { gitVersion, code, exitCode, says } of [
    {
      gitVersion: 'v1.28.4',
      code: 'KUBERNETES_TOO_OLD',
      exitCode: 1,
      says: /^v1\.28\.4 is older than what is supported/,
    },
    { gitVersion: 'v1.99.0', code: null, exitCode: 0, says: /^v1\.99\.0 is newer than what was tested/ },
  ]) {
    test(`${gitVersion} an agent says so once, with what to do where there is something, and tells failures`, async () => {
      await using stack = new AsyncDisposableStack();
      const server = stack.use(await SimulatedApiServer.start({ gitVersion }));
      const plane = stack.adopt(await startScriptedIngress(), (one) => one.stop());
      const dir = mkdtempSync(path.join(tmpdir(), 'watcher-versions-'));
      stack.defer(() => rmSync(dir, { recursive: true, force: true }));
      const kubeconfig = server.writeKubeconfig(path.join(dir, 'kubeconfig'));
      failing(server, 'shop', 'web');

      const agent = stack.use(await startAgent({ kubeconfig, planeUrl: plane.url }));
      await agent.explained(until('the failure is told', () => executedEvents(plane).length === 1));
      const line = await agent.process.line(({ msg }) => msg.startsWith('the version of Kubernetes'));
      assert.deepEqual([line.level, codeOf(line) ?? null], [code === null ? 'info' : 'warn', code]);
      assert.equal(/upgrade the cluster/.test(remedyOf(line) ?? ''), code !== null);
      agent.assertRunning();

      const flags = [
        `--kubeconfig=${kubeconfig}`,
        `--restate-url=${plane.url}`,
        '--cluster-id=e2e',
        `--data-dir=${dir}`,
      ];
      const ended = await runWatcher(['check', ...flags, '--output=json'], { withinMs: 90_000 });
      const { checks } = JSON.parse(ended.out) as { checks: Row[] };
      const row = checks.find(({ what }) => what === 'Kubernetes version');
      assert.match(row?.detail ?? '', says);
      assert.deepEqual([row?.code, ended.code], [code, exitCode], ended.out);
    });
  }
});
