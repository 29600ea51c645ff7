/** What a person types: help, version, settings, a mistake, a test event, a dry run. Each says what it means and exits as documented. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import { startAgent } from '../support/e2e-agent.ts';
import { runWatcher } from '../support/e2e-command.ts';
import { Door } from '../support/e2e-door.ts';
import { deliveryAttempts, executedEvents } from '../support/e2e-plane.ts';
import { until } from '../support/e2e-until.ts';
import { failOnce } from '../support/e2e-workloads.ts';
import { startScriptedIngress } from '../support/scripted-ingress.ts';

const machine = await clusterAvailability();

describe('watcher', { concurrency: 3, timeout: 120_000 }, () => {
  test('--help shows every flag of the contract, the commands and the exit codes, wherever it stands', async () => {
    const flags = ['restate-url', 'cluster-id', 'watch-namespace-mode', 'watch-namespace', 'managed-ns-label'];
    const more = ['http-listen', 'restate-timeout', 'remote-config-url', 'remote-config-fetch', 'batch-size', 'config'];
    for (const args of [['--help'], ['-h'], ['--batch-size=x', '--help']]) {
      const { code, out, err } = await runWatcher(args);
      assert.deepEqual([code, err], [0, ''], args.join(' '));
      for (const flag of [...flags, ...more]) assert.ok(out.includes(`--${flag}`), `${args.join(' ')}: ${flag}`);
      assert.match(out, /test-event/);
      assert.match(out, /Exit codes/);
    }
  });

  test('--help of a command shows its flags, examples and exit codes, wherever it stands', async () => {
    for (const words of ['config print', 'test-event']) {
      const { code, out, err } = await runWatcher([...words.split(' '), '--nonsense', '--help']);
      assert.deepEqual([code, err], [0, ''], words);
      for (const text of [`watcher ${words}`, 'Examples:', '--output', 'Exit codes: 0'])
        assert.ok(out.includes(text), out);
    }
  });

  test('--version prints one line', async () => {
    const { code, out } = await runWatcher(['--version']);
    assert.equal(code, 0);
    assert.match(out, /^watcher \d+\.\d+\.\d+\S*\n$/);
  });

  test('config print shows each setting with its origin, and no secret', async () => {
    await using resources = new AsyncDisposableStack();
    const dir = mkdtempSync(path.join(tmpdir(), 'watcher-e2e-'));
    resources.defer(() => rmSync(dir, { recursive: true }));
    const file = path.join(dir, 'watcher.yaml');
    writeFileSync(file, 'batch_size: 7\nrestate_timeout: 9s\nlog_level: debug\n');
    const environment = {
      RESTATE_TIMEOUT: '8s',
      LOG_LEVEL: 'warn',
      REMOTE_CONFIG_URL: 'https://x.example/?token=S3CR3T',
    };
    const args = ['config', 'print', '--output=json', `--config=${file}`, '--log-level=error'];
    const { code, out, err } = await runWatcher(args, { environment });
    assert.equal(code, 0, err);
    const settings = JSON.parse(out) as Record<string, { value: unknown; origin: string }>;
    const shown = ['batch_size', 'restate_timeout', 'log_level', 'batch_flush'].map((key) => settings[key]);
    assert.deepEqual(
      shown.map((setting) => [setting?.value, setting?.origin]),
      [
        [7, 'file'],
        ['8s', 'environment'],
        ['error', 'flag'],
        ['1s', 'default'],
      ],
    );
    assert.ok(!out.includes('S3CR3T') && !err.includes('S3CR3T'));
  });

  for (const [typed, meant] of [
    [['test-evnt'], "'test-event'"],
    [['cofnig', 'print'], "'config print'"],
    [['config', 'prnt'], "'config print'"],
    [['--cluster-idd=x', '--restate-url=http://127.0.0.1:1'], '--cluster-id'],
    [['config', 'print', '--batchsize=3'], '--batch-size'],
  ] as const) {
    test(`${typed.join(' ')} is an error that names ${meant}, with exit code 2`, async () => {
      const { code, out, err } = await runWatcher(typed);
      assert.deepEqual([code, out], [2, '']);
      assert.ok(err.includes(`did you mean ${meant}`), err);
    });
  }

  test('with several mistakes names all of them at once, with exit code 2', async () => {
    await using resources = new AsyncDisposableStack();
    const dir = mkdtempSync(path.join(tmpdir(), 'watcher-e2e-'));
    resources.defer(() => rmSync(dir, { recursive: true }));
    const file = path.join(dir, 'watcher.yaml');
    writeFileSync(file, 'bacth_size: 7\n');
    const environment = { RESTATE_TIMEOUT: 'soon' };
    const args = [`--config=${file}`, '--restate-url=ftp://x', '--watch-namespace-mode=label'];
    const { code, err } = await runWatcher(args, { environment });
    assert.equal(code, 2);
    const named = [/bacth_size.*batch_size/, /restate-url/, /RESTATE_TIMEOUT/, /cluster-id/, /managed-ns-label/];
    for (const problem of named) assert.match(err, problem);
  });

  test('test-event sends one marked event, and exits with 0 once the plane has taken it', async () => {
    await using resources = new AsyncDisposableStack();
    const plane = await startScriptedIngress();
    resources.defer(() => plane.stop());
    const { code, out, err } = await runWatcher(['test-event', `--restate-url=${plane.url}`, '--cluster-id=here']);
    assert.equal(code, 0, `${out}${err}`);
    const [event, ...others] = executedEvents(plane);
    assert.deepEqual(others, []);
    assert.equal(event?.test, true);
    assert.match(out, /accepted/);
    assert.ok(out.includes(event.event_id));
    assert.equal(plane.executed.find(({ service }) => service === 'ProjectService')?.key, 'here');
  });

  for (const [what, status, wanted] of [
    ['wants a credential', 401, 'PLANE_UNAUTHORIZED'],
    ['is not registered', 404, 'PLANE_NOT_REGISTERED'],
  ] as const) {
    test(`test-event to a plane that ${what} says ${wanted} and what to do, and exits with 1`, async () => {
      await using resources = new AsyncDisposableStack();
      const plane = await startScriptedIngress();
      resources.defer(() => plane.stop());
      plane.always({ kind: 'answer', status });
      const { code, out, err } = await runWatcher(['test-event', `--restate-url=${plane.url}`, '--cluster-id=here']);
      assert.equal(code, 1, err);
      assert.match(out, /not accepted/);
      assert.ok(out.includes(wanted), out);
      assert.match(out, /what to do: \S/);
    });
  }

  test('test-event to nobody says PLANE_UNREACHABLE as JSON when asked to, and exits with 1', async () => {
    await using door = await Door.before('http://127.0.0.1:1');
    const args = ['test-event', '--output=json', `--restate-url=${door.url}`, '--cluster-id=here'];
    const { code, out, err } = await runWatcher(args);
    assert.equal(code, 1, err);
    assert.partialDeepStrictEqual(JSON.parse(out), { outcome: 'retry', code: 'PLANE_UNREACHABLE' });
  });
});

const skip = machine.available ? false : machine.reason;

describe('watcher --dry-run', { skip, timeout: 60_000 }, () => {
  const stack = new AsyncDisposableStack();
  let cluster: Cluster;
  before(async () => {
    cluster = stack.use(await startCluster());
  });
  after(() => stack.disposeAsync());

  test('says in the log what it would send, sends no event, enrols nothing and holds no Lease', async () => {
    await using resources = new AsyncDisposableStack();
    const plane = await startScriptedIngress();
    resources.defer(() => plane.stop());
    const args = ['--dry-run', '--leader-elect=true', '--pod-namespace=default', '--pod-name=watcher-0'];
    const agent = resources.use(await startAgent({ kubeconfig: cluster.kubeconfigPath, planeUrl: plane.url, args }));
    const pod = await failOnce(cluster, 'default', 'failing');
    const audit = await agent.process.line('AUDIT EVENT');
    assert.deepEqual([audit['pod'], audit['delivery_status']], [pod.name, 'dry-run']);
    const would = await agent.process.line(({ msg }) => msg.startsWith('dry run'));
    assert.match(JSON.stringify(would), /CreateContainerConfigError/);
    await until('nothing is queued', async () => (await agent.metric('watcher_queue_depth')) === 0);
    assert.deepEqual(deliveryAttempts(plane), []);
    assert.deepEqual(
      plane.requests.filter(({ method, path: place }) => method !== 'GET' || !place.endsWith('/Get')),
      [],
    );
    const leases = await cluster.api<{ items: object[] }>(
      'GET',
      '/apis/coordination.k8s.io/v1/namespaces/default/leases',
    );
    assert.deepEqual(leases.items, []);
  });
});
