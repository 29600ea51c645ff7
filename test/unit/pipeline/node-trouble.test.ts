/** A node that is not Ready is one finding, with its pods in it, and not one for each of them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NodeFacts } from '../../../internal/pipeline/node-facts.ts';
import { defaultStuckDelays as delays } from '../../../internal/pipeline/stuck-delays.ts';
import { BEHIND_RETRY_MS } from '../../../internal/pipeline/up-to-date.ts';
import { PipelineRig, type RigOptions } from '../../support/pipeline-rig.ts';
import { app, CREATED_MS, pod, type PodBuilder } from '../../support/pod-builder.ts';

const MINUTE = 60_000;
const T = CREATED_MS;

const node = (sinceMs: number | undefined, status = 'Unknown', uid = 'node-uid'): NodeFacts => ({
  ...{ uid, name: 'node-1' },
  notReady:
    sinceMs === undefined
      ? undefined
      : { sinceMs, status, reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' },
});

/** Marked by the node controller when its node stopped answering. */
const marked = (name: string): PodBuilder =>
  pod().named('shop', name).with(app().running()).condition('Ready', 'False', '', T);

class NodeRig extends PipelineRig {
  constructor(options: RigOptions = {}) {
    super({ settings: { enabledReasons: ['*'] }, ...options });
  }

  async node(item: NodeFacts, type: 'modified' | 'deleted' = 'modified'): Promise<void> {
    this.pipeline.nodes.take({ type, cause: 'watch', item });
    await this.pipeline.settled();
  }

  async knows(...pods: readonly PodBuilder[]): Promise<void> {
    this.pods = pods.map((one) => one.facts());
    for (const one of pods) await this.change(one);
  }
}

async function withRig(body: (rig: NodeRig) => Promise<void>, options: RigOptions = {}): Promise<void> {
  const rig = new NodeRig(options);
  try {
    await body(rig);
  } finally {
    await rig.pipeline.stop();
  }
  assert.equal(rig.clock.pendingTimers, 0);
}

