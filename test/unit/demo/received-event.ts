/** An event as the demo reads it from the plane, for tests. */
import type { Received } from '../../../cmd/demo/verdict.ts';

let events = 0;

/** A crash of shop/web-1, but for what is given. Each call has another event id. */
export function receivedEvent(given: Partial<Received> = {}): Received {
  return {
    eventId: `event-${++events}`,
    type: 'failure',
    namespace: 'shop',
    pod: 'web-1',
    container: 'main',
    reason: 'Error',
    message: '',
    workload: 'Deployment/web',
    exitCode: undefined,
    occurredAtMs: undefined,
    receivedAtMs: 1000,
    ...given,
  };
}
