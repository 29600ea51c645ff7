/** What happens to the node, and to its pods with it. Played one after the other, with nothing beside them. */
import { until as soon } from '../../support/e2e-until.ts';
import { one, pod, SERVE, SLEEP } from '../manifests.ts';
import { isReady, lacks } from '../pod-is.ts';
import { once, type Scenario, type Step } from '../scenario.ts';
import { create, lasting, perform, remove, startKubelet, stopKubelet, until, untilNone } from '../steps.ts';

const NODE = '/api/v1/nodes/node-1';
const setTaints = (what: string, taints: readonly object[]): Step =>
  perform(what, ({ cluster }) => cluster.api('PATCH', NODE, { spec: { taints } }));
interface NodeObject {
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
}
const nodeIs = (ready: 'True' | 'Unknown'): Step =>
  perform(`wait until Ready of the node is ${ready}`, ({ cluster }) => {
    const isSo = async (): Promise<boolean> => {
      const { status } = await cluster.api<NodeObject>('GET', NODE);
      return status.conditions.some((condition) => condition.type === 'Ready' && condition.status === ready);
    };
    return soon(`Ready of the node is ${ready}`, isSo, 240_000);
  });

export const nodes: readonly Scenario[] = [
  {
    name: 'tainted',
    about: 'A taint somebody puts on the node takes away the pods that do not tolerate it.',
    alone: true,
    steps: [
      create(pod('intolerant', one(SERVE)), pod('tolerant', one(SERVE, {}, { tolerations: [{ operator: 'Exists' }] }))),
      until('*', isReady, 2),
      setTaints('taint the node', [{ key: 'watcher.test/taint', effect: 'NoExecute' }]),
      untilNone('intolerant'),
      setTaints('take the taint away', []),
    ],
    expected: [once('intolerant', 'DeletionByTaintManager', 'warning', '')],
    silent: [{ pod: 'intolerant', because: 'evidence' }, { pod: 'tolerant' }],
  },
  {
    name: 'kubelet-restarted',
    about: 'The kubelet is killed and started again within seconds: its pods run on, and nothing was wrong with them.',
    also: ['nodes'],
    alone: true,
    steps: [
      create(pod('unmoved', one(SERVE)), pod('done', one('exit 0', {}, { restartPolicy: 'Never' }))),
      until('unmoved', isReady),
      stopKubelet,
      lasting(3),
      startKubelet,
      nodeIs('True'),
      lasting(20),
      until('unmoved', isReady),
    ],
    expected: [],
    silent: [{ pod: 'unmoved' }, { pod: 'done' }],
  },
  {
    name: 'failed-unseen-before-its-deletion',
    about:
      'A container fails, its pod is deleted some seconds later, and the kubelet, which was away, only then says both: that it was deleted excuses nothing that came before.',
    alone: true,
    steps: [
      create(pod('doomed', one('sleep 8; exit 8', {}, { restartPolicy: 'Never' }))),
      until('doomed', isReady),
      stopKubelet,
      lasting(14),
      remove('Pod', 'doomed'),
      startKubelet,
      untilNone('doomed'),
      nodeIs('True'),
    ],
    expected: [once('doomed', 'Error', 'warning')],
  },
  {
    name: 'node-removed',
    about: 'The node is taken out of the cluster with a pod on it, which is then collected as garbage.',
    also: ['nodes'],
    alone: true,
    steps: [
      create(pod('orphan', one(SERVE))),
      until('orphan', isReady),
      stopKubelet,
      perform('delete the node', ({ cluster }) => cluster.api('DELETE', NODE)),
      untilNone('orphan'),
      startKubelet,
      nodeIs('True'),
    ],
    expected: [once('orphan', 'DeletionByPodGC', 'warning', '')],
  },
  {
    name: 'node-stopped',
    about:
      'The kubelet is killed: the node is told, once, and none of its pods, not even one that is deleted and can not go. It comes back.',
    also: ['nodes'],
    alone: true,
    steps: [
      create(pod('waiting', one(SERVE)), pod('leaving', one(SLEEP))),
      until('*', isReady, 2),
      stopKubelet,
      nodeIs('Unknown'),
      until('waiting', lacks('Ready')),
      remove('Pod', 'leaving'),
      lasting(30),
      startKubelet,
      nodeIs('True'),
      until('waiting', isReady),
      untilNone('leaving'),
    ],
    settings: ['--node-not-ready-after=5s', '--not-ready-after=15s', '--stuck-terminating-after=15s'],
    expected: [{ ...once('node-1', 'NodeNotReady', 'critical', '') }],
    silent: [{ pod: 'waiting' }, { pod: 'leaving', because: 'node-not-ready' }],
  },
];
