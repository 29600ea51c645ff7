/** The metrics of an agent that runs, as Prometheus would read them, and what those that an objective rests on say. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { metricTable } from '../../internal/metrics/table.ts';
import { startAgent, type RunningAgent } from '../support/e2e-agent.ts';
import { until } from '../support/e2e-until.ts';
import { samplesOf, sumOf } from '../support/exposition.ts';
import { failing } from '../support/pod-watches-case.ts';
import { findPromtool } from '../support/promtool.ts';
import { rawPod, rawStatus, type Raw } from '../support/raw-pod.ts';
import { startScriptedIngress, type ScriptedIngress } from '../support/scripted-ingress.ts';
import { namespaces, pods } from '../support/simulated-apiserver/resources.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';

const promtool = await findPromtool();
const CRASHED_AGO_S = 20;
const HOUR_MS = 3_600_000;

/** What takes damage, a full disk or a plane of its own to happen; each has a value in a test of its own. */
const NOT_HERE = [
  'watcher_events_coalesced_total',
  'watcher_changes_skipped_total',
  'watcher_events_quarantined_total',
  'watcher_outbox_quarantined',
  'watcher_outbox_notices_total',
  'watcher_otlp_exports_total',
];

function put(server: SimulatedApiServer, name: string, containerStatus: Raw, parts: Raw = {}): void {
  const raw = rawPod({ status: { containerStatuses: [rawStatus(containerStatus)] } });
  const { spec, status } = raw as { spec: object; status: object };
  server.store.put(pods, { metadata: { name, namespace: 'shop', ...parts }, spec, status });
}