describe('a node that is not Ready', () => {
  test('is told once after its delay, with the pods that it took along, and they are silent', () =>
    withRig(async (rig) => {
      await rig.node(node(T));
      await rig.knows(marked('web-1'), marked('web-2'));
      await rig.clock.advance(delays.nodeNotReadyAfterMs - 1);
      assert.deepEqual(rig.told(), []);
      await rig.clock.advance(1000);
      assert.deepEqual(rig.told(), ['failure NodeNotReady']);
      const [finding] = rig.observer.storedFindings;
      assert.equal(
        finding?.message,
        'node node-1 is not Ready: NodeStatusUnknown: Kubelet stopped posting node status.; ' +
          'pods not Ready there: shop/web-1, shop/web-2',
      );
      assert.deepEqual([finding.pod.name, finding.pod.namespace, finding.pod.uid], ['node-1', '', 'node-uid']);
      await rig.clock.advance(delays.notReadyAfterMs);
      assert.deepEqual([...new Set(rig.told())], ['failure NodeNotReady', 'ongoing NodeNotReady']);
    }));

  test('is an open incident from when it is told until it is Ready', () =>
    withRig(async (rig) => {
      await rig.node(node(T));
      assert.deepEqual(rig.pipeline.nodes.openKeys(), []);
      await rig.clock.advance(delays.nodeNotReadyAfterMs + 1000);
      const told = rig.observer.storedFindings.map(({ incidentKey }) => incidentKey);
      assert.deepEqual(rig.pipeline.nodes.openKeys(), told);
      await rig.node(node(undefined));
      assert.deepEqual(rig.pipeline.nodes.openKeys(), []);
    }));

  test('names ten of its pods and counts the rest', () =>
    withRig(async (rig) => {
      await rig.node(node(T));
      await rig.knows(...Array.from({ length: 14 }, (_, index) => marked(`web-${index}`)));
      await rig.clock.advance(delays.nodeNotReadyAfterMs + 1000);
      assert.match(rig.observer.storedFindings[0]?.message ?? '', /web-9 and 4 more$/);
    }));

  test('is one occurrence however it moves between False and Unknown', () =>
    withRig(async (rig) => {
      await rig.node(node(T, 'False'));
      await rig.node(node(T + 30_000, 'Unknown'));
      await rig.clock.advance(delays.nodeNotReadyAfterMs + 1000);
      assert.deepEqual(rig.told(), ['failure NodeNotReady']);
      assert.equal(rig.observer.storedFindings[0]?.occurrence, `node:${T}`);
    }));

  test('that was Ready in between is another occurrence', () =>
    withRig(async (rig) => {
      await rig.node(node(T));
      await rig.clock.advance(2 * MINUTE);
      await rig.node(node(undefined));
      await rig.clock.advance(60 * MINUTE);
      await rig.node(node(rig.clock.now()));
      await rig.clock.advance(2 * MINUTE);
      assert.deepEqual(rig.told(), ['failure NodeNotReady', 'failure NodeNotReady']);
      assert.equal(new Set(rig.observer.storedFindings.map(({ eventId }) => eventId)).size, 2);
    }));

  test('for less than its delay is not told, nor is one that is deleted meanwhile', () =>
    withRig(async (rig) => {
      await rig.node(node(T));
      await rig.clock.advance(30_000);
      await rig.node(node(undefined));
      await rig.node(node(rig.clock.now()));
      await rig.node(node(rig.clock.now()), 'deleted');
      await rig.clock.advance(60 * MINUTE);
      assert.deepEqual(rig.told(), []);
    }));

  test('gives the pods back that are still in trouble a while after it is Ready again', () =>
    withRig(async (rig) => {
      await rig.node(node(T));
      await rig.knows(marked('web-1'), marked('web-2'));
      await rig.clock.advance(10 * MINUTE);
      await rig.node(node(undefined));
      await rig.knows(marked('web-1'), marked('web-2').condition('Ready', 'True'));
      const before = rig.told().length;
      await rig.clock.advance(delays.notReadyAfterMs - 1);
      assert.equal(rig.told().length, before);
      await rig.clock.advance(1000);
      assert.deepEqual(rig.told().slice(before), ['failure NotReady']);
      assert.equal(rig.pipeline.nodes.size, 0);
    }));

  test('that leaves again before its pods came back keeps them', () =>
    withRig(async (rig) => {
      await rig.node(node(T));
      await rig.knows(marked('web-1'));
      await rig.clock.advance(10_000);
      await rig.node(node(undefined));
      await rig.clock.advance(10_000);
      await rig.node(node(rig.clock.now()));
      await rig.clock.advance(delays.notReadyAfterMs + 10 * MINUTE);
      assert.deepEqual([...new Set(rig.told())], ['failure NodeNotReady', 'ongoing NodeNotReady']);
    }));

  test('gives them back at once when it is deleted', () =>
    withRig(async (rig) => {
      await rig.node(node(T));
      await rig.knows(marked('web-1'));
      await rig.clock.advance(10 * MINUTE);
      await rig.node(node(T), 'deleted');
      assert.deepEqual(rig.told().slice(-1), ['failure NotReady']);
    }));

  test('is told as resolved once it has been Ready for the stabilisation time, and not before', () =>
    withRig(
      async (rig) => {
        await rig.node(node(T));
        await rig.clock.advance(2 * MINUTE);
        await rig.node(node(undefined));
        await rig.clock.advance(30_000);
        await rig.node(node(rig.clock.now()));
        await rig.clock.advance(10 * MINUTE);
        assert.ok(!rig.told().some((what) => what.startsWith('resolved')), rig.told().join());
        await rig.node(node(undefined));
        await rig.clock.advance(30 * MINUTE);
        assert.deepEqual(rig.told().slice(-1), ['resolved NodeNotReady']);
        assert.equal(rig.told().filter((what) => what.startsWith('resolved')).length, 1);
      },
      { settings: { enabledReasons: ['*'], eventTypes: ['resolved'] } },
    ));

  test('does not pass for the recovery of a pod whose trouble it hides', () =>
    withRig(
      async (rig) => {
        const stuck = pod().named('shop', 'stuck').phase('Pending').with(app().waiting('ContainerCreating'));
        await rig.knows(stuck);
        await rig.clock.advance(6 * MINUTE);
        assert.deepEqual(rig.told(), ['failure StuckCreating']);
        await rig.node(node(rig.clock.now()));
        await rig.clock.advance(60 * MINUTE);
        assert.ok(!rig.told().some((what) => what.startsWith('resolved')), rig.told().join());
      },
      { settings: { enabledReasons: ['*'], eventTypes: ['resolved'] } },
    ));

  test('says nothing of what a container did by itself', () =>
    withRig(async (rig) => {
      await rig.node(node(T));
      await rig.knows(pod().with(app().exited({ id: 'a', finishedAtMs: T - 1000 })));
      assert.deepEqual(rig.told(), ['failure Error']);
    }));

  test('silences pods that are given up because of it, and counts that', () =>
    withRig(async (rig) => {
      await rig.node(node(T));
      await rig.knows(
        marked('gone').disrupted('DeletionByTaintManager', T).deleting(T),
        marked('lost').phase('Unknown'),
        pod().named('shop', 'new').phase('Pending').with(app()),
      );
      assert.deepEqual(rig.told(), []);
      assert.deepEqual(rig.observer.silences, ['DeletionByTaintManager: node-not-ready', 'Unknown: node-not-ready']);
      await rig.clock.advance(2 * MINUTE + 60 * MINUTE);
      assert.deepEqual([...new Set(rig.told())], ['failure NodeNotReady', 'ongoing NodeNotReady']);
    }));

  test('does not hide a pod that was not Ready before it left', () =>
    withRig(async (rig) => {
      const before = marked('web-1').condition('Ready', 'False', '', T - 10 * MINUTE);
      await rig.node(node(T));
      await rig.knows(before);
      await rig.clock.advance(BEHIND_RETRY_MS + 100);
      assert.deepEqual(rig.told(), ['failure NotReady']);
    }));

  test('hides nothing where its family is not enabled', () =>
    withRig(
      async (rig) => {
        await rig.node(node(T));
        await rig.knows(marked('web-1'));
        await rig.clock.advance(60 * MINUTE);
        assert.ok(rig.told().every((what) => what.endsWith(' NotReady')));
        assert.ok(rig.told().length > 0);
      },
      { settings: { enabledReasons: ['NotReady'] } },
    ));

  test('is told by the follower that takes over', () =>
    withRig(async (rig) => {
      rig.isTelling = false;
      await rig.node(node(T));
      await rig.clock.advance(2 * MINUTE);
      rig.isTelling = true;
      rig.pipeline.beginTerm(rig.clock.now() - 90_000);
      await rig.pipeline.settled();
      assert.deepEqual(rig.told(), ['failure NodeNotReady']);
    }));

  test('of which nothing is known any more hides nothing, and is not resolved', () =>
    withRig(
      async (rig) => {
        await rig.node(node(T));
        await rig.knows(marked('web-1'));
        await rig.clock.advance(10 * MINUTE);
        rig.pipeline.nodes.clear();
        await rig.clock.advance(60 * MINUTE);
        const told = [...new Set(rig.told())];
        assert.deepEqual(told.slice(-2), ['failure NotReady', 'ongoing NotReady']);
        assert.ok(!told.includes('resolved NodeNotReady'));
      },
      { settings: { enabledReasons: ['*'], eventTypes: ['resolved'] } },
    ));

  test('made anew under its name is another node', () =>
    withRig(async (rig) => {
      await rig.node(node(T));
      await rig.node(node(T + 1000, 'False', 'other-uid'));
      await rig.node(node(T), 'deleted');
      await rig.clock.advance(2 * MINUTE);
      assert.deepEqual(
        rig.observer.storedFindings.map(({ pod: about }) => about.uid),
        ['other-uid'],
      );
    }));

  test('that was cordoned and drained is somebody’s doing, unless other pods are left on it', () =>
    withRig(async (rig) => {
      const cordoned = { ...node(T), isCordoned: true };
      const agent = marked('log-agent').ownedBy('DaemonSet', 'log-agent');
      const ended = marked('batch').phase('Succeeded');
      await rig.node(cordoned);
      await rig.knows(agent, marked('etcd').mirror('abc'), ended);
      await rig.clock.advance(delays.nodeNotReadyAfterMs + 1000);
      const [drained] = rig.observer.storedFindings;
      assert.equal(drained?.severity, 'info');
      assert.match(drained.message, /^node node-1 was drained and is not Ready: /);
      await rig.knows(agent, marked('web-1'));
      await rig.clock.advance(rig.settings.dedupCooldownMs + 1000);
      const left = rig.observer.storedFindings.at(-1);
      assert.equal(left?.severity, 'critical');
      assert.equal(left.incidentKey, drained.incidentKey);
    }));

  test('has one id, whichever part of its pods an agent sees', async () => {
    const told: string[] = [];
    for (const name of ['web-1', 'web-2']) {
      await withRig(async (rig) => {
        await rig.node(node(T));
        await rig.knows(marked(name));
        await rig.clock.advance(delays.nodeNotReadyAfterMs + 1000);
        const [finding] = rig.observer.storedFindings;
        assert.match(finding?.message ?? '', new RegExp(`there: shop/${name}$`));
        told.push(`${finding?.eventId} ${finding?.incidentKey} ${finding?.fingerprint}`);
      });
    }
    assert.equal(new Set(told).size, 1);
  });
});
