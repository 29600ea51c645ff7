/**
 * OTLP, from the agent's sources and as it is shipped: what a collector gets, that nothing of it is there where it is off, and
 * that no collector, whatever it does, is felt by who waits for failures.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { shippedProgram } from '../chaos/chaos-agent.ts';
import { AgentProcess } from '../support/agent-process.ts';
import { agentFlags, codeOf, startAgent } from '../support/e2e-agent.ts';
import { until } from '../support/e2e-until.ts';
import { attributesOf, OtlpCollector, type CollectorFault, type OtlpSpan } from '../support/otlp-collector.ts';
import { failing } from '../support/pod-watches-case.ts';
import { rawPod, rawStatus, waiting } from '../support/raw-pod.ts';
import { startScriptedIngress, type ScriptedIngress } from '../support/scripted-ingress.ts';
import { pods } from '../support/simulated-apiserver/resources.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';
import { CertificateAuthority } from '../support/simulated-apiserver/x509.ts';

interface World {
  readonly server: SimulatedApiServer;
  readonly ingress: ScriptedIngress;
  readonly collector: OtlpCollector;
  readonly folder: string;
  readonly kubeconfig: string;
}

async function inWorld(run: (world: World) => Promise<void>): Promise<void> {
  await using server = await SimulatedApiServer.start();
  await using collector = await OtlpCollector.start();
  await using resources = new AsyncDisposableStack();
  const folder = mkdtempSync(path.join(tmpdir(), 'watcher-otlp-'));
  resources.defer(() => rmSync(folder, { recursive: true }));
  const ingress = await startScriptedIngress();
  resources.defer(() => ingress.stop());
  const kubeconfig = server.writeKubeconfig(path.join(folder, 'kubeconfig'));
  await run({ server, ingress, collector, folder, kubeconfig });
}

const flagsFor = (endpoint: string): string[] => [
  `--otlp-endpoint=${endpoint}`,
  '--otlp-interval=1s',
  '--otlp-trace-percent=100',
];

/** A pod whose container says `message`. */
function failingWith({ server }: World, message: string): void {
  server.ensureNamespace('shop');
  const containerStatuses = [rawStatus({ state: waiting('ImagePullBackOff', message) })];
  const raw = rawPod({ status: { containerStatuses } });
  server.store.put(pods, { ...raw, metadata: { name: 'web', namespace: 'shop' } });
}

const nanos = ({ startTimeUnixNano: from, endTimeUnixNano: to }: OtlpSpan): bigint => BigInt(to) - BigInt(from);

