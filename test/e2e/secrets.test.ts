/**
 * Whatever secret the agent is given or comes by, it stays where it is needed: not in the log at its most talkative, not in
 * metrics, status, traces and profiles, not in the data directory, not in events, not in what it prints when it is refused,
 * asked or dies, and not in what the process list shows. Heap snapshots hold everything, and have a switch of their own.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { startAgent, type RunningAgent } from '../support/e2e-agent.ts';
import { runWatcher } from '../support/e2e-command.ts';
import { deliveryAttempts, executedEvents } from '../support/e2e-plane.ts';
import { until } from '../support/e2e-until.ts';
import { rawPod, rawStatus, waiting } from '../support/raw-pod.ts';
import { startScriptedIngress } from '../support/scripted-ingress.ts';
import { pods } from '../support/simulated-apiserver/resources.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOjF9.c2lnbmF0dXJlLWNhbmFyeQ';

/** What is written where strangers write, by the secret within. */
const messages: Readonly<Record<string, string>> = {
  'message-canary-1': 'cannot log in: password=message-canary-1',
  'message-canary-2': 'dial postgres://app:message-canary-2@db:5432/shop',
  'message-canary-3-0123456789': 'sent Authorization: Bearer message-canary-3-0123456789',
  AKIAIOSFODNN7CANARYX: 'denied for AKIAIOSFODNN7CANARYX',
  [JWT]: `token ${JWT} has expired`,
  MIIMessageCanary: 'bad key -----BEGIN PRIVATE KEY-----\nMIIMessageCanary\n-----END PRIVATE KEY-----',
};
const given = {
  planeToken: 'given-canary-plane-token',
  settingsKey: 'given-canary-settings-key',
  debugToken: 'given-canary-debug-token',
  environment: 'given-canary-environment-of-a-pod',
  annotation: 'given-canary-annotation',
};

/** Throws from nowhere when asked to, as a defect would. */
const CRASH = `data:text/javascript,${encodeURIComponent("process.on('SIGWINCH', () => { throw new Error('a defect'); })")}`;

function failAll(server: SimulatedApiServer): void {
  server.ensureNamespace('shop');
  for (const [at, message] of Object.values(messages).entries()) {
    const containerStatuses = [rawStatus({ state: waiting('ImagePullBackOff', message) })];
    const pod = rawPod({
      spec: { containers: [{ name: 'app', image: 'a', env: [{ name: 'TOKEN', value: given.environment }] }] },
      status: { containerStatuses, message },
    });
    const metadata = { namespace: 'shop', name: `web-${at}`, annotations: { note: given.annotation } };
    server.store.put(pods, { ...pod, metadata });
  }
}

/** Every file below `dir`, unpacked. */
function filesBelow(dir: string): [name: string, text: string][] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(path.join(dir, name)).isFile())
    .map((name) => [name, textOf(readFileSync(path.join(dir, name)))]);
}

const textOf = (bytes: Buffer): string =>
  (bytes.readUInt16BE(0) === 0x1f8b ? gunzipSync(bytes) : bytes).toString('latin1');

async function shownBy(agent: RunningAgent, dataDir: string): Promise<[where: string, text: string][]> {
  const { port } = (await agent.process.line('serving status and profiles')) as unknown as { port: number };
  const headers = { authorization: `Bearer ${given.debugToken}` };
  const shown: [string, string][] = [['metrics', await (await agent.get('/metrics')).text()]];
  const places = ['/', '/status', '/debug/explain?pod=shop/web-0', '/debug/pprof/goroutine', '/debug/pprof/heap'];
  for (const place of places) {
    const answer = await fetch(`http://127.0.0.1:${port}${place}`, { headers });
    assert.equal(answer.status, 200, place);
    shown.push([place, textOf(Buffer.from(await answer.arrayBuffer()))]);
  }
  for (const command of ['outbox list', 'outbox export', 'outbox status', 'explain shop/web-1']) {
    const { code, out, err } = await runWatcher([...command.split(' '), `--data-dir=${dataDir}`]);
    assert.equal(code, 0, `${command}: ${err}`);
    shown.push([command, out + err]);
  }
  const list = execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(agent.process.pid)], { encoding: 'utf8' });
  shown.push(['the process list', list]);
  return shown;
}

