/**
 * The context of failures, by the agent as users run it: what is asked for is told, what may not be read is named, and
 * of the secrets in it nothing is stored, sent or logged.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { WireEvent } from '../../internal/restate/wire-event.ts';
import { canaries, kubeletEvent } from '../support/context-answers.ts';
import { startAgent, type RunningAgent } from '../support/e2e-agent.ts';
import { executedEvents } from '../support/e2e-plane.ts';
import { until } from '../support/e2e-until.ts';
import { app, pod } from '../support/pod-builder.ts';
import { podJson } from '../support/pod-json.ts';
import type { PolicyRule } from '../support/simulated-apiserver/authorization.ts';
import type { KubernetesObject } from '../support/simulated-apiserver/objects.ts';
import { events, pods } from '../support/simulated-apiserver/resources.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';
import { startScriptedIngress, type ScriptedIngress } from '../support/scripted-ingress.ts';

const NAMESPACE = 'shop';
const secrets = Object.values(canaries).join('\n');
const podRights: readonly PolicyRule[] = [
  { verbs: ['list', 'watch'], apiGroups: [''], resources: ['pods', 'namespaces', 'nodes'] },
];

class World implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  #kubeconfig = '';
  readonly dataDir = mkdtempSync(path.join(tmpdir(), 'watcher-context-'));
  server!: SimulatedApiServer;
  ingress!: ScriptedIngress;
  agent!: RunningAgent;

  static async start(args: readonly string[], user = 'admin'): Promise<World> {
    const world = new World();
    world.#stack.defer(() => rmSync(world.dataDir, { recursive: true, force: true }));
    const users = [{ name: 'pods-only', token: 'pods-only', rules: podRights }];
    world.server = world.#stack.use(await SimulatedApiServer.start({ users }));
    world.#kubeconfig = world.server.writeKubeconfig(path.join(world.dataDir, 'kubeconfig'), { user });
    world.server.ensureNamespace(NAMESPACE);
    world.ingress = world.#stack.adopt(await startScriptedIngress(), (one) => one.stop());
    await world.run(args);
    return world;
  }

  /** Starts an agent on the data directory. */
  async run(args: readonly string[]): Promise<void> {
    const flags = ['--leader-elect=false', '--enabled-reasons=*', '--log-level=debug', '--redact=acme-*', ...args];
    const options = { kubeconfig: this.#kubeconfig, planeUrl: this.ingress.url, dataDir: this.dataDir, args: flags };
    this.agent = this.#stack.use(await startAgent(options));
  }

  /** A pod whose container was killed for its liveness probe, with events, a log and limits, secrets in all of them. */
  fail(name: string): void {
    const endedAtMs = Math.floor(Date.now() / 1000) * 1000 - 5_000;
    const exit = { id: name, code: 137, startedAtMs: endedAtMs - 60_000, finishedAtMs: endedAtMs };
    const uid = `00000000-0000-4000-8000-${name.padStart(12, '0')}`;
    const crashing = app().but({ imageId: 'registry.example/app@sha256:feed' }).restarts(3).crashLooping(exit);
    const body = podJson(pod().named(NAMESPACE, name, uid).with(crashing).facts()) as unknown as KubernetesObject;
    const env = [{ name: 'PASSWORD', value: 'hunter2-canary' }];
    const containers = [
      { name: 'app', image: 'registry.example/app:1', env, resources: { limits: { memory: '64Mi' } } },
    ];
    const at = new Date(endedAtMs - 10_000).toISOString();
    const tell = (reason: string, message: string): void => {
      const event = kubeletEvent(reason, message, at, { container: 'app', uid }) as KubernetesObject;
      this.server.put(events, { ...event, metadata: { name: `${name}.${reason}`, namespace: NAMESPACE } });
    };
    tell('Unhealthy', `Liveness probe failed: ${secrets}`);
    tell('Killing', 'Container app failed liveness probe, will be restarted');
    const log = { namespace: NAMESPACE, pod: name, container: 'app' };
    this.server.logs.set({ ...log, isPrevious: true }, `starting\n${secrets}\nfatal: no database\n`);
    this.server.logs.set(log, 'the next one is well');
    this.server.put(pods, { ...body, spec: { ...(body['spec'] as object), containers } });
  }

  toldOf(name: string): Promise<WireEvent> {
    const told = (): WireEvent | undefined => executedEvents(this.ingress).find((event) => event.name === name);
    return this.agent.explained(until(`${name} is told of`, told));
  }

  /** What was asked for the sake of context. */
  asked(): string[] {
    const isContext = ({ resource, verb }: { resource: string; verb: string }): boolean =>
      resource === 'events' || (resource === 'pods' && verb === 'get');
    return this.server.requests.all({ where: isContext }).map((request) => request.path);
  }

  /** All that is on disk, as it is. */
  stored(): string {
    const files = readdirSync(this.dataDir, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    return files.map((one) => readFileSync(path.join(one.parentPath, one.name), 'latin1')).join('\n');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

describe('a failure with context', { timeout: 180_000 }, () => {
  test('carries what was asked for, and no secret is stored, sent or logged', async () => {
    await using world = await World.start(['--event-context=*']);
    world.fail('1');
    const event = await world.toldOf('1');
    const { context } = event;
    assert.equal(event.exit_cause, 'liveness-probe');
    assert.match(event.message, /Unhealthy: Liveness probe failed: .*\[redacted\]/);
    assert.match(context?.log ?? '', /^starting\n[^]*\[redacted\][^]*\nfatal: no database$/);
    assert.deepEqual(context?.events?.map(({ reason }) => reason).toSorted(), ['Killing', 'Unhealthy']);
    assert.deepEqual([context.limits, context.image_id], [{ memory: '64Mi' }, 'registry.example/app@sha256:feed']);
    assert.match(context.hint ?? '', /the container keeps exiting/);
    assert.deepEqual([context.notes, event.truncated], [undefined, undefined]);
    await until('it is no longer waiting', async () => (await world.agent.metric('watcher_queue_depth')) === 0);
    const places = {
      sent: world.ingress.requests.map(({ body }) => body.toString('latin1')).join('\n'),
      logged: JSON.stringify([world.agent.process.lines, world.agent.process.text]),
      stored: world.stored(),
    };
    for (const [place, text] of Object.entries(places)) {
      assert.match(text, /./);
      for (const secret of Object.keys(canaries)) assert.ok(!text.includes(secret), `${secret} was ${place}`);
    }
    assert.match(places.stored, /fatal: no database/, 'what is searched is what was stored');
    assert.equal(await world.agent.metric('watcher_context_reads_total', { outcome: 'read' }), 3);
  });

  test('is told without what may not be read, and the right is named once', async () => {
    await using world = await World.start(['--event-context=events,logs,limits'], 'pods-only');
    world.fail('1');
    const { context, exit_cause } = await world.toldOf('1');
    assert.deepEqual(context, { notes: ['events: forbidden', 'logs: forbidden', 'limits: forbidden'] });
    assert.equal(exit_cause, 'unknown');
    world.fail('2');
    assert.deepEqual((await world.toldOf('2')).context?.notes, context.notes);
    assert.equal(world.asked().length, 3, 'what is forbidden is asked for once');
    const warnings = world.agent.process.lines.filter(({ kind, level }) => kind !== undefined && level === 'warn');
    assert.deepEqual(warnings.map(({ kind }) => kind).toSorted(), ['events', 'limits', 'logs']);
  });

  test('is told in time where the API server does not answer', async () => {
    await using world = await World.start(['--event-context=logs,limits', '--event-context-timeout=500ms']);
    world.server.faults.add({ where: ({ subresource }) => subresource === 'log' }, { kind: 'hang' });
    world.fail('1');
    const { context } = await world.toldOf('1');
    assert.deepEqual([context?.notes, context?.limits], [['logs: timed out'], { memory: '64Mi' }]);
  });

  test('that an agent was killed over is told once by the next, with its context', async () => {
    await using world = await World.start(['--event-context=logs', '--event-context-timeout=30s']);
    world.server.faults.add({ where: ({ subresource }) => subresource === 'log' }, { kind: 'hang' });
    const asked = world.server.requests.next({ where: ({ subresource }) => subresource === 'log' });
    world.fail('1');
    await world.agent.explained(asked);
    await world.agent.process.stop('SIGKILL');
    assert.deepEqual(executedEvents(world.ingress), []);
    await world.run(['--event-context=logs']);
    const { context } = await world.toldOf('1');
    assert.match(context?.log ?? '', /no database$/);
    await world.agent.process.stop();
    assert.equal(executedEvents(world.ingress).length, 1);
  });

  test('has none unless it is asked for', async () => {
    await using world = await World.start([]);
    world.fail('1');
    const { context, exit_cause } = await world.toldOf('1');
    assert.deepEqual([context, exit_cause], [undefined, 'unknown']);
    assert.deepEqual(world.asked(), []);
  });
});