/** Has ended a while ago, by the pod's own word. */
function exited(agoSeconds: number): Raw {
  const finishedAt = new Date(Date.now() - agoSeconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  const terminated = {
    exitCode: 3,
    reason: 'Error',
    containerID: 'containerd://one',
    startedAt: finishedAt,
    finishedAt,
  };
  return { state: { terminated }, ready: false, containerID: 'containerd://one' };
}

function silence(server: SimulatedApiServer, namespace: string): void {
  server.ensureNamespace(namespace);
  const until = new Date(Date.now() + HOUR_MS).toISOString();
  const annotations = { 'watcher/silence': `until=${until} owner=jim` };
  server.store.modify(namespaces, namespace, '', (body) => ({ ...body, metadata: { ...body.metadata, annotations } }));
}

describe('the metrics of an agent', { timeout: 240_000 }, () => {
  const resources = new AsyncDisposableStack();
  let agent: RunningAgent;
  let server: SimulatedApiServer;
  let ingress: ScriptedIngress;
  let beganMs: number;
  const exposition = async (): Promise<string> => (await agent.get('/metrics')).text();
  const reaches = (name: string, least: number, labels: Readonly<Record<string, string>> = {}): Promise<string> =>
    until(`${name} is ${least}`, async () => {
      const body = await exposition();
      return (sumOf(body, name, labels) ?? 0) >= least && body;
    });

  before(async () => {
    server = resources.use(await SimulatedApiServer.start());
    ingress = await startScriptedIngress();
    resources.defer(() => ingress.stop());
    const dataDir = mkdtempSync(path.join(tmpdir(), 'watcher-metrics-'));
    resources.defer(() => rmSync(dataDir, { recursive: true }));
    const kubeconfig = server.writeKubeconfig(path.join(dataDir, 'kubeconfig'));
    const args = ['--leader-elect=true', '--enabled-reasons=Failed', '--event-context=events', '--dedup-cooldown=1h'];
    server.faults.add({ verb: 'create', resource: 'leases' }, { kind: 'status', code: 500 });
    agent = resources.use(await startAgent({ kubeconfig, planeUrl: ingress.url, dataDir, args }));
    await reaches('watcher_leading', 1);
    beganMs = Date.now();
    server.ensureNamespace('shop');
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'set', uid: 'set-uid', controller: true };
    put(server, 'crashed', exited(CRASHED_AGO_S), { ownerReferences: [owner] });
    failing(server, 'shop', 'unpulled');
    silence(server, 'quiet');
    put(server, 'hushed', exited(0), { namespace: 'quiet' });
    put(server, 'planned', exited(0), {
      deletionTimestamp: new Date(Date.now() - 5_000).toISOString(),
      deletionGracePeriodSeconds: 1,
      finalizers: ['a/b'],
    });
    await reaches('watcher_events_delivered_total', 1);
    put(
      server,
      'crashed',
      { ...exited(CRASHED_AGO_S), restartCount: 1 },
      { ownerReferences: [owner], labels: { seen: 'again' } },
    );
    await reaches('watcher_events_deduped_total', 1);
    await reaches('watcher_failures_silenced_total', 1, { source: 'namespace' });
    (await server.watches.opened({ resource: 'pods' })).end();
    await reaches('watcher_watch_ends_total', 1);
  });
  after(() => resources.disposeAsync());

  test('say how long a failure took, from the time in its pod to the word of the plane', async () => {
    const body = await reaches('watcher_failure_accept_seconds_count', 1);
    const value = (name: string): number => sumOf(body, name) ?? NaN;
    const mostSeconds = CRASHED_AGO_S + 1 + (Date.now() - beganMs) / 1000;
    const [seen, taken] = [value('watcher_failure_detect_seconds_sum'), value('watcher_failure_accept_seconds_sum')];
    assert.equal(value('watcher_failure_detect_seconds_count'), 1);
    assert.equal(value('watcher_failure_accept_seconds_count'), 1);
    assert.ok(
      seen >= CRASHED_AGO_S && seen <= taken && taken <= mostSeconds,
      `${seen} s, ${taken} s, ${mostSeconds} s`,
    );
    assert.equal(sumOf(body, 'watcher_failure_detect_seconds_bucket', { le: '10' }), 0);
  });

  test('say who leads, which settings and which version are in force', async () => {
    const body = await exposition();
    assert.equal(sumOf(body, 'watcher_leading'), 1);
    assert.ok((sumOf(body, 'watcher_leader_term') ?? -1) >= 0);
    assert.ok((sumOf(body, 'watcher_lease_failures_total', { reason: 'unavailable' }) ?? 0) >= 1);
    await reaches('watcher_lease_request_seconds_count', 1);
    assert.ok(Number.isSafeInteger(sumOf(body, 'watcher_settings_revision')));
    assert.equal(sumOf(body, 'watcher_build_info', { node: process.version }), 1);
    assert.ok((sumOf(body, 'watcher_event_loop_delay_max_seconds') ?? 0) < 60);
  });

  test('say why what was not told was not, and how fresh what is known is', async () => {
    const body = await exposition();
    const decided = (decision: string): (string | undefined)[] =>
      samplesOf(body)
        .filter(({ name, labels }) => name === 'watcher_decisions_total' && labels['decision'] === decision)
        .map(({ labels }) => labels['reason']);
    assert.deepEqual(decided('suppress').sort(), ['family-disabled', 'silenced-by-namespace']);
    assert.deepEqual(decided('deduplicate').length, 1);
    assert.equal(
      sumOf(body, 'watcher_events_deduped_total'),
      sumOf(body, 'watcher_decisions_total', { decision: 'deduplicate' }),
    );
    const ageSeconds = sumOf(body, 'watcher_watch_age_seconds') ?? NaN;
    assert.ok(ageSeconds >= 0 && ageSeconds < 180, `${ageSeconds} s`);
    assert.ok((sumOf(body, 'watcher_pods') ?? 0) >= 3);
  });

  test('say what waits, for how long and that the breaker is open while the plane is away, and when that is over', async () => {
    ingress.always({ kind: 'reset' });
    put(server, 'waiting', { ...exited(0), containerID: 'containerd://two' });
    await reaches('watcher_queue_depth', 1);
    const away = await reaches('watcher_breaker_state', 1, { state: 'open' });
    assert.equal(sumOf(away, 'watcher_breaker_state', { state: 'closed' }), 0);
    await reaches('watcher_backlog_age_seconds', 2);
    ingress.always(undefined);
    const back = await until(
      'all is delivered',
      async () => {
        const body = await exposition();
        return sumOf(body, 'watcher_queue_depth') === 0 && body;
      },
      120_000,
    );
    assert.equal(sumOf(back, 'watcher_backlog_age_seconds'), 0);
    const late = await reaches('watcher_failure_accept_seconds_count', 2);
    assert.equal(sumOf(late, 'watcher_failure_detect_seconds_count'), 2);
    await reaches('watcher_breaker_state', 1, { state: 'closed' });
  });

  test('have a value each, but for those that take a disaster', async () => {
    const named = new Set(samplesOf(await exposition()).map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')));
    assert.deepEqual(
      Object.keys(metricTable).filter((name) => !named.has(name) && !NOT_HERE.includes(name)),
      [],
    );
  });

  test('are as Prometheus wants them: promtool has nothing to say', async (t: TestContext) => {
    if (promtool.available) await promtool.promtool.checkMetrics(await exposition());
    else t.skip(promtool.reason);
  });
});
