/** Jobs: attempts that are tried again are no trouble, the last one is. */
import { failOnce, init, job, one, scratch, scratchVolume, SERVE, SLEEP, type Manifest } from '../manifests.ts';
import { ended, isRunning, phase } from '../pod-is.ts';
import { once, type Scenario } from '../scenario.ts';
import { create, lasting, patch, startKubelet, stopKubelet, until, untilNone } from '../steps.ts';

const also = ['jobs'] as const;
/** Fails until the ConfigMap is there. */
const untilTold = one(
  'sleep 1; test -f /told/yes',
  { volumeMounts: [{ name: 'told', mountPath: '/told' }] },
  { volumes: [{ name: 'told', configMap: { name: 'told', optional: true } }] },
);
const told: Manifest = { kind: 'ConfigMap', metadata: { name: 'told' }, data: { yes: '' } };

export const jobs: readonly Scenario[] = [
  {
    name: 'job-succeeds',
    about: 'A Job that does its work.',
    also,
    steps: [create(job('report', one('sleep 2'))), until('report-*', phase('Succeeded')), lasting(3)],
    expected: [],
    silent: [{ pod: 'report-*' }],
  },
  {
    name: 'job-fails',
    about: 'A Job that may fail once, and does.',
    also,
    steps: [create(job('import', one('sleep 1; exit 4'))), until('import-*', phase('Failed')), lasting(3)],
    expected: [once('import-*', 'Error', 'warning')],
  },
  {
    name: 'job-retry-succeeds',
    about: 'The first attempt fails, another pod succeeds: an attempt with retries left is info, which is not told.',
    also,
    steps: [
      create(job('import', untilTold, { backoffLimit: 3 })),
      until('import-*', phase('Failed')),
      create(told),
      until('import-*', phase('Succeeded')),
      lasting(3),
    ],
    expected: [],
    silent: [{ pod: 'import-*', because: 'below-severity' }],
  },
  {
    name: 'job-retry-in-place-succeeds',
    about: 'The same, where the container is started again in its pod.',
    also,
    steps: [
      create(
        job('import', one(failOnce('sleep 2'), scratch, { ...scratchVolume, restartPolicy: 'OnFailure' }), {
          backoffLimit: 3,
        }),
      ),
      until('import-*', phase('Succeeded')),
      lasting(3),
    ],
    expected: [],
    silent: [{ pod: 'import-*', because: 'below-severity' }],
  },
  {
    name: 'job-retries-exhausted',
    about: 'Two attempts, and both fail: only the last one is told.',
    also,
    steps: [
      create(job('import', one('sleep 1; exit 4'), { backoffLimit: 1 })),
      until('import-*', phase('Failed'), 2),
      lasting(3),
    ],
    expected: [once('import-*', 'Error', 'warning')],
    silent: [{ pod: 'import-*', because: 'below-severity' }],
  },
  {
    name: 'job-attempts-at-once',
    about:
      'Two attempts fail where one may, and are heard of at once, as the kubelet was away: which of them was one too many can not be told, so both are.',
    also,
    alone: true,
    steps: [
      create(job('import', one('sleep 12; exit 4'), { backoffLimit: 1, parallelism: 2, completions: 2 })),
      until('import-*', isRunning, 2),
      stopKubelet,
      lasting(15),
      startKubelet,
      until('import-*', phase('Failed'), 2),
      lasting(5),
    ],
    expected: [{ ...once('import-*', 'Error', 'warning'), count: 2 }],
  },
  {
    name: 'job-deadline',
    about: 'A Job whose deadline deletes its running pods leaves no pod that failed: not told (docs/adr/0014).',
    also,
    steps: [
      create(job('endless', one(SERVE), { activeDeadlineSeconds: 5 })),
      until('endless-*', isRunning),
      untilNone('endless-*', isRunning),
      lasting(5),
    ],
    expected: [],
    silent: [{ pod: 'endless-*', because: 'deletion' }],
  },
  {
    name: 'job-suspended',
    about: 'Somebody suspends a Job, which deletes its running pods.',
    also,
    steps: [
      create(job('paused', one(SERVE))),
      until('paused-*', isRunning),
      patch('Job', 'paused', { spec: { suspend: true } }),
      untilNone('paused-*'),
      lasting(3),
    ],
    expected: [],
    silent: [{ pod: 'paused-*', because: 'deletion' }],
  },
  {
    name: 'job-with-sidecar',
    about:
      'The kubelet ends a sidecar after the work is done, with 137 as it does not listen: that is how it is meant.',
    also,
    steps: [
      create(job('report', { ...one('sleep 3'), initContainers: [init('proxy', SLEEP, { restartPolicy: 'Always' })] })),
      until('report-*', ended('Error')),
      until('report-*', phase('Succeeded')),
      lasting(3),
    ],
    expected: [],
    silent: [{ pod: 'report-*', because: 'succeeded' }],
  },
];
