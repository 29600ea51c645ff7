/**
 * Silences end to end, with the reference plane on a real Restate server: one of its remote settings and
 * those of annotations keep failures silent, also across a kill of the agent; then what still shows is told.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { WireEvent } from '../../internal/restate/wire-event.ts';
import { startAgent } from '../support/e2e-agent.ts';
import { runWatcher } from '../support/e2e-command.ts';
import { startPlane } from '../support/e2e-plane.ts';
import { until } from '../support/e2e-until.ts';
import { failing } from '../support/pod-watches-case.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';
import { rawPod, rawStatus, waiting } from '../support/raw-pod.ts';
import type { KubernetesObject } from '../support/simulated-apiserver/objects.ts';
import { namespaces, pods, replicaSets } from '../support/simulated-apiserver/resources.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';

const CLUSTER_ID = 'silenced';
const HOUR_MS = 3_600_000;
const WITHIN_MS = 120_000;

const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();

function annotate(server: SimulatedApiServer, namespace: string, text: string | undefined): void {
  const annotations = text === undefined ? {} : { 'watcher/silence': text };
  server.ensureNamespace(namespace);
  server.store.modify(namespaces, namespace, '', (body) => ({ ...body, metadata: { ...body.metadata, annotations } }));
}

/** A pod of a ReplicaSet that is silenced. */
function failingOfSilencedSet(server: SimulatedApiServer): void {
  const annotations = { 'watcher/silence': `until=${inMs(HOUR_MS)} owner=jill` };
  server.ensureNamespace('shop');
  const set = server.store.put(replicaSets, { metadata: { name: 'set', namespace: 'shop', annotations } });
  const { uid = '' } = set.body().metadata;
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'set', uid, controller: true };
  const containerStatuses = [rawStatus({ state: waiting('ImagePullBackOff') })];
  const { spec, status } = rawPod({ status: { containerStatuses } }) as Pick<KubernetesObject, 'spec' | 'status'>;
  const metadata = { name: 'set-1', namespace: 'shop', ownerReferences: [owner] };
  server.store.put(pods, {
    metadata,
    ...(spec === undefined ? {} : { spec }),
    ...(status === undefined ? {} : { status }),
  });
}

async function silence(planeUrl: string, until: string): Promise<void> {
  const silences = [{ id: 'upgrade', owner: 'jane', until, comment: 'new disks', match: { workloads: ['Pod/web'] } }];
  const answer = await fetch(`${planeUrl}/ConfigService/${CLUSTER_ID}/Set`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ silences }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

const named = (events: readonly WireEvent[]): string[] => events.map(({ type, name }) => `${type} ${name}`).sort();

describe('silences', { skip: skipWithoutRestate(), timeout: 5 * WITHIN_MS }, () => {
  test('of the plane, a namespace and a workload hold across a kill, and are made good for at their end', async () => {
    await using resources = new AsyncDisposableStack();
    const dataDir = mkdtempSync(path.join(tmpdir(), 'watcher-silences-'));
    resources.defer(() => rmSync(dataDir, { recursive: true, force: true }));
    const server = resources.use(await SimulatedApiServer.start());
    const plane = resources.use(await startPlane(CLUSTER_ID, { hasOpenAdmin: true, cooldownMs: 0 }));
    await silence(plane.url, inMs(HOUR_MS));
    annotate(server, 'quiet', `until=${inMs(HOUR_MS)} owner=jim reason=ImagePullBackOff`);
    failingOfSilencedSet(server);
    annotate(server, 'odd', `until=${inMs(HOUR_MS)}`);
    for (const [namespace, name] of [
      ['quiet', 'db'],
      ['odd', 'till'],
    ] as const)
      failing(server, namespace, name);

    const kubeconfig = server.writeKubeconfig(path.join(dataDir, 'kubeconfig'));
    const args = ['--remote-config-fetch=1s', '--dedup-cooldown=1s', '--silence-annotations=*'];
    const options = { kubeconfig, planeUrl: plane.url, clusterId: CLUSTER_ID, dataDir, args };
    const tells = (...names: readonly string[]): Promise<boolean> =>
      until(
        `the plane has ${names.join(', ')}`,
        async () => {
          const events = named(await plane.received());
          return names.every((name) => events.includes(name));
        },
        WITHIN_MS,
      );

    const first = resources.use(await startAgent(options));
    await first.process.line((line) => line.msg === 'remote settings changed', WITHIN_MS);
    failing(server, 'shop', 'web');
    failing(server, 'shop', 'plain');
    await tells('failure plain', 'failure till');
    const silenced = (source: string) => first.metric('watcher_failures_silenced_total', { source });
    for (const source of ['remote', 'namespace', 'workload']) {
      await until(`that of ${source} is counted`, async () => (await silenced(source)) === 1);
    }
    assert.match(JSON.stringify(await first.coded('SILENCE_INVALID')), /namespace odd says nobody/);
    const explained = await runWatcher(['explain', 'shop/web', `--data-dir=${dataDir}`]);
    assert.match(explained.out, /silence suppress silenced-by-remote upgrade of jane until /);
    await first.process.stop('SIGKILL');

    const second = resources.use(await startAgent(options));
    const again = (source: string) => second.metric('watcher_decisions_total', { reason: `silenced-by-${source}` });
    await until(
      'both stay silent',
      async () => (await again('remote')) !== undefined && (await again('namespace')) !== undefined,
    );
    assert.ok(!named(await plane.received()).some((name) => /failure (web|db|set-1)/.test(name)));
    await silence(plane.url, inMs(3_000));
    annotate(server, 'quiet', undefined);
    await tells('silenced upgrade', 'failure web', 'failure db');

    const events = await plane.received();
    const summary = events.filter(({ type }) => type === 'silenced');
    assert.deepEqual(
      summary.map(({ name, workload_kind, silenced: of }) => [
        name,
        workload_kind,
        of?.failures,
        of?.ended,
        of?.comment,
      ]),
      [['upgrade', 'Silence', 1, 'expired', 'new disks']],
    );
    assert.deepEqual(summary[0]?.silenced?.sample_pods, ['shop/web']);
    for (const name of ['web', 'db']) {
      assert.equal(events.filter((event) => event.type === 'failure' && event.name === name).length, 1);
    }
  });
});
