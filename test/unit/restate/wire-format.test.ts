import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Finding } from '../../../internal/pipeline/finding.ts';
import { EVENT_BYTES } from '../../../internal/platform/limits.ts';
import { redactor } from '../../../internal/platform/redact.ts';
import type { WireEvent } from '../../../internal/restate/wire-event.ts';
import { encodeFinding, type WireContext } from '../../../internal/restate/wire-format.ts';
import { wireEventSchema } from '../../../internal/restate/wire-schema.ts';
import { aFinding } from '../../support/finding-builder.ts';
import { runs } from '../../support/runs.ts';

const context: WireContext = {
  agentVersion: '1.2.3',
  namespaceLabels: () => new Map(),
  workloadOf: () => ({ kind: 'Deployment', name: 'cart' }),
};

function decode(bytes: Uint8Array): WireEvent {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as WireEvent;
}

describe('an event on the wire', () => {
  test('has every field of the contract, in snake case', () => {
    assert.deepEqual(decode(encodeFinding(aFinding(), context)), {
      event_id: 'e'.repeat(64),
      type: 'failure',
      namespace: 'shop',
      name: 'cart-7d9f-x2x',
      phase: 'Running',
      reason: 'OOMKilled',
      message: 'memory limit 64Mi reached',
      restart_count: 3,
      container_name: 'app',
      project_id: '',
      owner_id: '',
      workload_id: '',
      workload_kind: 'Deployment',
      workload_name: 'cart',
      labels: { app: 'cart' },
      occurred_at: '2026-01-01T00:00:00.000Z',
      observed_at: '2026-01-01T00:00:00.250Z',
      pod_uid: '6f1c2d3e-0000-4000-8000-000000000001',
      node_name: 'node-1',
      container_role: 'app',
      image: 'registry/cart:1',
      exit_code: 137,
      signal: 9,
      exit_cause: 'unknown',
      incident_key: 'i'.repeat(64),
      incident_class: 'crash',
      fingerprint: 'f'.repeat(64),
      severity: 'critical',
      covers: [],
      restarts_unseen: 0,
      agent_version: '1.2.3',
    });
  });

  test('names the part of the cluster its agent tells of, where that is not all of it', () => {
    const scopeOf: WireContext['scopeOf'] = ({ nodeName }) => (nodeName === 'node-1' ? 'node node-1' : undefined);
    assert.equal(decode(encodeFinding(aFinding(), { ...context, scopeOf })).scope, 'node node-1');
    const elsewhere = aFinding({ pod: { nodeName: 'node-2' } });
    assert.ok(!('scope' in decode(encodeFinding(elsewhere, { ...context, scopeOf }))));
  });

  test('is the same bytes for the same finding', () => {
    assert.deepEqual(encodeFinding(aFinding(), context), encodeFinding(aFinding(), context));
  });

  test('leaves out when it happened where the object does not say', () => {
    assert.equal('occurred_at' in decode(encodeFinding(aFinding({ occurredAtMs: 0 }), context)), false);
  });

  test('tells how many attempts it stands for and how long the last one ran', () => {
    const container = {
      name: 'app',
      role: 'app',
      image: 'x',
      exit: { code: 1, signal: 0, reason: 'OOMKilled', ranForMs: 900 },
    } as const;
    const event = decode(encodeFinding(aFinding({ occurrences: 7, container }), context));
    assert.deepEqual([event.occurrences, event.ran_for_ms, event.exit_reason], [7, 900, 'OOMKilled']);
  });

  test('names the controller where the workload behind it is not known, and the pod where nobody controls it', () => {
    const unknown = { ...context, workloadOf: () => undefined };
    const controlled = decode(encodeFinding(aFinding(), unknown));
    const bare = decode(encodeFinding(aFinding({ pod: { owner: undefined } }), unknown));
    assert.deepEqual([controlled.workload_kind, controlled.workload_name], ['ReplicaSet', 'cart-7d9f']);
    assert.deepEqual([bare.workload_kind, bare.workload_name], ['Pod', 'cart-7d9f-x2x']);
  });
});

