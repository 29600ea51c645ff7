/**
 * One marked event through the whole sending path, for `watcher test-event`: nothing failed, and the event says so
 * (`test: true`, a pod that cannot exist, severity info). Each call is an event of its own.
 */
import { createHash } from 'node:crypto';
import type { DeliveryOutcome, Send } from '../pipeline/delivery.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import type { WireEvent } from './wire-event.ts';

export interface TestEventResult {
  readonly eventId: string;
  readonly outcome: DeliveryOutcome;
  readonly tookMs: number;
}

export interface TestEventOptions {
  readonly send: Send;
  readonly clock: Clock;
  readonly random: Random;
  readonly agentVersion: string;
}

/** Sends one test event, with all retries of the sender. Never rejects if `send` doesn't. */
export async function sendTestEvent(options: TestEventOptions, signal: AbortSignal): Promise<TestEventResult> {
  const { clock, send } = options;
  const event = testEvent(options);
  const body = Buffer.from(JSON.stringify(event));
  const idempotencyKey = createHash('sha256').update('onPodEvent\n1\n').update(body).digest('hex');
  const startedMs = clock.monotonicMs();
  const outcome = await send({ handler: 'onPodEvent', idempotencyKey, body, events: 1 }, signal);
  return { eventId: event.event_id, outcome, tookMs: clock.monotonicMs() - startedMs };
}

function testEvent({ clock, random, agentVersion }: TestEventOptions): WireEvent {
  const now = new Date(clock.now()).toISOString();
  const nonce = random.hex(16);
  return {
    event_id: `test-${nonce}`,
    type: 'failure',
    namespace: 'watcher-test',
    // Kubernetes allows no underscore in the name of a pod.
    name: 'test_event',
    phase: 'Failed',
    reason: 'TestEvent',
    message: 'sent by `watcher test-event` to try the way to the plane; nothing failed',
    restart_count: 0,
    container_name: '',
    project_id: '',
    owner_id: '',
    workload_id: '',
    workload_kind: 'Pod',
    workload_name: 'test_event',
    labels: {},
    occurred_at: now,
    observed_at: now,
    pod_uid: '',
    node_name: '',
    incident_key: `test-${nonce}`,
    incident_class: 'pod',
    fingerprint: 'test',
    severity: 'info',
    covers: [],
    restarts_unseen: 0,
    agent_version: agentVersion,
    test: true,
  };
}
