/** `watcher outbox` beside an agent that runs: through its control socket, which a killed one leaves behind. */
import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { openDurable, temporaryDirectory } from '../support/outbox-directory.ts';
import { freezeSome, outboxEvent } from '../support/outbox-event.ts';
import { shippedProgram } from '../chaos/chaos-agent.ts';
import { AgentProcess } from '../support/agent-process.ts';
import { runWatcher } from '../support/e2e-command.ts';
import { until } from '../support/e2e-until.ts';
import { KubeconfigDir } from '../support/e2e-kubeconfig.ts';
import { startScriptedIngress, type ScriptedIngress } from '../support/scripted-ingress.ts';

const WAITING = 500;
const NOBODY = 'http://127.0.0.1:9';

/** A data directory in which events wait and one is quarantined. */
async function backlog(t: TestContext): Promise<string> {
  const dir = await temporaryDirectory(t);
  const { outbox } = await openDurable(t, dir);
  await outbox.append([outboxEvent('q1')], []);
  await outbox.quarantine((await freezeSome(outbox)).batchId, 'plane-refuses');
  await outbox.append(
    Array.from({ length: WAITING }, (_, at) => outboxEvent(`w${at}`, `p${at}`)),
    [],
  );
  await outbox.close();
  return dir;
}

async function ingress(t: TestContext): Promise<ScriptedIngress> {
  const started = await startScriptedIngress();
  t.after(() => started.stop());
  return started;
}

/** An agent, as it is shipped, on `dir`, whose cluster does not answer; resolves once it serves its control socket. */
async function agentOn(t: TestContext, dir: string, planeUrl: string): Promise<AgentProcess> {
  const files = new KubeconfigDir();
  t.after(() => files[Symbol.dispose]());
  const cluster = { server: NOBODY };
  const kubeconfig = files.file(
    'kubeconfig.json',
    JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'here', clusters: [{ name: 'here', cluster }] },
      ...{ users: [{ name: 'me', user: {} }], contexts: [{ name: 'here', context: { cluster: 'here', user: 'me' } }] },
    }),
  );
  const settings = { kubeconfig, 'restate-url': planeUrl, 'cluster-id': 'e2e', 'data-dir': dir };
  const more = {
    'http-listen': '127.0.0.1:0',
    'watch-namespace-mode': 'all',
    'drain-timeout': '2s',
    'restate-timeout': '10s',
  };
  const args = Object.entries({ ...settings, ...more }).map(([name, value]) => `--${name}=${value}`);
  const agent = new AgentProcess({ args, program: await shippedProgram() });
  t.after(() => agent[Symbol.asyncDispose]());
  await agent.line('serving `watcher outbox`');
  return agent;
}

interface Status {
  readonly agent: { readonly pid: number; readonly telling: { readonly kind: string } } | null;
  readonly waiting: { readonly events: number };
  readonly quarantined: { readonly events: number; readonly by_reason: Record<string, number> };
}

async function status(dir: string): Promise<Status> {
  const { code, out, err } = await runWatcher(['outbox', 'status', '-o', 'json', `--data-dir=${dir}`]);
  assert.equal(code, 0, err);
  return JSON.parse(out) as Status;
}

describe('watcher outbox beside an agent', { timeout: 180_000, concurrency: 2 }, () => {
  test('asks the agent, which puts back what is named and delivers it under its own id', async (t) => {
    const dir = await backlog(t);
    const agent = await agentOn(t, dir, NOBODY);
    assert.equal((await stat(join(dir, 'control.sock'))).mode & 0o777, 0o600);
    const before = await status(dir);
    assert.equal(before.agent?.pid, agent.pid);
    assert.equal(before.agent.telling.kind, 'running');
    assert.deepEqual(before.quarantined, { events: 1, by_reason: { 'plane-refuses': 1 } });
    assert.equal(before.waiting.events, WAITING);
    const listed = await runWatcher(['outbox', 'list', `--data-dir=${dir}`, '--limit=0', '-o', 'json']);
    assert.equal((JSON.parse(listed.out) as { events: unknown[] }).events.length, WAITING);
    const exported = await runWatcher(['outbox', 'export', `--data-dir=${dir}`]);
    assert.equal(exported.out.trimEnd().split('\n').length, WAITING + 1);
    const requeued = await runWatcher(['outbox', 'requeue', 'q1', `--data-dir=${dir}`]);
    assert.match(requeued.out, /^1 events are back in the queue; the agent sends them now/);
    assert.equal((await status(dir)).waiting.events, WAITING + 1);
    assert.equal((await agent.stop()).code, 0);
    await assert.rejects(stat(join(dir, 'control.sock')), { code: 'ENOENT' });
    const plane = await ingress(t);
    const next = await agentOn(t, dir, plane.url);
    await until('all is delivered', () => plane.executed.some(({ body }) => body.includes('"q1"')));
    const bodies = plane.executed.filter(({ handler }) => handler.startsWith('onPodEvent')).map(({ body }) => body);
    assert.equal(bodies.filter((body) => body.includes('"q1"')).length, 1);
    assert.equal(bodies.join('').match(/event_id/g)?.length, WAITING + 1);
    assert.equal((await next.stop()).code, 0);
  });

  test('after kill -9 opens the file itself, and the next agent replaces the socket', async (t) => {
    const dir = await backlog(t);
    const killed = await agentOn(t, dir, NOBODY);
    await killed.stop('SIGKILL');
    assert.ok((await stat(join(dir, 'control.sock'))).isSocket(), 'the dead one left its socket');
    assert.equal((await status(dir)).agent, null);
    const next = await agentOn(t, dir, NOBODY);
    assert.equal((await status(dir)).agent?.pid, next.pid);
  });
});
