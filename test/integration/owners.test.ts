/** Owners read from a real API server: a ReplicaSet's metadata as protobuf, a Job whole, and no rights to either. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect } from '../../internal/kubernetes/connection.ts';
import { Owners } from '../../internal/kubernetes/owners.ts';
import type { OwnerName } from '../../internal/pipeline/owner-lookup.ts';
import { systemClock } from '../../internal/platform/clock.ts';
import { createLogger, silentLogger } from '../../internal/platform/log.ts';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';

const machine = await clusterAvailability();
const skip = machine.available ? false : machine.reason;

const labels = { app: 'web' };
const podSpec = { containers: [{ name: 'app', image: 'nowhere/app:1' }] };
const controller = (apiVersion: string, kind: string, name: string): object => ({
  ...{ apiVersion, kind, name, controller: true },
  uid: '00000000-0000-4000-8000-000000000001',
});

interface Made {
  readonly metadata: { readonly uid: string };
}

describe('an owner on a real API server', { skip, timeout: 120_000 }, () => {
  let cluster: Cluster;
  const owners: OwnerName[] = [];
  before(async () => {
    cluster = await startCluster({ tokenUsers: [{ user: 'nobody' }] });
    await cluster.createNamespace('shop');
    const metadata = { name: 'web', ownerReferences: [controller('argoproj.io/v1alpha1', 'Rollout', 'web-rollout')] };
    const replicaSet = await cluster.api<Made>('POST', '/apis/apps/v1/namespaces/shop/replicasets', {
      metadata,
      spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec } },
    });
    const job = await cluster.api<Made>('POST', '/apis/batch/v1/namespaces/shop/jobs', {
      metadata: { name: 'backup', ownerReferences: [controller('batch/v1', 'CronJob', 'nightly')] },
      spec: { backoffLimit: 3, template: { spec: { ...podSpec, restartPolicy: 'OnFailure' } } },
    });
    owners.push({ kind: 'ReplicaSet', namespace: 'shop', name: 'web', uid: replicaSet.metadata.uid });
    owners.push({ kind: 'Job', namespace: 'shop', name: 'backup', uid: job.metadata.uid });
  });
  after(() => cluster.stop());

  const withOwners = async (kubeconfig: string, run: (owners: Owners, log: string[]) => Promise<void>) => {
    const clock = systemClock();
    const settings = { kubeconfig, env: {}, qps: 0, burst: 0, userAgent: 'test' };
    const connection = connect(settings, { clock, logger: silentLogger() });
    const log: string[] = [];
    const logger = createLogger({ level: 'warn', destination: { write: (line) => void log.push(line) } });
    const reading = new Owners({ clock, logger, transport: connection.transport });
    try {
      // The first request pays for the connection.
      await connection.transport.request({ method: 'GET', path: '/version' }, { timeoutMs: 30_000 });
      await run(reading, log);
    } finally {
      reading.stop();
      await connection.close();
    }
  };

  test('is read with what controls it; a Job with its limit and what came of its attempts', () =>
    withOwners(cluster.kubeconfigPath, async (reading) => {
      const [replicaSet, job] = owners;
      assert.ok(replicaSet !== undefined && job !== undefined);
      assert.deepEqual(await Promise.all([reading.ask(replicaSet), reading.ask(job)]), ['read', 'read']);
      assert.equal(reading.get(replicaSet.uid)?.owner?.name, 'web-rollout');
      assert.equal(reading.get(job.uid)?.owner?.kind, 'CronJob');
      assert.deepEqual(reading.get(job.uid)?.job, {
        uid: job.uid,
        backoffLimit: 3,
        hasOwnRules: false,
        restartPolicy: 'OnFailure',
        failed: 0,
        isFailed: false,
      });
      const gone = { ...job, name: 'never-was', uid: '00000000-0000-4000-8000-000000000000' };
      assert.equal(await reading.ask(gone), 'gone');
    }));

  test('that may not be read is named with the right that is missing', () =>
    withOwners(cluster.kubeconfigFor('nobody'), async (reading, log) => {
      for (const owner of owners) assert.equal(await reading.ask(owner), 'denied');
      assert.equal(log.length, 2);
      assert.match(log[0] ?? '', /get replicasets.apps web in namespace shop answered 403/);
      assert.match(log[1] ?? '', /get jobs.batch backup in namespace shop answered 403/);
    }));
});