describe('a secret', { timeout: 180_000 }, () => {
  test('that an agent was given, or came by, is nowhere to be found but where it belongs', async () => {
    await using server = await SimulatedApiServer.start();
    await using resources = new AsyncDisposableStack();
    const dir = mkdtempSync(path.join(tmpdir(), 'watcher-secrets-'));
    resources.defer(() => rmSync(dir, { recursive: true }));
    const file = (name: string, text: string): string => {
      writeFileSync(path.join(dir, name), text);
      return path.join(dir, name);
    };
    const ingress = await startScriptedIngress();
    resources.defer(() => ingress.stop());
    const settings = await startScriptedIngress();
    resources.defer(() => settings.stop());
    // As proxies in debug mode and web frameworks do: they show what they were sent.
    const headers = `authorization: Bearer ${given.planeToken}; token ${given.planeToken}`;
    ingress.always({ kind: 'answer', status: 502, body: `cannot forward ${headers}` });
    settings.always({ kind: 'answer', status: 404, body: `Cannot GET /settings?key=${given.settingsKey}` });
    failAll(server);
    const dataDir = path.join(dir, 'data');
    const agent = resources.use(
      await startAgent({
        kubeconfig: server.writeKubeconfig(path.join(dir, 'kubeconfig')),
        planeUrl: ingress.url,
        dataDir,
        args: [
          ...[
            '--log-level=trace',
            '--debug-listen=127.0.0.1:0',
            `--restate-token-file=${file('token', given.planeToken)}`,
          ],
          `--debug-token-file=${file('debug-token', given.debugToken)}`,
        ],
        environment: {
          REMOTE_CONFIG_URL: `${settings.url}/settings?key=${given.settingsKey}`,
          NODE_OPTIONS: `--import=${CRASH}`,
        },
      }),
    );
    await until('delivery was tried', () => deliveryAttempts(ingress).length > 0);
    const shown = await shownBy(agent, dataDir);
    shown.push(...filesBelow(dataDir).map(([name, text]): [string, string] => [`file ${name}`, text]));
    assert.equal(deliveryAttempts(ingress)[0]?.headers.authorization, `Bearer ${given.planeToken}`, 'it is used');
    ingress.always(undefined);
    await until('all is told', () => executedEvents(ingress).length >= Object.keys(messages).length, 90_000);
    shown.push(['events', JSON.stringify(executedEvents(ingress))]);

    await agent.process.line((line) => JSON.stringify(line).includes('Cannot GET'), 60_000);
    process.kill(agent.process.pid, 'SIGWINCH');
    await agent.process.exited;
    const said = [...agent.process.text, ...agent.process.lines.map((line) => JSON.stringify(line))].join('\n');
    for (const words of [
      /a defect/,
      /cannot forward authorization: Bearer \[redacted\]/,
      /Cannot GET \/settings\[redacted\]/,
    ]) {
      assert.match(said, words, 'it was said, and not all of it');
    }
    shown.push(['the log and the last words', said]);

    const secrets = [...Object.keys(messages), ...Object.values(given), server.adminToken];
    const found = shown.flatMap(([where, text]) =>
      secrets.filter((secret) => text.includes(secret)).map((secret) => `${secret} in ${where}`),
    );
    assert.deepEqual(found, []);
    assert.ok(shown.every(([, text]) => text !== '') && shown.length > 12, 'there was something to look at');
  });

  const refused: readonly (readonly [what: string, flags: readonly string[]])[] = [
    ['in the userinfo of the URL of the plane', ['--restate-url=https://user:refused-canary@plane.example.com']],
    ['in its query', ['--restate-url=https://plane.example.com/?token=refused-canary']],
    ['in a URL of settings that may not be called', ['--remote-config-url=ftp://user:refused-canary@example.com/']],
    [
      'in a URL of settings that leads to a metadata service',
      ['--remote-config-url=http://169.254.169.254/?k=refused-canary'],
    ],
    ['beside a flag that is not known', ['--restate-token', 'refused-canary']],
    ['attached to one', ['--restate-token=refused-canary']],
  ];
  for (const [what, flags] of refused) {
    test(`${what} is not repeated by what refuses it`, async () => {
      const needed = ['--restate-url=https://plane.example.com', '--cluster-id=c', '--outbox=memory'];
      const { code, out, err } = await runWatcher([...needed, ...flags]);
      assert.equal(code, 2, out + err);
      assert.doesNotMatch(out + err, /refused-canary/);
    });
  }
});
