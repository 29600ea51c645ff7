import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  claimedLeaseBody,
  newLeaseBody,
  parseLease,
  releasedLeaseBody,
} from '../../../internal/kubernetes/leader-lease.ts';

const bytes = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const nowMs = Date.parse('2026-01-01T12:00:00.123Z');
const claim = { identity: 'me', durationMs: 15_000, nowMs, transitions: 4, acquiredAtMs: nowMs, isAllTold: true };

const stored = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'x', resourceVersion: '7', labels: { a: 'b' }, managedFields: [{}] },
  spec: {
    holderIdentity: 'other',
    leaseDurationSeconds: 15,
    acquireTime: '2026-01-01T11:00:00.000000Z',
    renewTime: '2026-01-01T11:59:58.654321Z',
    leaseTransitions: 3,
    strategy: 'OldestEmulationVersion',
  },
};

describe('the Lease object', () => {
  test('is read as it is', () => {
    const { holder, durationMs, renewAtMs, transitions } = parseLease(bytes(stored));
    assert.deepEqual([holder, durationMs, transitions], ['other', 15_000, 3]);
    assert.equal(renewAtMs, Date.parse('2026-01-01T11:59:58.654Z'));
  });

  test('edited by hand into anything is read as if what is odd were not there', () => {
    const specs: unknown[] = [undefined, null, [], 'x', {}, { holderIdentity: 5, leaseDurationSeconds: -1 }];
    specs.push({ leaseDurationSeconds: '15', leaseTransitions: -3, renewTime: 'soon' }, { leaseTransitions: 1e300 });
    for (const spec of specs) {
      const { holder, durationMs, renewAtMs, transitions } = parseLease(bytes({ metadata: {}, spec }));
      assert.deepEqual([holder, durationMs, renewAtMs, transitions], ['', undefined, undefined, 0]);
    }
  });

  test('that is no object is an error', () => {
    for (const body of ['', 'null', '[]', '5', '<html>', '{}', '{"metadata":[]}']) {
      assert.throws(() => parseLease(bytes(body)), { code: 'API_ANSWER_INVALID' });
    }
  });

  test('keeps its mark until a holder writes, whatever happens to its metadata', () => {
    const { mark } = parseLease(bytes(stored));
    assert.equal(parseLease(bytes({ ...stored, metadata: { resourceVersion: '8' } })).mark, mark);
    const renewed = { ...stored, spec: { ...stored.spec, renewTime: '2026-01-01T12:00:00.000000Z' } };
    assert.notEqual(parseLease(bytes(renewed)).mark, mark);
  });

  test('claimed, carries our claim and all that we do not know', () => {
    const lease = parseLease(bytes(stored));
    assert.deepEqual(claimedLeaseBody(lease, claim), {
      ...stored,
      spec: {
        ...stored.spec,
        holderIdentity: 'me',
        acquireTime: '2026-01-01T12:00:00.123000Z',
        renewTime: '2026-01-01T12:00:00.123000Z',
        leaseTransitions: 4,
      },
    });
    const renewal = claimedLeaseBody(lease, { ...claim, acquiredAtMs: undefined });
    assert.equal(renewal.spec['acquireTime'], stored.spec.acquireTime);
  });

  test('renewed by a holder that lags behind, says until when all was told, for as long as it does', () => {
    const renewed = (before: unknown, isAllTold: boolean, at: Partial<typeof claim> = {}): unknown =>
      claimedLeaseBody(parseLease(bytes(before)), { ...claim, ...at, isAllTold });
    const toldUntil = (lease: unknown): number | undefined => parseLease(bytes(lease)).toldUntilMs;
    const behind = renewed(stored, false);
    assert.equal(toldUntil(behind), Date.parse('2026-01-01T11:59:58.654Z'));
    assert.equal(toldUntil(renewed(behind, false, { nowMs: nowMs + 60_000 })), toldUntil(behind));
    const nextTerm = renewed(behind, false, { transitions: 5 });
    assert.equal(toldUntil(nextTerm), toldUntil(behind));
    assert.equal(toldUntil(releasedLeaseBody(parseLease(bytes(behind)), nowMs, false)), toldUntil(behind));
    assert.equal(toldUntil(renewed(nextTerm, true, { transitions: 5 })), undefined);
  });

  test('that carries what another term said of itself, or nonsense, says nothing', () => {
    for (const said of ['3', '2 2026-01-01T11:00:00Z', '3 soon', '', 7, null]) {
      const metadata = { ...stored.metadata, annotations: { 'watcher/told-until': said } };
      assert.equal(parseLease(bytes({ ...stored, metadata })).toldUntilMs, undefined);
    }
  });

  test('made new, is a Lease the API server takes', () => {
    assert.deepEqual(newLeaseBody('lock', 'agents', claim), {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'lock', namespace: 'agents' },
      spec: {
        holderIdentity: 'me',
        leaseDurationSeconds: 15,
        acquireTime: '2026-01-01T12:00:00.123000Z',
        renewTime: '2026-01-01T12:00:00.123000Z',
        leaseTransitions: 4,
      },
    });
  });

  test('made new by who has not told all yet, says that nothing was told before, to its own term', () => {
    const lease = parseLease(bytes(newLeaseBody('lock', 'agents', { ...claim, isAllTold: false })));
    assert.equal(lease.toldUntilMs, 0);
    const renewal = claimedLeaseBody(lease, { ...claim, isAllTold: false });
    assert.equal(parseLease(bytes(renewal)).toldUntilMs, 0);
  });

  test('given up, has no holder and makes nobody wait', () => {
    const { spec } = releasedLeaseBody(parseLease(bytes(stored)), nowMs, true);
    assert.deepEqual([spec['holderIdentity'], spec['leaseDurationSeconds'], spec['leaseTransitions']], ['', 1, 3]);
  });
});
