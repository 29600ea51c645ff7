/** What happens to the node, and to its pods with it. Played one after the other, with nothing beside them. */
import { one, pod, SERVE, SLEEP } from '../manifests.ts';
import { isReady, lacks } from '../pod-is.ts';
import { once, type Scenario, type Step } from '../scenario.ts';
import { create, lasting, perform, remove, until, untilNone } from '../steps.ts';

const NODE = '/api/v1/nodes/node-1';
const setTaints = (what: string, taints: readonly object[]): Step =>
  perform(what, ({ cluster }) => cluster.api('PATCH', NODE, { spec: { taints } }));
const stopKubelet = perform('kill the kubelet', async ({ cluster }) => cluster.node?.stopKubelet());
const startKubelet = perform('start the kubelet', async ({ cluster }) => cluster.node?.startKubelet());
const nodeIs = (isReadyNow: boolean): Step =>
  perform(`wait until the node is ${isReadyNow ? '' : 'not '}Ready`, async ({ cluster }) => {
    const wanted = isReadyNow ? '=true' : '=unknown';
    await cluster.kubectl(['wait', 'node/node-1', `--for=condition=Ready${wanted}`, '--timeout=240s']);
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
      nodeIs(true),
      lasting(20),
      until('unmoved', isReady),
    ],
    expected: [],
    silent: [{ pod: 'unmoved' }, { pod: 'done' }],
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
      nodeIs(false),
      until('waiting', lacks('Ready')),
      remove('Pod', 'leaving'),
      lasting(30),
      startKubelet,
      nodeIs(true),
      until('waiting', isReady),
      untilNone('leaving'),
    ],
    settings: ['--node-not-ready-after=5s', '--not-ready-after=15s', '--stuck-terminating-after=15s'],
    expected: [{ ...once('node-1', 'NodeNotReady', 'critical', '') }],
    silent: [{ pod: 'waiting' }, { pod: 'leaving', because: 'node-not-ready' }],
  },
];