describe('a secret in a message', () => {
  const finding = aFinding({ message: 'exit code 1: password=hunter2canary for case ACME-17 failed' });
  test('does not reach the wire', () => {
    assert.equal(
      decode(encodeFinding(finding, context)).message,
      'exit code 1: password=[redacted] for case ACME-17 failed',
    );
  });
  test('is also what the operator says is one', () => {
    const { message } = decode(encodeFinding(finding, { ...context, redact: redactor(['ACME-*']) }));
    assert.equal(message, 'exit code 1: password=[redacted] for case [redacted] failed');
  });
});

describe('whose a pod is', () => {
  const claims = new Map([
    ['project-id', 'forged'],
    ['owner-id', 'forged'],
  ]);
  const encode = (trusted: ReadonlyMap<string, string> | undefined): WireEvent =>
    decode(encodeFinding(aFinding({ pod: { labels: claims } }), { ...context, namespaceLabels: () => trusted }));

  test('is what its namespace says, whatever the pod claims', () => {
    const event = encode(new Map([['project-id', 'p-1'], ['owner-id', 'o-1'], ['workload-id', 'w-1']])); // prettier-ignore
    assert.deepEqual([event.project_id, event.owner_id, event.workload_id], ['p-1', 'o-1', 'w-1']);
    assert.equal(event.claimed_ids, undefined);
    assert.equal(event.labels['project-id'], 'forged');
  });

  test('is marked as a claim where only the pod says it', () => {
    const event = encode(new Map([['project-id', 'p-1']]));
    assert.deepEqual([event.project_id, event.owner_id, event.workload_id], ['p-1', 'forged', '']);
    assert.deepEqual(event.claimed_ids, ['owner_id']);
  });

  test('stays empty while the labels of its namespace are not known, whatever the pod claims', () => {
    const event = encode(undefined);
    assert.deepEqual([event.project_id, event.owner_id, event.workload_id, event.claimed_ids], ['', '', '', undefined]);
  });

  test('stays empty where the namespace says so on purpose', () => {
    const event = encode(new Map([['project-id', '']]));
    assert.deepEqual([event.project_id, event.claimed_ids], ['', ['owner_id']]);
  });
});

describe('whatever a finding holds', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 4000 });
  const hostile: fc.Arbitrary<Finding> = fc
    .record({
      reason: anything,
      message: anything,
      covers: fc.array(fc.string({ unit: fc.constantFrom('0', '7', 'a', 'f'), minLength: 64, maxLength: 64 }), {
        maxLength: 300,
      }),
      occurredAtMs: fc.oneof(fc.double(), fc.maxSafeInteger()),
      restartsUnseen: fc.nat(),
      pod: fc.record({
        name: fc.string({ minLength: 1, maxLength: 253 }),
        namespace: fc.string({ maxLength: 63 }),
        phase: anything,
        nodeName: anything,
        labels: fc
          .array(fc.tuple(fc.oneof(anything, fc.constantFrom('__proto__', 'constructor')), anything), { maxLength: 70 })
          .map((entries) => new Map(entries)),
      }),
    })
    .map(aFinding);

  test('the event fits its bound, is well-formed, and passes the schema of the plane', () => {
    fc.assert(
      fc.property(hostile, (finding) => {
        const bytes = encodeFinding(finding, context);
        assert.ok(bytes.length <= EVENT_BYTES, `${bytes.length} bytes`);
        const event = decode(bytes);
        assert.ok(JSON.stringify(event).isWellFormed());
        assert.doesNotMatch(JSON.stringify(event), /\\ud[89a-f]/);
        assert.equal(event.event_id, finding.eventId);
        assert.equal(event.incident_key, finding.incidentKey);
        assert.equal(wireEventSchema.safeParse(event).error?.message, undefined);
      }),
      { numRuns: runs(200) },
    );
  });
});
