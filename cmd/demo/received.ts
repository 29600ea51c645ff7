/** From what the plane's `received` handler answers to what the demo compares. Pure. */
import type { ReceivedItem, ReceivedPage } from '../plane/project/received.ts';
import type { Received } from './verdict.ts';

export type { ReceivedPage };

export function receivedFrom({ received_at, event }: ReceivedItem): Received {
  const { workload_kind: kind, workload_name: name } = event;
  return {
    eventId: event.event_id,
    type: event.type,
    namespace: event.namespace,
    pod: event.name,
    container: event.container_name,
    reason: event.reason,
    message: event.message,
    workload: name === '' ? '' : `${kind}/${name}`,
    exitCode: event.exit_code,
    occurredAtMs: event.occurred_at === undefined ? undefined : Date.parse(event.occurred_at),
    receivedAtMs: Date.parse(received_at),
  };
}
