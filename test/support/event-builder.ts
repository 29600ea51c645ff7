// Events as they go over the wire, for tests of what receives them.
import type { WireEvent } from '../../internal/restate/wire-event.ts';

/** A failure of its own, named after `name`; incident and observation as given. */
export function anEvent(name: string, parts: Partial<WireEvent> = {}): WireEvent {
  return {
    event_id: `event-${name}`,
    type: 'failure',
    namespace: 'shop',
    name: `cart-${name}`,
    phase: 'Running',
    reason: 'OOMKilled',
    message: 'memory limit reached',
    restart_count: 1,
    container_name: 'app',
    project_id: 'p-1',
    owner_id: 'o-1',
    workload_id: '',
    workload_kind: 'Deployment',
    workload_name: 'cart',
    labels: { app: 'cart' },
    observed_at: '2026-01-01T00:00:00.000Z',
    pod_uid: `uid-${name}`,
    node_name: 'node-1',
    incident_key: `incident-${name}`,
    incident_class: 'crash',
    fingerprint: 'fingerprint',
    severity: 'critical',
    covers: [],
    restarts_unseen: 0,
    agent_version: 'test',
    ...parts,
  };
}
