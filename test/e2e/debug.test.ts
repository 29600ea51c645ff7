/** The protected listener of an agent that runs: its status, its profiles for Go's pprof, and SIGUSR2. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { StatusDocument } from '../../internal/server/status.ts';
import { startAgent, type RunningAgent } from '../support/e2e-agent.ts';
import { until } from '../support/e2e-until.ts';
import { failing } from '../support/pod-watches-case.ts';
import { startScriptedIngress } from '../support/scripted-ingress.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';

async function debugUrl(agent: RunningAgent): Promise<string> {
  const { port } = (await agent.process.line('serving status and profiles')) as unknown as { port: number };
  return `http://127.0.0.1:${port}`;
}

const hasGo = spawnSync('go', ['version']).status === 0;

describe('the debug listener of an agent', { timeout: 240_000 }, () => {
  type Run = (agent: RunningAgent, base: string, dir: string) => Promise<void>;
  const listening = (): string[] => ['--debug-listen=127.0.0.1:0'];
  const withAgent = async (run: Run, flags: (dir: string) => string[] = listening): Promise<void> => {
    await using server = await SimulatedApiServer.start();
    await using resources = new AsyncDisposableStack();
    const dataDir = mkdtempSync(path.join(tmpdir(), 'watcher-debug-'));
    resources.defer(() => rmSync(dataDir, { recursive: true }));
    const ingress = await startScriptedIngress();
    resources.defer(() => ingress.stop());
    failing(server, 'shop', 'web');
    const kubeconfig = server.writeKubeconfig(path.join(dataDir, 'kubeconfig'));
    const args = ['--min-severity=warning', ...flags(dataDir)];
    const agent = resources.use(await startAgent({ kubeconfig, planeUrl: ingress.url, dataDir, args }));
    await run(agent, args.length === 1 ? '' : await debugUrl(agent), dataDir);
  };

  test('shows what failed lately and what became of it, and where each setting comes from', () =>
    withAgent(async (_agent, base) => {
      const status = async (): Promise<StatusDocument> =>
        (await (await fetch(`${base}/status`)).json()) as StatusDocument;
      const delivered = await until('the failure is delivered', async () =>
        (await status()).failures.find(({ became }) => became === 'delivered'),
      );
      assert.equal(`${delivered.namespace}/${delivered.pod}`, 'shop/web');
      const { settings, watches, is_telling: isTelling } = await status();
      assert.equal(settings.find(({ name }) => name === '--min-severity')?.from, 'flag');
      assert.equal(settings.find(({ name }) => name === '--batch-size')?.from, 'default');
      assert.deepEqual([watches.length > 0, isTelling], [true, true]);
      assert.match(await (await fetch(base)).text(), /shop\/web/);
    }));

  test('serves profiles that go tool pprof reads', { skip: hasGo ? false : 'Go is not installed' }, () =>
    withAgent(async (_agent, base, dir) => {
      for (const what of ['profile?seconds=1', 'heap']) {
        const file = path.join(dir, 'profile.pb.gz');
        writeFileSync(file, Buffer.from(await (await fetch(`${base}/debug/pprof/${what}`)).arrayBuffer()));
        const text = execFileSync('go', ['tool', 'pprof', '-top', file], { encoding: 'utf8' });
        assert.match(text, what === 'heap' ? /Type: inuse_space/ : /Type: cpu/);
        assert.match(text, /flat +flat% +sum% +cum +cum%\n/);
      }
    }),
  );

  test('is not needed for a heap profile on SIGUSR2, which is for its owner alone', () =>
    withAgent(
      async (agent) => {
        process.kill(agent.process.pid, 'SIGUSR2');
        const { path: file } = (await agent.process.line(
          'heap profile written: go tool pprof shows it',
          60_000,
        )) as unknown as {
          path: string;
        };
        assert.equal(statSync(file).mode & 0o777, 0o600);
        agent.assertRunning();
      },
      () => [],
    ));

  test('wants the token that its file holds now; while there is none it lets nobody in, and the log says so', () => {
    const tokenFile = (dir: string): string => path.join(dir, 'debug-token');
    return withAgent(
      async (agent, base, dir) => {
        const statusFor = async (token: string): Promise<number> =>
          (await fetch(`${base}/status`, { headers: { authorization: `Bearer ${token}` } })).status;
        assert.deepEqual([await statusFor('first'), await statusFor('')], [200, 401]);
        writeFileSync(tokenFile(dir), 'second');
        assert.deepEqual([await statusFor('first'), await statusFor('second')], [401, 200]);
        rmSync(tokenFile(dir));
        assert.deepEqual([await statusFor('second'), await statusFor('')], [401, 401]);
        await agent.coded('DEBUG_TOKEN_UNREADABLE');
      },
      (dir) => {
        writeFileSync(tokenFile(dir), 'first');
        return [...listening(), `--debug-token-file=${tokenFile(dir)}`];
      },
    );
  });
});
