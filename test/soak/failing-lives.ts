/**
 * How pods fail in a soak: each life is one trouble, from the pod's creation to its end, and covers one family of reasons.
 * Whatever failed stays visible until it has been told; then the pod goes, or goes on failing.
 */
import { syntheticNode } from '../support/simulated-apiserver/synthetic-pod.ts';
import { uidOf } from '../support/simulated-apiserver/pod-template.ts';
import { nodes, replicaSets } from '../support/simulated-apiserver/resources.ts';
import type { KubeletPod } from '../support/simulated-apiserver/kubelet-pod.ts';
import type { OwnerReference } from '../support/simulated-apiserver/objects.ts';
import { CONTAINER, IMAGE, reachNode, type PodWishes, type Stage } from './stage.ts';

export interface FailingLife {
  /** Also the name of its pods. */
  readonly name: string;
  readonly play: (stage: Stage, namespace: string) => Promise<void>;
}

const LOOP_BACK_OFF_MS = 3_000;
const PULL_FLIP_MS = 2_000;
/** What waits for long is written anew ever less often. */
const MOST_FLIPS = 20;
const INIT = 'prepare';

type Act = (pod: KubeletPod, stage: Stage) => void;

/** One failure, then the end. */
function once(name: string, act: Act, wishes: PodWishes = {}): FailingLife {
  return {
    name,
    play: async (stage, namespace) => {
      const pod = stage.pod(namespace, name, wishes);
      act(pod, stage);
      await stage.told(pod, 1, name);
      stage.remove(pod);
    },
  };
}

const exits = (code: number, reason?: string): Act => {
  return (pod) => {
    reachNode(pod);
    pod.run(CONTAINER);
    pod.exit(CONTAINER, { code, ...(reason === undefined ? {} : { reason }) });
  };
};

const crashLoop: FailingLife = {
  name: 'crash-loop',
  play: async (stage, namespace) => {
    const pod = stage.pod(namespace, 'crash-loop');
    reachNode(pod);
    pod.run(CONTAINER);
    pod.exit(CONTAINER, { code: 1 });
    await stage.told(pod, 1, 'crash-loop');
    const again = (): void => {
      pod.run(CONTAINER);
      pod.exit(CONTAINER, { code: 1 });
      pod.backOff(CONTAINER, 10);
    };
    again();
    await stage.told(pod, 2, 'crash-loop');
    // Some stay for longer than the cooldown.
    const untilMs = performance.now() + (stage.random.next() < 0.1 ? stage.pace.loopsStayMs : 0);
    while (performance.now() < untilMs && !stage.ending.aborted) {
      await stage.pass(LOOP_BACK_OFF_MS);
      again();
      // The judge has looked at it.
      await stage.told(pod, 2, 'crash-loop');
    }
    stage.remove(pod);
  },
};

const wordsOf = (image: string): string => `failed to pull image "${image}": not found`;

async function failPulling(stage: Stage, pod: KubeletPod, what: string): Promise<void> {
  reachNode(pod);
  pod.wait(CONTAINER, 'ErrImagePull', wordsOf(IMAGE));
  const told = stage.told(pod, 1, what).then(() => true);
  const flipDue = (): Promise<boolean> => stage.pass(PULL_FLIP_MS).then(() => false);
  for (let flips = 0; !(await Promise.race([told, flipDue()])); flips++) {
    if (flips < MOST_FLIPS) pod.wait(CONTAINER, flips % 2 === 0 ? 'ImagePullBackOff' : 'ErrImagePull', wordsOf(IMAGE));
  }
  stage.remove(pod);
}

const imagePull: FailingLife = {
  name: 'image-pull',
  play: (stage, namespace) => failPulling(stage, stage.pod(namespace, 'image-pull'), 'image-pull'),
};

const evicted = once('evicted', (pod) => {
  reachNode(pod);
  pod.run(CONTAINER);
  pod.finish('Failed', 'Evicted', 'The node was low on resource: memory.', { container: CONTAINER, code: 137 });
});

