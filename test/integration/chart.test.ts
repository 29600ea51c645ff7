/**
 * The chart on a real API server: every combination of its main values is valid to the last field, its pods may run where
 * Pod Security is `restricted`, and installing it says what is kept and what is not. Nothing runs: there is no node.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import { chartSettings, valueName } from '../../tools/chart-schema.ts';
import { renderManifests } from '../../tools/manifests.ts';
import { anyCrd, dryRun, podOf } from '../support/dry-run.ts';
import { until } from '../support/e2e-until.ts';
import { CHART, findHelm, objectsIn, required } from '../support/helm.ts';

const machine = await clusterAvailability();
const found = await findHelm();
const skip = machine.available ? (found.available ? false : found.reason) : machine.reason;

const WORKLOADS = ['Deployment', 'DaemonSet', 'StatefulSet'];
const MONITORING = 'monitoring.coreos.com';

const allOn = {
  ...{ networkPolicy: { enabled: true }, podDisruptionBudget: { enabled: true }, dashboard: { enabled: true } },
  ...{ podMonitor: { enabled: true }, prometheusRule: { enabled: true, runbookBase: 'https://docs.example.com' } },
};
const allSet = {
  ...{ priorityClassName: 'system-cluster-critical', nodeSelector: { disk: 'fast' }, replicas: 3 },
  ...{ tolerations: [{ operator: 'Exists' }], podAnnotations: { a: 'b' }, podLabels: { c: 'd' } },
  ...{ image: { digest: `sha256:${'0'.repeat(64)}`, pullSecrets: [{ name: 'pull' }] }, topologySpreadConstraints: [] },
  planeSecret: { name: 'plane', tokenKey: 'token', caKey: 'ca.crt', certKey: 'tls.crt', keyKey: 'tls.key' },
  data: { storageClassName: 'fast', whenDeleted: 'Delete' },
  extraEnv: [{ name: 'REMOTE_CONFIG_URL', valueFrom: { secretKeyRef: { name: 'plane', key: 'settings' } } }],
  networkPolicy: {
    enabled: true,
    metricsFrom: [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }],
    apiServerTo: [{ ipBlock: { cidr: '10.0.0.1/32' } }],
    planeTo: [{ ipBlock: { cidr: '192.0.2.0/24' } }],
    extraEgress: [{ ports: [{ port: 4317, protocol: 'TCP' }] }],
  },
};
/** By name, so that a test is called by what it is. */
const axes: readonly Readonly<Record<string, object>>[] = [
  { deployment: { mode: 'deployment' }, daemonset: { mode: 'daemonset' }, statefulset: { mode: 'statefulset' } },
  {
    'all namespaces': { settings: { watchNamespaceMode: 'all' } },
    'namespaces by label, in memory': {
      settings: { watchNamespaceMode: 'label', managedNsLabel: 'team=a', outbox: 'memory', httpListen: ':9090' },
    },
    'one namespace, no Lease': {
      settings: { watchNamespaceMode: 'single', watchNamespace: 'shop', leaderElect: false, drainTimeout: '1m30s' },
    },
  },
  { 'nothing optional': {}, 'everything optional': allOn, 'every value set': allSet },
];
const combinations = axes.reduce<Readonly<Record<string, object>>>(
  (made, axis) =>
    Object.fromEntries(
      Object.entries(made).flatMap(([words, one]) =>
        Object.entries(axis).map(([word, more]) => [words === '' ? word : `${words}, ${word}`, { ...one, ...more }]),
      ),
    ),
  { '': {} },
);

