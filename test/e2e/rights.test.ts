/**
 * The agent runs with exactly the rights that `watcher rbac` prints, as a ServiceAccount that has no others, and the API
 * server's audit log is the judge: nothing is asked for that is not granted, and nothing is granted that is not asked for.
 * The API server streams no lists here, so that lists are asked for as well as watches.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { loadConfig } from '../../internal/config/load.ts';
import { questionsOf, rightsNeeded, type Right } from '../../internal/kubernetes/rights.ts';
import { describeSubject } from '../../internal/kubernetes/transport-status.ts';
import { rightsNeedsOf } from '../../cmd/watcher/rights-needs.ts';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import { allows, askedBy, askedText, auditPolicy } from '../support/audit-log.ts';
import { startAgent } from '../support/e2e-agent.ts';
import { runWatcher } from '../support/e2e-command.ts';
import { KubeconfigDir } from '../support/e2e-kubeconfig.ts';
import { executedEvents } from '../support/e2e-plane.ts';
import { until } from '../support/e2e-until.ts';
import { failOtherKinds, failReplicaSetAndJob } from '../support/e2e-owned-pods.ts';
import type { PodRef } from '../support/e2e-workloads.ts';
import { startScriptedIngress } from '../support/scripted-ingress.ts';
import { readFileSync } from 'node:fs';

const machine = await clusterAvailability();
const skip = machine.available ? false : machine.reason;

const OWN = 'agents';
const SHOP = 'shop';

/** Each with settings of its own and an account of its own, by whose name the log is read. */
const runs: Readonly<Record<string, readonly string[]>> = {
  'all-namespaces': ['--watch-namespace-mode=all'],
  'by-label': ['--watch-namespace-mode=label', '--managed-ns-label=kubernetes.io/metadata.name=shop'],
  'one-namespace': ['--watch-namespace-mode=single', `--watch-namespace=${SHOP}`],
  everything: [
    ...['--watch-namespace-mode=all', '--enabled-reasons=*', '--event-context=events,logs,limits'],
    '--silence-annotations=pods,namespaces,workloads',
  ],
  'one-node': ['--watch-namespace-mode=all', '--node-name=node-1'],
  'dry-run': ['--watch-namespace-mode=all', '--dry-run'],
};

describe('the rights that watcher rbac prints', { skip, timeout: 600_000 }, () => {
  const stack = new AsyncDisposableStack();
  let cluster: Cluster;
  before(async () => {
    const extraApiserverArgs = ['--feature-gates=WatchList=false'];
    cluster = stack.use(await startCluster({ auditPolicy, extraApiserverArgs }));
    for (const name of [OWN, SHOP]) await cluster.createNamespace(name);
  });
  after(() => stack.disposeAsync());

  /** Grants what is printed, and resolves with a kubeconfig of the account once it counts. */
  async function grant(resources: AsyncDisposableStack, name: string, flags: readonly string[]): Promise<string> {
    const { code, out, err } = await runWatcher(['rbac', `--name=${name}`, `--namespace=${OWN}`, ...flags]);
    assert.deepEqual([code, err], [0, '']);
    await cluster.kubectl(['apply', '-f', '-'], out);
    const accounts = `/api/v1/namespaces/${OWN}/serviceaccounts`;
    const { status } = await cluster.api<{ status: { token: string } }>('POST', `${accounts}/${name}/token`, {
      spec: {},
    });
    const pods = {
      namespace: flags.includes(`--watch-namespace=${SHOP}`) ? SHOP : '',
      resource: 'pods',
      verb: 'watch',
    };
    const review = { spec: { resourceAttributes: pods } };
    await until('the rights count', async () => {
      const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
      const answer = await cluster.api<{ status: { allowed: boolean } }>('POST', path, review, { token: status.token });
      return answer.status.allowed;
    });
    const dir = resources.use(new KubeconfigDir());
    const ca = readFileSync(cluster.caFile, 'utf8');
    return dir.kubeconfig({ server: cluster.url, ca, user: { token: status.token } });
  }

  function rightsOf(name: string, flags: readonly string[]): Right[] {
    const { config } = loadConfig({ argv: [...flags, `--lease-name=${name}`], environment: {}, require: [] });
    return rightsNeeded(rightsNeedsOf(config, { namespace: OWN, isInCluster: true }));
  }

  for (const [name, flags] of Object.entries(runs)) {
    test(`are used, all of them and no others: ${name}`, async () => {
      await using resources = new AsyncDisposableStack();
      const lease = `--lease-name=${name}`;
      const kubeconfig = await grant(resources, name, [...flags, lease]);
      const plane = resources.adopt(await startScriptedIngress(), (one) => one.stop());
      const args = [...flags, lease, '--leader-elect=true', `--pod-name=${name}`, `--pod-namespace=${OWN}`];
      const agent = resources.use(await startAgent({ kubeconfig, planeUrl: plane.url, args }));
      const pods = await failReplicaSetAndJob(cluster, SHOP, name);
      if (name === 'everything') pods.push(...(await failOtherKinds(cluster, SHOP, name)));
      const isTold = ({ uid }: PodRef): boolean =>
        flags.includes('--dry-run')
          ? agent.process.lines.some((line) => JSON.stringify(line).includes(uid))
          : executedEvents(plane).some(({ pod_uid }) => pod_uid === uid);
      await agent.explained(until('all are told', () => pods.every(isTold)));
      const user = `system:serviceaccount:${OWN}:${name}`;
      const rights = rightsOf(name, flags);
      // What is granted and not used yet may still come: the Lease is renewed every two seconds.
      const unused = (): string[] => {
        const asked = askedBy(cluster.auditLogFile, user);
        return rights
          .flatMap((right) => questionsOf(right).map((question) => ({ right, question })))
          .filter(({ right, question }) => !asked.some((one) => one.verb === question.verb && allows(right, one)))
          .map(({ question }) => describeSubject(question));
      };
      await agent.explained(until('all is used', () => unused().length === 0, 20_000)).catch(() => undefined);
      assert.deepEqual(unused(), [], 'granted, and not asked for');
      await agent[Symbol.asyncDispose]();
      const asked = askedBy(cluster.auditLogFile, user);
      const beyond = asked.filter((one) => !rights.some((right) => allows(right, one)));
      assert.deepEqual([...new Set(beyond.map(askedText))], [], 'asked for, and not granted');
      const refused = asked.filter(({ status }) => status === 401 || status === 403);
      assert.deepEqual(refused.map(askedText), []);
      assert.ok(asked.every(({ resource }) => resource !== 'secrets'));
    });
  }
});
