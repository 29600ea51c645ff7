/**
 * A plane that is down, slow, wrong or mad: the agent says what is wrong and what to do, keeps every event, and delivers
 * it, once, when the plane is well again. Each case has an agent and a plane of its own; they share a real API server.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import { Door } from '../support/e2e-door.ts';
import { codeOf, remedyOf, startAgent, type RunningAgent } from '../support/e2e-agent.ts';
import { deliveryAttempts, eventsIn, executedEvents } from '../support/e2e-plane.ts';
import { until } from '../support/e2e-until.ts';
import { failOnce, type PodRef } from '../support/e2e-workloads.ts';
import { startScriptedIngress, type Fault, type ScriptedIngress } from '../support/scripted-ingress.ts';

const machine = await clusterAvailability();
const skip = machine.available ? false : machine.reason;

const GIB = 2 ** 30;
const HTML = '<!doctype html><html><body>Please log in</body></html>';

function answer(status: number, headers: Record<string, string> = {}, body = ''): Fault {
  return { kind: 'answer', status, headers, body };
}

/** As Restate writes an error of a handler. */
function handlerError(status: number): Fault {
  const body = JSON.stringify({ code: status, message: 'the handler said so', source: 'invocation' });
  return answer(status, { 'content-type': 'application/json', 'x-restate-error-source': 'invocation' }, body);
}

interface Case {
  readonly plane: string;
  readonly fault: Fault;
  readonly code: string;
  /** Attempts to wait for before the plane is well again: one where it is then left alone for 30 s. */
  readonly attempts: number;
  /** Whether attempts keep their key, so that the plane can tell a repetition. */
  readonly keepsKey: boolean;
}

const again = { attempts: 2, keepsKey: true } as const;
const refusal = { attempts: 1, keepsKey: true } as const;

const cases: readonly Case[] = [
  // First those after which the agent pauses for 30 s.
  {
    plane: 'is a web page',
    fault: answer(200, { 'content-type': 'text/html' }, HTML),
    code: 'PLANE_NOT_A_PLANE',
    ...refusal,
  },
  {
    plane: 'redirects',
    fault: answer(302, { location: 'https://elsewhere.example/' }),
    code: 'PLANE_REDIRECTED',
    ...refusal,
  },
  { plane: 'refuses the request (400)', fault: answer(400), code: 'PLANE_BAD_REQUEST', ...refusal },
  { plane: 'wants credentials (401)', fault: answer(401), code: 'PLANE_UNAUTHORIZED', ...refusal },
  { plane: 'refuses the credentials (403)', fault: answer(403), code: 'PLANE_UNAUTHORIZED', ...refusal },
  { plane: 'is not registered (404)', fault: answer(404), code: 'PLANE_NOT_REGISTERED', ...refusal },
  { plane: 'takes a request and never answers', fault: { kind: 'hang' }, code: 'PLANE_TIMEOUT', ...again },
  { plane: 'stops in the middle of an answer', fault: { kind: 'hang-in-body' }, code: 'PLANE_TIMEOUT', ...again },
  { plane: 'answers byte by byte', fault: { kind: 'drip', everyMs: 50 }, code: 'PLANE_TIMEOUT', ...again },
  { plane: 'cuts connections', fault: { kind: 'reset' }, code: 'PLANE_UNREACHABLE', ...again },
  { plane: 'answers what is no HTTP', fault: { kind: 'garbage' }, code: 'PLANE_UNREACHABLE', ...again },
  { plane: 'loses the answer to what it did', fault: { kind: 'lose-answer' }, code: 'PLANE_UNREACHABLE', ...again },
  { plane: 'fails with 500', fault: answer(500), code: 'PLANE_INGRESS_FAILED', ...again },
  { plane: 'is too busy (429)', fault: answer(429, { 'retry-after': '1' }), code: 'PLANE_BUSY', ...again },
  { plane: 'answers a gibibyte', fault: { kind: 'flood' }, code: 'PLANE_ANSWER_UNEXPECTED', ...again },
  {
    plane: 'has a handler that fails',
    fault: handlerError(500),
    code: 'PLANE_HANDLER_FAILED',
    attempts: 2,
    keepsKey: false,
  },
  { plane: 'finds the event invalid', fault: handlerError(400), code: 'PLANE_INVALID', attempts: 2, keepsKey: false },
];