async function assertTraceAndMetrics({ collector }: World): Promise<void> {
  const root = await until('the trace of the failure', () => collector.spans.find(({ name }) => name === 'failure'));
  const below = collector.spans.filter(({ traceId }) => traceId === root.traceId);
  assert.deepEqual(below.map(({ name }) => name).toSorted(), ['append', 'deliver', 'detect', 'failure']);
  const attributes = attributesOf(root.attributes);
  assert.equal(attributes['watcher.event.id'], root.traceId, 'an event id finds its trace');
  assert.equal(attributes['k8s.pod.name'], 'web');
  assert.equal(attributes['watcher.settled.as'], 'delivered');
  for (const span of below) {
    assert.ok(nanos(span) >= 0n, span.name);
    assert.equal(span.parentSpanId ?? '', span === root ? '' : root.spanId);
  }
  const deliver = attributesOf(below.find(({ name }) => name === 'deliver')?.attributes);
  assert.equal(deliver['watcher.delivery.outcome'], 'accepted');
  assert.equal(Number(deliver['http.response.status_code']), 200);
  await until('the metrics say that it was delivered', () =>
    collector.metrics.get('watcher_events_delivered_total')?.sum?.dataPoints.some(({ asDouble }) => asDouble === 1),
  );
  assert.equal(collector.metrics.get('watcher_events_delivered_total')?.sum?.isMonotonic, true);
  const [accepted] = collector.metrics.get('watcher_accept_seconds')?.histogram?.dataPoints ?? [];
  assert.equal(Number(accepted?.count), 1);
  assert.equal(accepted?.bucketCounts?.length, (accepted?.explicitBounds?.length ?? 0) + 1);
  for (const place of ['/v1/metrics', '/v1/traces']) {
    const resource = collector.resource(place);
    assert.equal(resource['service.name'], 'watcher');
    assert.equal(resource['k8s.cluster.name'], 'e2e');
    assert.match(String(resource['service.instance.id']), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  }
}

describe('OTLP', { timeout: 300_000 }, () => {
  test('brings a collector the trace of a failure and the metrics, with the headers of the file, and no message', () =>
    inWorld(async (world) => {
      const { ingress, collector, folder, kubeconfig } = world;
      const file = path.join(folder, 'headers');
      writeFileSync(file, 'authorization: Bearer first\n');
      const args = [...flagsFor(collector.url), `--otlp-headers-file=${file}`];
      await using agent = await startAgent({ kubeconfig, planeUrl: ingress.url, args });
      failingWith(world, 'words of a registry');
      await agent.explained(assertTraceAndMetrics(world));
      assert.equal(collector.requests.at(-1)?.headers.authorization, 'Bearer first');
      writeFileSync(file, 'authorization: Bearer second\n');
      await until('the new header counts', () => collector.requests.at(-1)?.headers.authorization === 'Bearer second');
      writeFileSync(file, 'no header\n');
      assert.match(JSON.stringify(await agent.coded('OTLP_HEADERS_UNREADABLE')), /line 1 is no header/);
      assert.ok(JSON.stringify(ingress.executed).includes('words of a registry'), 'the plane is told all of it');
      assert.ok(!JSON.stringify(collector.requests).includes('words of a registry'), 'a collector is not');
      assert.ok(!agent.process.transcript().includes('Bearer'));
    }));

  test('is the same in what is shipped', () =>
    inWorld(async (world) => {
      const { server, ingress, collector, folder, kubeconfig } = world;
      failing(server, 'shop', 'web');
      const args = [...flagsFor(collector.url), `--data-dir=${folder}/data`];
      await using agent = new AgentProcess({
        program: await shippedProgram(),
        args: agentFlags({ kubeconfig, planeUrl: ingress.url, args }),
      });
      await assertTraceAndMetrics(world).catch((cause: unknown) => {
        throw new Error(agent.transcript(), { cause });
      });
      const before = collector.requests.length;
      assert.deepEqual(await agent.stop(), { code: 0, signal: null }, agent.transcript());
      assert.ok(collector.requests.length > before, 'the last metrics are sent at the end');
    }));

  test('is not there where it is off: not a module of it is loaded', () =>
    inWorld(async ({ ingress, folder, kubeconfig }) => {
      const [program = '', ...before] = await shippedProgram();
      const loaded = path.join(folder, 'loaded');
      const hook = path.join(folder, 'hook.cjs');
      writeFileSync(hook, namesWhatIsLoaded(loaded));
      const args = [`--data-dir=${folder}/data`];
      for (const endpoint of [undefined, 'http://127.0.0.1:9']) {
        const given = endpoint === undefined ? args : [...args, ...flagsFor(endpoint)];
        await using agent = new AgentProcess({
          program: [program, `--require=${hook}`, ...before],
          args: agentFlags({ kubeconfig, planeUrl: ingress.url, args: given }),
        });
        await agent.url();
        assert.deepEqual(await agent.stop(), { code: 0, signal: null }, agent.transcript());
        const names = readLoaded(loaded);
        assert.ok(names.some((name) => name.endsWith('watcher.js')));
        assert.equal(
          names.some((name) => name.endsWith('otlp.js')),
          endpoint !== undefined,
        );
      }
    }));
});

describe('a collector behind TLS', { timeout: 200_000 }, () => {
  test('is sent to where NODE_EXTRA_CA_CERTS names its authority, and not otherwise', () =>
    inWorld(async ({ ingress, folder, kubeconfig }) => {
      const authority = new CertificateAuthority(Date.now());
      const { certificatePem: cert, keyPem: key } = authority.issue({
        ...{ commonName: 'collector', hosts: ['127.0.0.1'], usage: 'server' },
      });
      await using collector = await OtlpCollector.start(0, { cert, key });
      const ca = path.join(folder, 'ca.pem');
      writeFileSync(ca, authority.certificatePem);
      const options = { kubeconfig, planeUrl: ingress.url, args: flagsFor(collector.url) };
      {
        await using stranger = await startAgent(options);
        const line = await stranger.coded('OTLP_EXPORT_FAILED');
        assert.match(JSON.stringify(line), /unreachable \([A-Z_]*(VERIFY|SIGNED)[A-Z_]*\)/);
        assert.equal(collector.requests.length, 0);
      }
      await using agent = await startAgent({ ...options, environment: { NODE_EXTRA_CA_CERTS: ca } });
      await agent.explained(until('metrics arrive', () => collector.metrics.size > 50));
    }));
});

type Bad = readonly [what: string, outcome: string, fault: CollectorFault];

const page = '<html>log in</html>';
const bad: readonly Bad[] = [
  ['is a web page', 'not-a-collector', { kind: 'answer', status: 200, type: 'text/html', body: page }],
  ['has too much to do', 'busy', { kind: 'answer', status: 429 }],
  ['sends elsewhere', 'redirected', { kind: 'answer', status: 302 }],
  ['knows nobody', 'unauthorized', { kind: 'answer', status: 401 }],
  ['takes nothing', 'refused', { kind: 'answer', status: 400, body: 'x'.repeat(100_000) }],
  ['does not answer', 'timeout', { kind: 'hang' }],
  ['trickles', 'timeout', { kind: 'drip' }],
  ['floods', 'refused', { kind: 'flood' }],
  ['cuts connections', 'unreachable', { kind: 'reset' }],
];

/** Beyond what an agent that sends to nobody grows by meanwhile (measured: 10 to 20 MB). */
const MOST_GROWTH_BYTES = 60 * 1024 * 1024;

describe('a collector that', { timeout: 300_000 }, () => {
  test('misbehaves in every way holds up no failure, is counted, and is said once', () =>
    inWorld(async ({ server, ingress, collector, kubeconfig }) => {
      await using agent = await startAgent({ kubeconfig, planeUrl: ingress.url, args: flagsFor(collector.url) });
      const count = async (labels: Record<string, string>): Promise<number> =>
        (await agent.metric('watcher_otlp_exports_total', labels)) ?? 0;
      await until('metrics arrive', () => collector.metrics.size > 50);
      const before = (await agent.metric('process_resident_memory_bytes')) ?? 0;
      for (const [index, [what, outcome, fault]] of bad.entries()) {
        const [metrics, traces] = [await count({ outcome }), await count({ signal: 'traces' })];
        collector.fault = fault;
        failing(server, 'shop', `web-${index}`);
        await until(`a failure is told while the collector ${what}`, () => toldOf(ingress, `web-${index}`), 10_000);
        await agent.explained(
          until(`it is counted that the collector ${what}`, async () => {
            return (await count({ outcome })) > metrics && (await count({ signal: 'traces' })) > traces;
          }),
        );
      }
      const after = (await agent.metric('process_resident_memory_bytes')) ?? 0;
      assert.ok(after - before < MOST_GROWTH_BYTES, `it grew from ${before} to ${after} bytes`);
      const warnings = agent.process.lines.filter((line) => codeOf(line) === 'OTLP_EXPORT_FAILED');
      const said = warnings.map(({ signal, outcome }) => `${String(signal)} ${String(outcome)}`);
      assert.deepEqual(said.toSorted(), [...new Set(said)].toSorted(), 'each reason is said once');
      assert.ok(
        bad.every(([, outcome]) => said.includes(`metrics ${outcome}`)),
        said.join(', '),
      );
      collector.fault = undefined;
      await agent.process.line('the OTLP collector takes metrics again');
      collector.fault = { kind: 'hang' };
      assert.deepEqual(await agent.process.stop(), { code: 0, signal: null }, agent.process.transcript());
    }));

  test('is not there when the agent starts is found when it comes', () =>
    inWorld(async ({ server, ingress, kubeconfig }) => {
      const port = await (async () => {
        await using gone = await OtlpCollector.start();
        return Number(new URL(gone.url).port);
      })();
      const args = flagsFor(`http://127.0.0.1:${port}`);
      await using agent = await startAgent({ kubeconfig, planeUrl: ingress.url, args });
      failing(server, 'shop', 'web');
      await until('the failure is told', () => toldOf(ingress, 'web'), 10_000);
      assert.match(JSON.stringify(await agent.coded('OTLP_EXPORT_FAILED')), /unreachable \(ECONNREFUSED\)/);
      await using collector = await OtlpCollector.start(port);
      await agent.explained(until('metrics arrive', () => collector.metrics.size > 50));
    }));
});

const toldOf = ({ executed }: ScriptedIngress, pod: string): boolean =>
  executed.some(({ handler, body }) => handler.startsWith('onPodEvent') && body.includes(`"${pod}"`));

/** Source of a module that writes the names of all CommonJS modules of the process into `file` when it ends. */
function namesWhatIsLoaded(file: string): string {
  return `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(file)},
    Object.keys(require.cache).join('\\n')));`;
}

function readLoaded(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n');
}
