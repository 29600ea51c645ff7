/** Annotations that silence, read from workloads of a real API server: metadata alone, by name, and without the right. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect } from '../../internal/kubernetes/connection.ts';
import { WorkloadSilences } from '../../internal/kubernetes/workload-silences.ts';
import { systemClock } from '../../internal/platform/clock.ts';
import { createLogger, silentLogger } from '../../internal/platform/log.ts';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';

const machine = await clusterAvailability();
const skip = machine.available ? false : machine.reason;

const labels = { app: 'web' };
const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'nowhere/app:1' }] } };
const ofJob = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } };
const selected = { selector: { matchLabels: labels }, template };

const workloads = [
  { kind: 'Deployment', group: 'apps', resource: 'deployments', spec: selected },
  { kind: 'StatefulSet', group: 'apps', resource: 'statefulsets', spec: { ...selected, serviceName: 'web' } },
  { kind: 'DaemonSet', group: 'apps', resource: 'daemonsets', spec: selected },
  { kind: 'ReplicaSet', group: 'apps', resource: 'replicasets', spec: selected },
  { kind: 'Job', group: 'batch', resource: 'jobs', spec: { template: ofJob } },
  {
    ...{ kind: 'CronJob', group: 'batch', resource: 'cronjobs' },
    spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: { template: ofJob } } },
  },
] as const;

describe('a silence of a workload on a real API server', { skip, timeout: 300_000 }, () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster({ tokenUsers: [{ user: 'nobody' }] });
    await cluster.createNamespace('shop');
    for (const { kind, group, resource, spec } of workloads) {
      const metadata = { name: 'web', annotations: { 'watcher/silence': `owner=${kind}` } };
      await cluster.api('POST', `/apis/${group}/v1/namespaces/shop/${resource}`, { metadata, spec });
    }
  });
  after(() => cluster.stop());

  async function withSilences(kubeconfig: string, run: (silences: WorkloadSilences, log: string[]) => Promise<void>) {
    const clock = systemClock();
    const settings = { kubeconfig, env: {}, qps: 0, burst: 0, userAgent: 'test' };
    const connection = connect(settings, { clock, logger: silentLogger() });
    const log: string[] = [];
    const logger = createLogger({ level: 'warn', destination: { write: (line) => void log.push(line) } });
    const silences = new WorkloadSilences({ clock, logger, transport: connection.transport });
    try {
      // The first request pays for the connection.
      await connection.transport.request({ method: 'GET', path: '/version' }, { timeoutMs: 30_000 });
      await run(silences, log);
    } finally {
      silences.stop();
      await connection.close();
    }
  }

  test('is read from each kind', () =>
    withSilences(cluster.kubeconfigPath, async (silences) => {
      for (const { kind } of workloads) {
        await silences.ask('shop', { kind, name: 'web' });
        assert.equal(silences.textOf('shop', { kind, name: 'web' }), `owner=${kind}`);
      }
      await silences.ask('shop', { kind: 'Deployment', name: 'gone' });
      assert.equal(silences.textOf('shop', { kind: 'Deployment', name: 'gone' }), '');
    }));

  test('is not known without the right, and the log names it', () =>
    withSilences(cluster.kubeconfigFor('nobody'), async (silences, log) => {
      await silences.ask('shop', { kind: 'Deployment', name: 'web' });
      assert.equal(silences.textOf('shop', { kind: 'Deployment', name: 'web' }), undefined);
      assert.match(log.join(), /API_FORBIDDEN.*deployments/);
    }));
});
