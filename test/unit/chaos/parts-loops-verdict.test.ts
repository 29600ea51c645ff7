/** The verdict on pods in crash loops: each way of being told wrongly is seen. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ReceivedItem } from '../../../cmd/plane/project/received.ts';
import { eventId, resolvedId } from '../../../internal/pipeline/identity.ts';
import type { SyntheticFailure } from '../../support/simulated-apiserver/synthetic-fleet.ts';
import { judgeLoops } from '../../chaos/parts-loops-verdict.ts';

const AT_MS = Date.parse('2026-01-01T00:00:00Z');

const exit = (uid: string, containerId: string): SyntheticFailure => ({
  ...{ namespace: 'shop', pod: `pod-${uid}`, uid, container: 'app', containerId, revision: 1, acceptedAtMs: AT_MS },
});

const idOf = ({ uid, container, containerId }: SyntheticFailure): string =>
  eventId({
    ...{ clusterId: 'chaos', subject: `uid:${uid}`, container: { role: 'app', name: container } },
    occurrence: `exit:${containerId}`,
  });

const held = (event: object, disposition: ReceivedItem['disposition']): ReceivedItem =>
  ({ delivery: 1, received_at: '2026-01-01T00:00:00Z', disposition, event }) as ReceivedItem;

const failure = (of: SyntheticFailure, disposition: ReceivedItem['disposition'] = 'told'): ReceivedItem =>
  held({ type: 'failure', event_id: idOf(of), pod_uid: of.uid }, disposition);

const end = (of: SyntheticFailure, laterMs = 1_000): ReceivedItem => {
  const observed_at = new Date(AT_MS + laterMs).toISOString();
  const told = { pod_uid: of.uid, closes: [idOf(of)], observed_at };
  return held({ type: 'resolved', event_id: resolvedId(idOf(of)), ...told }, 'resolved');
};

const [first, again, other] = [exit('u1', 'a'), exit('u1', 'b'), exit('u2', 'c')];
const exits = [first, again, other];
const well = [failure(first), failure(again, 'cooling-down'), failure(other)];

function wrongIn(items: readonly ReceivedItem[], removed: readonly string[] = []) {
  const { lost, doubled, unknown } = judgeLoops({ exits, removed: new Set(removed), held: items });
  return { lost, doubled, unknown };
}

describe('the verdict on pods in crash loops', () => {
  test('finds nothing wrong where each is told once and what came later is quiet', () => {
    assert.deepEqual(wrongIn(well), { lost: 0, doubled: 0, unknown: 0 });
    assert.equal(judgeLoops({ exits, removed: new Set(), held: well }).quiet, 1);
  });

  test('calls a first exit that is not there, or was never told, lost', () => {
    assert.equal(wrongIn(well.slice(0, 2)).lost, 1);
    assert.equal(wrongIn([failure(first), failure(other, 'cooling-down')]).lost, 1);
  });

  test('calls an incident told twice, or an event held twice, doubled', () => {
    assert.equal(wrongIn([failure(first), failure(again), failure(other)]).doubled, 1);
    assert.equal(wrongIn([...well, failure(again, 'cooling-down')]).doubled, 1);
  });

  test('takes the end of a pod that was removed once, and no more', () => {
    assert.deepEqual(wrongIn([...well, end(first)], ['u1']), { lost: 0, doubled: 0, unknown: 0 });
    assert.equal(wrongIn([...well, end(first), end(again)], ['u1']).doubled, 1);
  });

  test('takes the end of a pod that is still there only after it has been well for long', () => {
    assert.equal(wrongIn([...well, end(first)]).unknown, 1);
    assert.equal(wrongIn([...well, end(first, 120_000)]).unknown, 0);
  });

  test('knows no other pod and no other kind of event', () => {
    assert.equal(wrongIn([...well, failure(exit('u9', 'z'))]).unknown, 1);
    assert.equal(wrongIn([...well, held({ type: 'digest', event_id: 'x' }, 'told')]).unknown, 1);
  });
});