describe('a plane that', { skip, concurrency: 6, timeout: 180_000 }, () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster();
  });
  after(() => cluster.stop());

  async function agentFor(name: string, planeUrl: string): Promise<RunningAgent> {
    await cluster.createNamespace(name);
    const args = ['--watch-namespace-mode=single', `--watch-namespace=${name}`, '--restate-timeout=500ms'];
    return startAgent({ kubeconfig: cluster.kubeconfigPath, planeUrl, clusterId: name, args });
  }

  /** In the log with its remedy, in the queue, and the process alive. */
  async function assertKept(agent: RunningAgent, code: string): Promise<void> {
    const line = await agent.process.line((one) => codeOf(one) === code && one['batch'] !== undefined);
    assert.ok((remedyOf(line) ?? '').length > 20, `no remedy in ${JSON.stringify(line)}`);
    agent.assertRunning();
    assert.equal(await agent.metric('watcher_queue_depth'), 1);
    assert.equal((await agent.probe('/livez')).status, 200);
    assert.equal((await agent.probe('/readyz')).status, 200, 'readiness does not depend on the plane');
  }

  async function assertDeliveredOnce(agent: RunningAgent, plane: ScriptedIngress, pod: PodRef): Promise<void> {
    await until('the event is delivered', () => executedEvents(plane).length > 0, 60_000);
    await until('nothing is left to deliver', async () => (await agent.metric('watcher_queue_depth')) === 0);
    const events = executedEvents(plane);
    assert.deepEqual(
      events.map(({ name, pod_uid }) => [name, pod_uid]),
      [[pod.name, pod.uid]],
    );
    const ids = deliveryAttempts(plane).flatMap(({ body }) => eventsIn(body).map(({ event_id }) => event_id));
    assert.deepEqual([...new Set(ids)], [events[0]?.event_id], 'each attempt is for the same event');
    assert.equal((await agent.metric('watcher_events_quarantined_total')) ?? 0, 0);
  }

  for (const [index, { plane: does, fault, code, attempts, keepsKey }] of cases.entries()) {
    test(`${does} costs no event: ${code} and its remedy are logged, and it is delivered once when all is well`, async () => {
      await using stack = new AsyncDisposableStack();
      const plane = await startScriptedIngress();
      stack.defer(() => plane.stop());
      plane.always(fault);
      const agent = stack.use(await agentFor(`bad-plane-${index}`, plane.url));
      const pod = await failOnce(cluster, `bad-plane-${index}`, 'failing');
      await until('the agent has tried', () => deliveryAttempts(plane).length >= attempts);
      await assertKept(agent, code);
      plane.always(undefined);
      await assertDeliveredOnce(agent, plane, pod);
      const keys = new Set(deliveryAttempts(plane).map(({ headers }) => headers['idempotency-key']));
      if (keepsKey) assert.equal(keys.size, 1, 'what was not remembered by the plane is repeated under its key');
      else assert.ok(keys.size > 1, 'what the plane remembers under a key is tried under another');
      assert.ok(plane.bytesFlooded() < GIB / 8, `${plane.bytesFlooded()} bytes of an endless answer were read`);
    });
  }

  test('is not there at all costs no event: PLANE_UNREACHABLE is logged, and it is delivered once when it comes', async () => {
    await using stack = new AsyncDisposableStack();
    const plane = await startScriptedIngress();
    stack.defer(() => plane.stop());
    const door = stack.use(await Door.before(plane.url));
    const agent = stack.use(await agentFor('no-plane', door.url));
    const pod = await failOnce(cluster, 'no-plane', 'failing');
    await assertKept(agent, 'PLANE_UNREACHABLE');
    await door.open();
    await assertDeliveredOnce(agent, plane, pod);
  });
});