describe('the chart', { skip, timeout: 300_000 }, () => {
  const { helm } = found as Extract<typeof found, { available: true }>;
  const stack = new AsyncDisposableStack();
  let cluster: Cluster;
  before(async () => {
    cluster = stack.use(await startCluster());
    await cluster.createNamespace('agents', { 'pod-security.kubernetes.io/enforce': 'restricted' });
    await cluster.createNamespace('shop');
    for (const kind of ['PodMonitor', 'PrometheusRule']) {
      await cluster.api(
        'POST',
        '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
        anyCrd(MONITORING, 'v1', kind),
      );
    }
    await until('the CRDs are served', async () => {
      const served = await cluster
        .api<{ resources: unknown[] }>('GET', `/apis/${MONITORING}/v1`)
        .catch(() => undefined);
      return served?.resources.length === 2;
    });
  });
  after(() => stack.disposeAsync());

  for (const [words, values] of Object.entries(combinations)) {
    test(`is taken by the API server, its pods where Pod Security is restricted: ${words}`, async () => {
      const objects = await helm.render({ ...required, ...values });
      for (const object of objects) await dryRun(cluster, object);
      for (const workload of objects.filter(({ kind }) => WORKLOADS.includes(kind))) {
        await dryRun(cluster, podOf(workload));
      }
    });
  }

  test('would not be taken with a field too many, nor its pods with a right too many', async () => {
    const [deployment] = (await helm.render(required)).filter(({ kind }) => kind === 'Deployment');
    assert.ok(deployment !== undefined);
    await assert.rejects(
      dryRun(cluster, { ...deployment, spec: { ...(deployment.spec as object), replica: 1 } }),
      /replica/,
    );
    const pod = podOf(deployment);
    const spec = { ...(pod.spec as object), hostNetwork: true };
    await assert.rejects(dryRun(cluster, { ...pod, spec }), /violates PodSecurity "restricted/);
  });

  test('gives each part that is optional when it is asked for, and only then', async () => {
    const kindsOf = async (values: object): Promise<string[]> =>
      [...new Set((await helm.render({ ...required, ...values })).map(({ kind }) => kind))].toSorted();
    const rights = ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding', 'ServiceAccount'];
    assert.deepEqual(await kindsOf({}), [...rights, 'Deployment'].toSorted());
    const more = ['ConfigMap', 'NetworkPolicy', 'PodDisruptionBudget', 'PodMonitor', 'PrometheusRule'];
    assert.deepEqual(await kindsOf(allOn), [...rights, 'Deployment', ...more].toSorted());
  });

  test('hands every setting over as the environment variable that the agent reads', async () => {
    // A setting without a default takes any text; what it means is the agent's to judge.
    const texts = chartSettings.map((row) => ({ ...row, text: row.default === '' ? '/some-text' : row.default }));
    const given = texts.filter(({ format }) => !format.placeholder.startsWith("''"));
    const values = Object.fromEntries(given.map(({ flag, text }) => [valueName(flag), text]));
    const text = await helm.template({ ...required, settings: values });
    for (const { environment, text: value } of given) {
      assert.ok(text.includes(`- { name: ${environment}, value: ${JSON.stringify(value)} }\n`), environment);
    }
  });

  test('probes by TLS where the listener has a certificate', async () => {
    const certificate = { httpCertFile: '/etc/tls/tls.crt', httpKeyFile: '/etc/tls/tls.key' };
    const podMonitor = { enabled: true, tlsConfig: { insecureSkipVerify: true } };
    const text = await helm.template({ ...required, podMonitor, settings: certificate });
    assert.equal(text.match(/scheme: HTTPS/g)?.length, 2);
    assert.match(text, /path: \/metrics\n +scheme: https\n +tlsConfig:\n +insecureSkipVerify: true\n/);
  });

  test('lets the agent end in order: the grace period is longer than the drain', async () => {
    for (const [drainTimeout, seconds] of [
      [undefined, 40],
      ['0s', 15],
      ['1m30.5s', 106],
      ['500ms', 16],
      ['1h', 3615],
    ]) {
      const text = await helm.template({ ...required, settings: { drainTimeout } });
      assert.match(text, new RegExp(`terminationGracePeriodSeconds: ${seconds}\n`), String(drainTimeout));
    }
  });

  test('opens the NetworkPolicy to the port of the plane, whatever its URL looks like', async () => {
    for (const [restateUrl, port] of [
      ['https://restate.example.com', 443],
      ['http://restate:8080/some/path', 8080],
      ['http://restate', 80],
      ['https://[2001:db8::1]:9443', 9443],
    ]) {
      const text = await helm.template({ ...required, restateUrl, networkPolicy: { enabled: true } });
      assert.ok(
        text.includes(`where remote settings are read.\n    - ports:\n        - { port: ${port}, protocol: TCP }`),
        text,
      );
    }
  });

  test('refuses what it does not know, what it lacks and what is not a duration, and says which', async () => {
    const refused = async (values: object, pattern: RegExp): Promise<void> =>
      assert.rejects(async () => helm.template(values), pattern);
    await refused({ clusterId: 'x' }, /restateUrl is required/);
    await refused({ restateUrl: 'https://x' }, /clusterId is required/);
    await refused({ ...required, restatUrl: 'x' }, /'restatUrl' not allowed/);
    await refused({ ...required, settings: { nodeNam: 'x' } }, /settings.*\n?.*'nodeNam' not allowed/);
    await refused({ ...required, settings: { drainTimeout: '25' } }, /drainTimeout/);
    await refused({ ...required, mode: 'job' }, /mode/);
    await refused({ ...required, settings: { watchNamespaceMode: 'label' } }, /managedNsLabel is required/);
    await refused({ ...required, mode: 'daemonset', settings: { shard: '0/2' } }, /shard has no place/);
  });

  test('takes a cluster id of digits as it is written', async () => {
    for (const clusterId of ['007', '1234567890123', 1234567890123]) {
      const text = await helm.template({ ...required, clusterId });
      assert.ok(text.includes(`CLUSTER_ID, value: "${clusterId}"`), String(clusterId));
    }
  });

  test('says after an install what an emptyDir can not keep, and nothing of it where there is a volume', async () => {
    const kubeconfig = ['--kubeconfig', cluster.kubeconfigPath, '--namespace', 'agents'];
    const values = { ...required, nameOverride: 'noted' };
    const notes = await helm.run(['install', 'noted', CHART, ...kubeconfig], values);
    assert.match(notes, /emptyDir.*NOT the pod/s);
    assert.match(notes, /kubectl exec -n agents deployment\/noted -- watcher check/);
    const upgraded = await helm.run(['upgrade', 'noted', CHART, ...kubeconfig], { ...values, mode: 'statefulset' });
    assert.match(upgraded, /Each replica has a volume/);
    assert.doesNotMatch(upgraded, /emptyDir/);
    await assert.rejects(cluster.api('GET', '/apis/apps/v1/namespaces/agents/deployments/noted'), /404/);
    const bare = await helm.run(['upgrade', 'noted', CHART, ...kubeconfig], {
      ...values,
      settings: { outbox: 'memory' },
    });
    assert.match(bare, /Nothing outlives the process/);
    await helm.run(['uninstall', 'noted', ...kubeconfig]);
    await assert.rejects(cluster.api('GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles/agents:noted'), /404/);
  });

  test('is refused as a whole where volumes would change, until the StatefulSet is gone', async () => {
    const place = ['sized', CHART, '--kubeconfig', cluster.kubeconfigPath, '--namespace', 'agents'];
    const values = { ...required, nameOverride: 'sized', mode: 'statefulset' };
    const larger = { ...values, data: { volumeSize: '2Gi' }, replicas: 3 };
    await helm.run(['install', ...place], values);
    await assert.rejects(helm.run(['upgrade', ...place], larger), /updates to statefulset spec .* are forbidden/);
    const path = '/apis/apps/v1/namespaces/agents/statefulsets/sized';
    const { spec } = await cluster.api<{ spec: { replicas: number } }>('GET', path);
    assert.equal(spec.replicas, 2);
    // Nothing runs here that would see to orphans; Helm only looks for the StatefulSet itself.
    await cluster.api('DELETE', path);
    await helm.run(['upgrade', ...place], larger);
    const after = await cluster.api<{ spec: { replicas: number } }>('GET', path);
    assert.equal(after.spec.replicas, 3);
  });

  test('is installed twice in one namespace, and under one name in two that watch the same one', async () => {
    const settings = { watchNamespaceMode: 'single', watchNamespace: 'shop' };
    await cluster.createNamespace('others');
    for (const [release, namespace] of [
      ['one', 'agents'],
      ['two', 'agents'],
      ['one', 'others'],
    ] as const) {
      const place = ['--kubeconfig', cluster.kubeconfigPath, '--namespace', namespace];
      const notes = await helm.run(['install', release, CHART, ...place], { ...required, settings });
      assert.match(notes, new RegExp(`-n ${namespace} deployment/${release}-watcher `));
    }
  });
});

describe('the heap', { skip: found.available ? false : found.reason }, () => {
  test('is held at half of what the machine or the container has, by an option that Node knows', async () => {
    assert.ok(found.available);
    const text = await found.helm.template(required);
    const [, NODE_OPTIONS = ''] = /NODE_OPTIONS, value: "(.*)"/.exec(text) ?? [];
    const script = 'process.stdout.write(String(require("node:v8").getHeapStatistics().heap_size_limit))';
    const limit = Number(execFileSync(process.execPath, ['-e', script], { env: { NODE_OPTIONS }, encoding: 'utf8' }));
    // Beside the old generation there are young ones, of some MiB.
    const halfOfAll = Math.min(totalmem(), process.constrainedMemory() || Infinity) / 2;
    assert.ok(limit > 0.9 * halfOfAll && limit < 1.1 * halfOfAll + 64 * 1024 * 1024, `${limit} of ${2 * halfOfAll}`);
  });
});

describe('the plain manifests', { skip: found.available ? false : found.reason }, () => {
  test('are what the chart says; make manifests writes them', async () => {
    assert.ok(found.available);
    for (const [file, text] of await renderManifests(found.helm)) {
      assert.ok(readFileSync(file, 'utf8') === text, `${file} is stale`);
      const kinds = objectsIn(text).map(({ kind }) => kind);
      assert.ok(kinds.includes('Namespace') && kinds.some((kind) => WORKLOADS.includes(kind)), kinds.join());
      assert.doesNotMatch(text, /helm/i);
    }
  });
});
