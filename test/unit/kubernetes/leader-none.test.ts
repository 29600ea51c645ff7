import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { leaderIdentity } from '../../../internal/kubernetes/leader-identity.ts';
import type { Term } from '../../../internal/kubernetes/leader-term.ts';
import { leadershipWithoutLease } from '../../../internal/kubernetes/leader-none.ts';

describe('leadership without a Lease', () => {
  test('is one term from start to stop', async () => {
    const told: string[] = [];
    const leadership = leadershipWithoutLease('me', {
      onStartedLeading: (term) => told.push(`leads ${term.id} ${term.isValid()}`),
      onStoppedLeading: (reason) => told.push(`stopped: ${reason}`),
      onNewLeader: () => told.push('never'),
    });
    const termNow = (): Term | undefined => leadership.term;
    assert.equal(termNow(), undefined);
    leadership.start();
    leadership.start();
    const term = termNow();
    assert.deepEqual(leadership.describe(), { state: 'Leading', identity: 'me', leader: 'me' });
    await leadership.stop();
    await leadership.stop();
    leadership.start();
    assert.deepEqual(told, ['leads me/0 true', 'stopped: shutdown']);
    assert.equal(term?.isValid(), false);
    assert.equal(term.signal.aborted, true);
    assert.equal(leadership.describe().state, 'Stopped');
  });
});

describe('the identity of a candidate', () => {
  const random = { next: () => 0, hex: (bytes: number) => 'f'.repeat(2 * bytes) };

  test("is the pod's name and a suffix, so that a restarted container is another candidate", () => {
    assert.deepEqual(leaderIdentity('watcher-0', 'host', random), {
      identity: 'watcher-0_ffffffffffff',
      source: 'pod-name',
    });
  });

  test('without a pod name it is the name of the host, which the caller warns of', () => {
    for (const podName of [undefined, '']) {
      assert.deepEqual(leaderIdentity(podName, 'host', random), { identity: 'host_ffffffffffff', source: 'host-name' });
    }
    assert.equal(leaderIdentity('', '', random).identity, 'watcher_ffffffffffff');
    assert.equal(leaderIdentity('x'.repeat(1000), '', random).identity.length, 266);
  });
});