const preempted = once('preempted', (pod, stage) => {
  reachNode(pod);
  pod.run(CONTAINER);
  const at = stage.now();
  const target = { type: 'DisruptionTarget', status: 'True', lastProbeTime: null, lastTransitionTime: at };
  const why = { reason: 'PreemptionByScheduler', message: 'made room for a pod of higher priority' };
  stage.modify(pod, (body) => {
    const status = body['status'] as { conditions?: readonly object[] };
    return { ...body, status: { ...status, conditions: [...(status.conditions ?? []), { ...target, ...why }] } };
  });
  stage.markDeleted(pod, 3600);
});

const gated = once('gated', (pod, stage) => {
  pod.create();
  const reason = { reason: 'SchedulingGated', message: 'Scheduling is blocked due to non-empty scheduling gates' };
  stage.modify(pod, (body) => ({
    ...body,
    spec: { ...(body['spec'] as object), schedulingGates: [{ name: 'example.com/quota' }] },
    status: {
      phase: 'Pending',
      conditions: [
        { type: 'PodScheduled', status: 'False', lastProbeTime: null, lastTransitionTime: stage.now(), ...reason },
      ],
    },
  }));
});

const failingInit = once(
  'failing-init',
  (pod) => {
    reachNode(pod);
    pod.run(INIT);
    pod.exit(INIT, { code: 3 });
  },
  { initContainers: [{ name: INIT, image: IMAGE }] },
);

const stuckInit = once(
  'stuck-init',
  (pod) => {
    reachNode(pod);
    pod.run(INIT);
  },
  { initContainers: [{ name: INIT, image: IMAGE }] },
);

const stuckTerminating = once(
  'stuck-terminating',
  (pod) => {
    reachNode(pod);
    pod.run(CONTAINER);
    pod.askDeletion();
  },
  { graceSeconds: 1 },
);

let nodesMade = 0;

/** A node that leaves and never comes back. */
const lostNode: FailingLife = {
  name: 'lost-node',
  play: async (stage) => {
    const name = `lost-${++nodesMade}`;
    const uid = uidOf('soak-node', process.pid, nodesMade);
    const node = syntheticNode(name);
    const metadata = { ...node.metadata, uid };
    stage.server.put(nodes, { ...node, metadata });
    await stage.pass(500);
    const ready = { type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown', message: 'no word of the kubelet' };
    const times = { lastHeartbeatTime: stage.now(), lastTransitionTime: stage.now() };
    const status = { ...(node['status'] as object), conditions: [{ ...ready, ...times }] };
    stage.server.put(nodes, { ...node, metadata, status });
    await stage.toldOf({ uid, failures: 1, what: 'lost-node' });
    stage.server.store.remove(nodes, name);
  },
};

/** In turn. Each name is a pod's; together they cover every family of reasons. */
export const failingLives: readonly FailingLife[] = [
  crashLoop,
  imagePull,
  once('exit', exits(3)),
  once('oom-killed', exits(137, 'OOMKilled')),
  once('start-error', exits(128, 'StartError')),
  evicted,
  once('config', (pod) => {
    reachNode(pod);
    pod.wait(CONTAINER, 'CreateContainerConfigError', 'configmap "settings" not found');
  }),
  preempted,
  failingInit,
  once('unschedulable', (pod) => {
    pod.create();
    pod.unschedulable('0/40 nodes are available: 40 Insufficient cpu.');
  }),
  gated,
  once('stuck-pending', (pod) => pod.create()),
  once('stuck-creating', reachNode),
  stuckInit,
  once('not-ready', (pod) => {
    reachNode(pod);
    pod.run(CONTAINER, false);
  }),
  stuckTerminating,
  lostNode,
];

let storms = 0;

/** Many pods of one workload at once: one cause. */
export async function playStorm(stage: Stage, namespace: string): Promise<void> {
  const number = ++storms;
  const owner: OwnerReference = {
    ...{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `storm-${number}`, controller: true },
    uid: uidOf('soak-storm', process.pid, number),
  };
  stage.server.put(replicaSets, { metadata: { name: owner.name, namespace, uid: owner.uid }, spec: { replicas: 1 } });
  const all = Array.from({ length: stage.pace.stormPods }, () => stage.pod(namespace, 'storm', { owner }));
  await Promise.all(all.map((pod) => failPulling(stage, pod, 'storm')));
  stage.server.store.remove(replicaSets, owner.name, namespace);
}
