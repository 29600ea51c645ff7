/** `watcher check` against a real API server, a plane and a disk: what works, what is degraded, what is missing. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import { askedBy, auditPolicy } from '../support/audit-log.ts';
import { startAgent } from '../support/e2e-agent.ts';
import { runWatcher, type Ended } from '../support/e2e-command.ts';
import { startScriptedIngress, type ScriptedIngress } from '../support/scripted-ingress.ts';

const machine = await clusterAvailability();
const skip = machine.available ? false : machine.reason;

interface Report {
  readonly status: string;
  readonly checks: readonly {
    readonly what: string;
    readonly status: string;
    readonly detail: string;
    readonly code: string | null;
    readonly remedy: string | null;
  }[];
}

describe('watcher check', { skip, timeout: 600_000 }, () => {
  const stack = new AsyncDisposableStack();
  let cluster: Cluster;
  let plane: ScriptedIngress;
  let dataDir: string;
  before(async () => {
    cluster = stack.use(await startCluster({ tokenUsers: [{ user: 'narrow' }, { user: 'nobody' }], auditPolicy }));
    plane = stack.adopt(await startScriptedIngress(), (one) => one.stop());
    dataDir = mkdtempSync(path.join(tmpdir(), 'watcher-check-'));
    stack.defer(() => rmSync(dataDir, { recursive: true, force: true }));
    await cluster.createNamespace('shop');
    const pods = ['--verb=list,watch', '--resource=pods'];
    await cluster.kubectl(['create', 'role', 'narrow', '-n', 'shop', ...pods]);
    await cluster.kubectl(['create', 'rolebinding', 'narrow', '-n', 'shop', '--role=narrow', '--user=narrow']);
  });
  after(() => stack.disposeAsync());

  const flags = (...more: string[]): string[] => {
    const usual = [`--restate-url=${plane.url}`, '--cluster-id=e2e', `--data-dir=${dataDir}`];
    return [...usual, `--kubeconfig=${cluster.kubeconfigPath}`, '--watch-namespace-mode=all', ...more];
  };
  const run = (...args: string[]): Promise<Ended> => runWatcher(['check', ...args]);

  async function report(...args: string[]): Promise<Report & { readonly code: number }> {
    const { code, out } = await run(...args, '--output=json');
    return { code, ...(JSON.parse(out) as Report) };
  }

  const statusesOf = ({ checks }: Report): Record<string, string> =>
    Object.fromEntries(checks.map(({ what, status }) => [what, status]));

  test('says that everything works, leaves nothing behind, and ends with 0', async () => {
    const told = await report(...flags('--leader-elect', '--enabled-reasons=*', '--event-context=*'));
    assert.deepEqual([told.code, told.status], [0, 'works'], JSON.stringify(told.checks));
    const whats = told.checks.map(({ what }) => what);
    for (const what of [
      'API server',
      'clock',
      'plane',
      'data directory',
      'right: list, watch pods',
      'right: get pods/log',
    ])
      assert.ok(whats.includes(what), whats.join());
    assert.match(told.checks[0]?.detail ?? '', /is v1\.\d+\.\d+, answered after/);
    assert.deepEqual(readdirSync(dataDir), []);
    const changes = askedBy(cluster.auditLogFile, 'admin').filter(({ verb }) => /update|patch|delete/.test(verb));
    assert.deepEqual(changes, []);
  });

  test('prints one table without colours where nobody is at a terminal', async () => {
    const { code, out, err } = await run(...flags());
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /^WHAT +STATUS +FOUND\n/);
    assert.match(out, /\neverything works\n$/);
    assert.ok(!out.includes('\u001b'));
  });

  test('says what is degraded by rights that are missing, and how to mend it, and ends with 1', async () => {
    const narrow = ['--watch-namespace-mode=single', '--watch-namespace=shop', '--leader-elect=false'];
    const told = await report(...flags(`--kubeconfig=${cluster.kubeconfigFor('narrow')}`, ...narrow));
    assert.deepEqual([told.code, told.status], [1, 'degraded'], JSON.stringify(told.checks));
    assert.equal(statusesOf(told)['right: list, watch pods in namespace shop'], 'works');
    assert.equal(statusesOf(told)['namespaces'], undefined, 'may not be asked');
    const jobs = told.checks.find(({ what }) => what === 'right: get jobs.batch in namespace shop');
    assert.deepEqual([jobs?.status, jobs?.code], ['degraded', 'API_FORBIDDEN']);
    assert.match(`${jobs?.detail ?? ''} ${jobs?.remedy ?? ''}`, /get denied: .*CronJob.*`watcher rbac`/);
  });

  test('says what is missing: rights to pods, a plane, a disk; and ends with 2', async () => {
    const bad = ['--restate-url=http://127.0.0.1:1', '--data-dir=/dev/null/watcher'];
    const told = await report(...flags(`--kubeconfig=${cluster.kubeconfigFor('nobody')}`, ...bad));
    assert.deepEqual([told.code, told.status], [2, 'missing']);
    const statuses = statusesOf(told);
    for (const what of ['right: list, watch pods', 'plane', 'data directory'])
      assert.equal(statuses[what], 'missing', what);
    for (const { remedy, status } of told.checks) assert.equal(remedy === null, status === 'works');
    const { out } = await run(...flags('--restate-url=http://127.0.0.1:1'));
    assert.match(out, /plane +missing +PLANE_UNREACHABLE: .*\n +-> check --restate-url/);
  });

  test('says that the namespace to watch is not there, or that none has the label', async () => {
    const told = await report(...flags('--watch-namespace-mode=single', '--watch-namespace=shopp'));
    assert.deepEqual([told.code, statusesOf(told)['namespaces']], [2, 'missing']);
    const byLabel = await report(...flags('--watch-namespace-mode=label', '--managed-ns-label=team=a'));
    assert.deepEqual([byLabel.code, statusesOf(byLabel)['namespaces']], [1, 'degraded']);
    const well = await report(...flags('--watch-namespace-mode=single', '--watch-namespace=shop'));
    assert.deepEqual([well.code, statusesOf(well)['namespaces']], [0, 'works']);
  });

  test('asks for no rights where the API server does not answer, and for the rest all the same', async () => {
    const told = await report(...flags('--kubeconfig=/nonexistent'));
    assert.deepEqual(statusesOf(told), { 'API server': 'missing', plane: 'works', 'data directory': 'works' });
    assert.equal(told.checks[0]?.code, 'KUBECONFIG_MISSING');
  });

  test('tells of a plane that refuses us, and of an outbox in memory', async () => {
    plane.always({ kind: 'answer', status: 401 });
    const told = await report(...flags('--outbox=memory', '--data-dir='));
    plane.always(undefined);
    const codes = told.checks.filter(({ code }) => code !== null).map(({ code }) => code);
    assert.deepEqual(codes, ['PLANE_UNAUTHORIZED', 'OUTBOX_IN_MEMORY']);
  });

  test('works beside an agent that runs, and says whose outbox it is', async () => {
    await using agent = await startAgent({ kubeconfig: cluster.kubeconfigPath, planeUrl: plane.url, dataDir });
    await agent.process.line((line) => line.msg === 'enrolled with the plane');
    const told = await report(...flags());
    assert.equal(told.code, 0, JSON.stringify(told.checks));
    const { detail } = told.checks.find(({ what }) => what === 'data directory') ?? { detail: '' };
    assert.ok(detail.includes(`of the agent that runs, process ${agent.process.pid}`), detail);
    assert.equal(statusesOf(told)['enrolment'], 'works');
  });

  test('is done in brief at the start of an agent, which says what is degraded', async () => {
    const args = ['--watch-namespace-mode=single', '--watch-namespace=shop'];
    const narrow = { kubeconfig: cluster.kubeconfigFor('narrow'), planeUrl: plane.url, args };
    await using agent = await startAgent(narrow);
    const line = await agent.process.line((one) => one.msg.startsWith('checked: '));
    assert.equal(line.level, 'warn');
    assert.ok(JSON.stringify(line['degraded']).includes('get jobs.batch in namespace shop'), JSON.stringify(line));
    await using well = await startAgent({ kubeconfig: cluster.kubeconfigPath, planeUrl: plane.url });
    const calm = await well.process.line((one) => one.msg.startsWith('checked: '));
    assert.deepEqual([calm.level, calm.msg], ['info', 'checked: everything works']);
  });
});
