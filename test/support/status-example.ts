import type { StatusDocument } from '../../internal/server/status.ts';

/** A status with something in every part of it. */
export const statusExample: StatusDocument = {
  version: '1.2.3',
  cluster_id: 'prod-eu-1',
  identity: 'watcher-0',
  started_at: '2026-01-01T00:00:00.000Z',
  now: '2026-01-01T12:00:00.000Z',
  is_telling: true,
  health: {
    status: 'ok',
    checks: {
      watch: { ok: true, detail: { verdict: 'fresh', ageMs: 12.5, scope: 'all namespaces' } },
      plane: { ok: false, detail: { breaker: 'open', enrolment: { kind: 'enrolled' } } },
    },
  },
  watches: [
    { namespace: '', state: 'Watching', pods: 1234, age_seconds: 0.4, error: undefined },
    { namespace: 'shop', state: 'BackingOff', pods: 0, age_seconds: undefined, error: 'API_FORBIDDEN' },
  ],
  watches_left_out: 0,
  failures: [
    {
      ...{ at: '2026-01-01T11:59:00.000Z', namespace: 'shop', pod: 'web-0', container: 'app', reason: 'OOMKilled' },
      ...{ event_id: '0123456789abcdef', became: 'delivered' },
    },
    {
      ...{ at: '2026-01-01T11:58:00.000Z', namespace: 'shop', pod: `checkout-${'x'.repeat(60)}`, container: 'app' },
      ...{ reason: 'CreateContainerConfigError', event_id: 'fedcba9876543210', became: 'deduplicate: cooling-down' },
    },
  ],
  settings: [{ name: '--batch-size', value: '250', from: 'remote', place: 'remote settings of the plane' }],
};
