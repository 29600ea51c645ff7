import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NamespacesHold } from '../../../internal/kubernetes/namespaces-hold.ts';
import type { PodChange } from '../../../internal/pipeline/pod-facts.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { pod } from '../../support/pod-builder.ts';

class Rig {
  readonly clock = new ManualClock();
  readonly known = new Set<string>();
  readonly letGo: string[] = [];
  readonly hold = new NamespacesHold({
    clock: this.clock,
    mustWait: (namespace) => !this.known.has(namespace),
    letGo: (changes, reason) => this.letGo.push(`${changes.map((change) => change.pod.name).join(' ')}: ${reason}`),
  });

  takes(namespace: string, name: string): boolean {
    const change: PodChange = { type: 'added', cause: 'watch', pod: pod().but({ namespace, name }).facts() };
    return this.hold.takes(change);
  }

  enters(namespace: string): void {
    this.known.add(namespace);
    this.hold.known(namespace);
  }
}

describe('changes of a namespace that is not known', () => {
  test('wait for it, and go in order as soon as it is known', () => {
    const rig = new Rig();
    for (const name of ['a', 'b', 'c']) assert.ok(rig.takes('shop', name));
    assert.ok(rig.takes('bank', 'z'));
    assert.equal(rig.hold.size, 4);
    rig.enters('shop');
    assert.deepEqual(rig.letGo, ['a b c: namespace-known']);
    assert.ok(!rig.takes('shop', 'd'));
    assert.equal(rig.hold.size, 1);
  });

  test('wait for a second at most, from the first on, and those after them do not wait again', async () => {
    const rig = new Rig();
    rig.takes('shop', 'a');
    await rig.clock.advance(900);
    assert.ok(rig.takes('shop', 'b'));
    await rig.clock.advance(100);
    assert.deepEqual(rig.letGo, ['a b: waited-long-enough']);
    assert.ok(!rig.takes('shop', 'c'));
    rig.enters('shop');
    rig.known.delete('shop');
    assert.ok(rig.takes('shop', 'd'), 'a namespace made anew is waited for anew');
    rig.hold.stop();
    assert.equal(rig.clock.pendingTimers, 0);
  });

  test('are held in bounded number: beyond it they go at once, still in order', () => {
    const rig = new Rig();
    for (let index = 0; index < 999; index++) rig.takes('shop', 'x');
    rig.takes('bank', 'a');
    assert.ok(!rig.takes('bank', 'b'));
    assert.deepEqual(rig.letGo, ['a: too-many-held']);
    assert.equal(rig.hold.size, 999);
    rig.hold.stop();
  });

  test('go when all stops', () => {
    const rig = new Rig();
    rig.takes('shop', 'a');
    rig.takes('bank', 'b');
    rig.hold.stop();
    assert.deepEqual(rig.letGo, ['a: stopping', 'b: stopping']);
    assert.equal(rig.clock.pendingTimers, 0);
    assert.equal(rig.hold.size, 0);
  });

  test('of a known one do not wait', () => {
    const rig = new Rig();
    rig.enters('shop');
    assert.ok(!rig.takes('shop', 'a'));
    assert.deepEqual(rig.letGo, []);
  });
});
