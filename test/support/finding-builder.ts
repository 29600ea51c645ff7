// Findings for tests: a plausible crash, with what a test says about it in place.
import type { Finding, FindingPod } from '../../internal/pipeline/finding.ts';

export interface FindingParts extends Partial<Omit<Finding, 'pod'>> {
  readonly pod?: Partial<FindingPod>;
}

export function aFinding(parts: FindingParts = {}): Finding {
  return { ...crash, ...parts, pod: { ...crash.pod, ...parts.pod } };
}

const crash: Finding = {
  type: 'failure',
  eventId: 'e'.repeat(64),
  incidentKey: 'i'.repeat(64),
  fingerprint: 'f'.repeat(64),
  incidentClass: 'crash',
  occurrence: 'exit:containerd://0123',
  reason: 'OOMKilled',
  families: ['OOMKilled'],
  severity: 'critical',
  message: 'memory limit 64Mi reached',
  pod: {
    uid: '6f1c2d3e-0000-4000-8000-000000000001',
    namespace: 'shop',
    name: 'cart-7d9f-x2x',
    phase: 'Running',
    nodeName: 'node-1',
    restartCount: 3,
    labels: new Map([['app', 'cart']]),
    owner: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'cart-7d9f', uid: 'rs-uid' },
  },
  container: { name: 'app', role: 'app', image: 'registry/cart:1', exit: { code: 137, signal: 9 } },
  occurredAtMs: Date.parse('2026-01-01T00:00:00Z'),
  observedAtMs: Date.parse('2026-01-01T00:00:00.250Z'),
  covers: [],
  restartsUnseen: 0,
};
