/**
 * A Kubernetes that cannot be used: an unusable kubeconfig ends the agent at once with a coded error; whatever can heal
 * (server, certificates, credentials, rights) is said with a code and a remedy, shows as not ready, and is tried until it
 * has healed. Nothing here crashes the agent.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import type { LogLine } from '../support/agent-process.ts';
import { codeOf, remedyOf, RunningAgent } from '../support/e2e-agent.ts';
import { runWatcher } from '../support/e2e-command.ts';
import { Door } from '../support/e2e-door.ts';
import { KubeconfigDir, type KubeconfigParts } from '../support/e2e-kubeconfig.ts';
import { executedEvents } from '../support/e2e-plane.ts';
import { until } from '../support/e2e-until.ts';
import { failOnce } from '../support/e2e-workloads.ts';
import { startScriptedIngress, type ScriptedIngress } from '../support/scripted-ingress.ts';
import { CertificateAuthority } from '../support/simulated-apiserver/x509.ts';

const FLAGS = ['--restate-url=http://127.0.0.1:1', '--cluster-id=e2e', '--http-listen=127.0.0.1:0', '--outbox=memory'];
const USABLE: KubeconfigParts = { server: 'https://127.0.0.1:1', ca: '', user: { token: 'x' } };

interface Unusable {
  readonly what: string;
  readonly flags: (dir: KubeconfigDir) => readonly string[];
  readonly code: string;
  readonly names: RegExp;
}

const kubeconfig = (file: string): string[] => [`--kubeconfig=${file}`];

const unusable: readonly Unusable[] = [
  {
    what: 'that is not there',
    flags: () => kubeconfig('/nowhere/kubeconfig'),
    code: 'KUBECONFIG_MISSING',
    names: /\/nowhere\/kubeconfig/,
  },
  { what: 'that nobody named', flags: () => [], code: 'KUBECONFIG_MISSING', names: /KUBECONFIG/ },
  { what: 'that is empty', flags: (dir) => kubeconfig(dir.file('k', '')), code: 'KUBECONFIG_INVALID', names: /\/k\b/ },
  {
    what: 'that is no YAML',
    flags: (dir) => kubeconfig(dir.file('k', 'clusters: [}')),
    code: 'KUBECONFIG_INVALID',
    names: /\/k\b/,
  },
  {
    what: 'that is a picture',
    flags: (dir) => kubeconfig(dir.file('k', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'))),
    code: 'KUBECONFIG_INVALID',
    names: /\/k\b/,
  },
  {
    what: 'that is a directory',
    flags: (dir) => kubeconfig(dir.path),
    code: 'KUBECONFIG_INVALID',
    names: /watcher-e2e-/,
  },
  {
    what: 'without the context asked for',
    flags: (dir) => [...kubeconfig(dir.kubeconfig(USABLE)), '--context=production'],
    code: 'KUBECONFIG_INVALID',
    names: /production/,
  },
];

describe('a kubeconfig', { concurrency: 2, timeout: 60_000 }, () => {
  for (const { what, flags, code, names } of unusable) {
    test(`${what} ends the agent with ${code}, the remedy and exit code 1`, async () => {
      using dir = new KubeconfigDir();
      const ended = await runWatcher([...FLAGS, ...flags(dir)]);
      const text = ended.out + ended.err;
      assert.equal(ended.code, 1, text);
      assert.ok(text.includes(code), text);
      assert.match(text, names);
      assert.match(text, /what to do: \S|"remedy":"\S/);
      assert.doesNotMatch(text, /^\s+at /m, 'a stack is for nobody');
    });
  }
});

const machine = await clusterAvailability();
const skip = machine.available ? false : machine.reason;

describe('a Kubernetes API server that', { skip, concurrency: 3, timeout: 150_000 }, () => {
  const stack = new AsyncDisposableStack();
  let cluster: Cluster;
  let plane: ScriptedIngress;
  before(async () => {
    cluster = stack.use(await startCluster({ tokenUsers: [{ user: 'guest' }, { user: 'leaseless' }] }));
    plane = await startScriptedIngress();
    stack.defer(() => plane.stop());
  });
  after(() => stack.disposeAsync());

  function usable(): KubeconfigParts {
    return { server: cluster.url, ca: readFileSync(cluster.caFile, 'utf8'), user: { token: cluster.adminToken } };
  }

  function run(resources: AsyncDisposableStack, parts: KubeconfigParts, args: readonly string[] = []): RunningAgent {
    const dir = new KubeconfigDir();
    resources.use(dir);
    return resources.use(new RunningAgent({ kubeconfig: dir.kubeconfig(parts), planeUrl: plane.url, args }));
  }

  /** Says what is wrong in the log, is not ready, and lives on; what it said, and what /readyz said. */
  async function assertUnready(agent: RunningAgent, code: string): Promise<{ line: LogLine; readyz: string }> {
    const line = await agent.coded(code);
    assert.ok((remedyOf(line) ?? '').length > 20, `no remedy in ${JSON.stringify(line)}`);
    agent.assertRunning();
    assert.equal((await agent.probe('/livez')).status, 200);
    const { status, body } = await agent.probe('/readyz');
    assert.deepEqual([status, body.status], [503, 'unavailable']);
    let readyz = '';
    await until(`the probe names ${code}`, async () => {
      readyz = JSON.stringify((await agent.probe('/readyz')).body.checks['watch']);
      return readyz.includes(code);
    });
    return { line, readyz };
  }

  /** Sees the cluster now: a failing pod is told. */
  async function assertHealed(agent: RunningAgent, podName: string): Promise<void> {
    await agent.explained(agent.ready(60_000));
    const { uid } = await failOnce(cluster, 'default', podName);
    const isTold = (): boolean => executedEvents(plane).some(({ pod_uid }) => pod_uid === uid);
    await agent.explained(until('the failure is told', isTold));
  }

  test('nobody listens for is API_UNREACHABLE: the agent is not ready, lives on, and sees the cluster once it is there', async () => {
    await using resources = new AsyncDisposableStack();
    const door = resources.use(await Door.before(cluster.url));
    const agent = run(resources, { ...usable(), server: door.url });
    const { readyz } = await assertUnready(agent, 'API_UNREACHABLE');
    await door.open();
    await assertHealed(agent, 'after-unreachable');
    assert.match(readyz, /API_UNREACHABLE/, 'the probe says why');
  });

  test('shows a certificate of another authority is API_TLS: the agent is not ready and lives on', async () => {
    await using resources = new AsyncDisposableStack();
    const agent = run(resources, { ...usable(), ca: new CertificateAuthority(Date.now(), 'another').certificatePem });
    const { readyz } = await assertUnready(agent, 'API_TLS');
    assert.equal(await agent.metric('watcher_pods'), 0);
    assert.match(readyz, /API_TLS/, 'the probe says why');
  });

  test('does not know the token is API_UNAUTHORIZED, until the token file holds another', async () => {
    await using resources = new AsyncDisposableStack();
    const secrets = resources.use(new KubeconfigDir());
    const tokenFile = secrets.file('token', 'stale-t0ken');
    const agent = run(resources, { ...usable(), user: { tokenFile } });
    const { readyz } = await assertUnready(agent, 'API_UNAUTHORIZED');
    assert.ok(!agent.process.transcript().includes('stale-t0ken'), 'a token is never shown');
    writeFileSync(tokenFile, cluster.adminToken);
    await assertHealed(agent, 'after-unauthorized');
    assert.match(readyz, /API_UNAUTHORIZED/, 'the probe says why');
  });

  test('denies the rights is API_FORBIDDEN, naming verb and resource, until the rights are granted', async () => {
    await using resources = new AsyncDisposableStack();
    const agent = run(resources, { ...usable(), user: { token: cluster.tokenFor('guest') } });
    const { readyz } = await assertUnready(agent, 'API_FORBIDDEN');
    await cluster.kubectl(['create', 'clusterrole', 'reader', '--verb=get,list,watch', '--resource=pods,namespaces']);
    await cluster.kubectl(['create', 'clusterrolebinding', 'guest', '--clusterrole=reader', '--user=guest']);
    await assertHealed(agent, 'after-forbidden');
    const namesPods = (line: LogLine): boolean =>
      codeOf(line) === 'API_FORBIDDEN' && /\b(list|watch) pods\b/.test(JSON.stringify(line));
    assert.ok(agent.process.lines.some(namesPods), `no error names pods:\n${agent.process.transcript()}`);
    assert.match(readyz, /API_FORBIDDEN.*\b(list|watch)\b.*\b(pods|namespaces)\b/, 'the probe says why');
  });

  test('denies the Lease is API_FORBIDDEN, naming it: the agent is ready, tells nothing, and leads once it may', async () => {
    await using resources = new AsyncDisposableStack();
    const kubectl = (...args: readonly string[]): Promise<string> => cluster.kubectl(['create', ...args]);
    const flags = ['--leader-elect=true', '--pod-namespace=default', '--pod-name=watcher-0'];
    await kubectl('clusterrole', 'onlooker', '--verb=get,list,watch', '--resource=pods,namespaces');
    await kubectl('clusterrolebinding', 'leaseless', '--clusterrole=onlooker', '--user=leaseless');
    const agent = run(resources, { ...usable(), user: { token: cluster.tokenFor('leaseless') } }, flags);
    await agent.explained(agent.ready());
    const line = await agent.coded('API_FORBIDDEN');
    assert.match(JSON.stringify(line), /(get|create) leases\.coordination\.k8s\.io.* in namespace default/);
    assert.ok((remedyOf(line) ?? '').length > 20, `no remedy in ${JSON.stringify(line)}`);
    assert.equal(await agent.metric('watcher_leading'), 0);
    const { uid } = await failOnce(cluster, 'default', 'before-leading');
    await kubectl('role', 'leader', '--verb=get,create,update', '--resource=leases.coordination.k8s.io');
    await kubectl('rolebinding', 'leaseless', '--role=leader', '--user=leaseless');
    // Other agents of this file may have told it to the same plane before.
    const leads = async (): Promise<boolean> => (await agent.metric('watcher_leading')) === 1;
    await agent.explained(until('it leads', leads, 60_000));
    const hasTold = (): boolean => executedEvents(plane).some(({ pod_uid }) => pod_uid === uid);
    await agent.explained(until('the failure is told', hasTold, 60_000));
  });

  test('goes away for a while costs no failure: what failed meanwhile is told when it is back', async () => {
    await using resources = new AsyncDisposableStack();
    const door = resources.use(await Door.before(cluster.url));
    await door.open();
    const agent = run(resources, { ...usable(), server: door.url });
    await agent.explained(agent.ready());
    await door.close();
    await agent.coded('API_UNREACHABLE');
    const { uid } = await failOnce(cluster, 'default', 'while-away');
    await door.open();
    const isTold = (): boolean => executedEvents(plane).some(({ pod_uid }) => pod_uid === uid);
    await agent.explained(until('the failure is told', isTold, 60_000));
    assert.equal((await agent.ready()).status, 200);
  });
});
