/** `watcher log-level` and SIGHUP: the level of a running agent's log is changed, and goes back by itself. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { startAgent, type RunningAgent } from '../support/e2e-agent.ts';
import { runWatcher } from '../support/e2e-command.ts';
import { startScriptedIngress } from '../support/scripted-ingress.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';

const CHANGES = 'the level of the log changes';
const changedTo = (agent: RunningAgent, level: string): Promise<unknown> =>
  agent.process.line(({ msg, to }) => msg === CHANGES && to === level);

async function withAgent(args: string[], run: (agent: RunningAgent, dataDir: string) => Promise<void>): Promise<void> {
  await using server = await SimulatedApiServer.start();
  await using resources = new AsyncDisposableStack();
  const dataDir = mkdtempSync(path.join(tmpdir(), 'watcher-level-'));
  resources.defer(() => rmSync(dataDir, { recursive: true }));
  const ingress = await startScriptedIngress();
  resources.defer(() => ingress.stop());
  const kubeconfig = server.writeKubeconfig(path.join(dataDir, 'kubeconfig'));
  const agent = resources.use(await startAgent({ kubeconfig, planeUrl: ingress.url, dataDir, args }));
  await run(agent, dataDir);
}

describe('the level of an agent that runs', { timeout: 240_000 }, () => {
  test('is shown and changed by a command, and goes back after a while', () =>
    withAgent(['--log-level=info'], async (agent, dataDir) => {
      const level = async (...args: string[]): Promise<string> => {
        const { out, err, code } = await runWatcher(['log-level', ...args, `--data-dir=${dataDir}`]);
        assert.equal(code, 0, err);
        return out;
      };
      assert.equal(await level(), 'info\n');
      assert.equal(agent.process.lines.filter((line) => line.level === 'debug').length, 0);
      assert.match(await level('debug', '--for=1h'), /^debug until 20\d\d-.*Z, then info\n$/);
      await agent.process.line((line) => line.level === 'debug');
      assert.deepEqual(JSON.parse(await level('reset', '-o', 'json')), {
        level: 'info',
        configured: 'info',
        until: null,
      });
      await changedTo(agent, 'info');
      await level('error', '--for=1s');
      await agent.process.line(({ msg, to }) => msg === CHANGES && to === 'error');
      const isBack = agent.process.lines.filter(({ msg, to }) => msg === CHANGES && to === 'info').length;
      await agent.process.line(() => agent.process.lines.filter(({ to }) => to === 'info').length > isBack);
      assert.equal(await level(), 'info\n');
    }));

  test('is changed by SIGHUP where there is no socket, and back by another one', () =>
    withAgent(['--outbox=memory'], async (agent) => {
      process.kill(agent.process.pid, 'SIGHUP');
      await changedTo(agent, 'debug');
      process.kill(agent.process.pid, 'SIGHUP');
      await changedTo(agent, 'info');
      assert.deepEqual(await agent.process.stop(), { code: 0, signal: null });
    }));

  test('that is none, or for a time that is none, is wrong usage; without an agent the command fails', async () => {
    for (const args of [['loud'], ['debug', '--for=1ms'], ['debug', '--for=2d'], ['debug', 'info']]) {
      const { code, err } = await runWatcher(['log-level', ...args, '--data-dir=/nonexistent']);
      assert.equal(code, 2, err);
    }
    const nobody = await runWatcher(['log-level', '--data-dir=/nonexistent']);
    assert.deepEqual([nobody.code, /CONTROL_UNREACHABLE/.test(nobody.err)], [1, true], nobody.err);
  });
});
