/** Containers that end badly, by themselves or by the hand of the kubelet. */
import {
  container,
  deployment,
  EAT_MEMORY,
  failOnce,
  init,
  LITTLE_MEMORY,
  one,
  pod,
  scratch,
  scratchVolume,
  SLEEP,
} from '../manifests.ts';
import { ended, isReady, isRunning, phase, restarted, waiting } from '../pod-is.ts';
import { looping, once, type Scenario } from '../scenario.ts';
import { create, lasting, patch, until } from '../steps.ts';

const never = { restartPolicy: 'Never' };
const probe = (command: readonly string[], fields: object = {}): object => ({
  ...{ exec: { command }, periodSeconds: 1, failureThreshold: 1, ...fields },
});

export const containers: readonly Scenario[] = [
  {
    name: 'crash-loop',
    about:
      'A program that ends with 3 again and again: the first exit is told, then that it is a loop, once; that it is not Ready goes without saying.',
    steps: [
      create(deployment('web', 1, one('exit 3'))),
      until('web-*', restarted(3)),
      until('web-*', waiting('CrashLoopBackOff')),
      lasting(8),
    ],
    settings: ['--not-ready-after=5s'],
    expected: looping('web-*'),
  },
  {
    name: 'exit-for-good',
    about: 'A pod that is not started again fails with its container: told once, by the exit, and not as a pod too.',
    steps: [create(pod('once', one('exit 4', {}, never))), until('once', phase('Failed'))],
    expected: [once('once', 'Error', 'warning')],
    silent: [{ pod: 'once', because: 'explained-by-exit' }],
  },
  {
    name: 'exit-by-signal',
    about: 'A program that ends by a signal, as by a segmentation fault, is an error like any other.',
    steps: [create(pod('faulty', one("sh -c 'kill -SEGV $$'; exit $?", {}, never))), until('faulty', phase('Failed'))],
    expected: [once('faulty', 'Error', 'warning')],
  },
  {
    name: 'oom-killed',
    about: 'A program that uses more memory than its limit.',
    steps: [
      create(pod('hungry', one(EAT_MEMORY, { resources: LITTLE_MEMORY }, never))),
      until('hungry', phase('Failed')),
    ],
    expected: [once('hungry', 'OOMKilled', 'warning')],
  },
  {
    name: 'oom-loop',
    about: 'The same, started again each time: the loop says what it is a loop of.',
    steps: [
      create(deployment('hungry', 1, one(EAT_MEMORY, { resources: LITTLE_MEMORY }))),
      until('hungry-*', restarted(2)),
      until('hungry-*', waiting('CrashLoopBackOff')),
    ],
    expected: looping('hungry-*', 'OOMKilled'),
  },
  {
    name: 'oom-of-a-child-survived',
    about:
      'A child process is killed for its memory and its parent lives on. Kubernetes says nothing of it in the pod (with control groups v1), so neither do we.',
    steps: [
      create(pod('parent', one(`(${EAT_MEMORY}); echo lost a child; ${SLEEP}`, { resources: LITTLE_MEMORY }))),
      until('parent', isReady),
      lasting(15),
    ],
    expected: [],
    silent: [{ pod: 'parent' }],
  },
  {
    name: 'oom-of-a-child-fatal',
    about:
      'A child process is killed for its memory and its parent ends because of that: the runtime calls it OOMKilled.',
    steps: [
      create(pod('parent', one(`(${EAT_MEMORY}); sleep 1; exit 1`, { resources: LITTLE_MEMORY }, never))),
      until('parent', phase('Failed')),
    ],
    expected: [once('parent', 'OOMKilled', 'warning')],
  },
  {
    name: 'two-containers',
    about: 'Two containers of one pod fail, each for itself.',
    steps: [
      create(
        pod('both', {
          ...never,
          containers: [container('sleep 1; exit 1'), container('sleep 3; exit 2', { name: 'second' })],
        }),
      ),
      until('both', phase('Failed')),
    ],
    expected: [once('both', 'Error', 'warning'), once('both', 'Error', 'warning', 'second')],
  },
  {
    name: 'one-crash',
    about: 'A program fails once and then runs: one exit, and no loop.',
    steps: [
      create(pod('shaken', one(failOnce(SLEEP), scratch, scratchVolume))),
      until('shaken', restarted(1)),
      until('shaken', isReady),
      lasting(8),
    ],
    expected: [once('shaken', 'Error', 'warning')],
  },
  {
    name: 'init-fails',
    about: 'An init container fails again and again; the app, which never starts, is not told of.',
    steps: [
      create(pod('uninitialised', { ...one(SLEEP), initContainers: [init('migrate', 'exit 7')] })),
      until('uninitialised', restarted(2)),
      until('uninitialised', waiting('CrashLoopBackOff')),
    ],
    expected: looping('uninitialised', 'Error', 'migrate'),
  },
  {
    name: 'init-fails-once',
    about: 'An init container fails once, then gets through.',
    steps: [
      create(
        pod('patient', {
          ...one(SLEEP, {}, scratchVolume),
          initContainers: [init('migrate', failOnce('exit 0'), scratch)],
        }),
      ),
      until('patient', isReady),
    ],
    expected: [once('patient', 'Error', 'warning', 'migrate')],
  },
  {
    name: 'sidecar-fails',
    about: 'A native sidecar (an init container that is always restarted) fails again and again beside a healthy app.',
    steps: [
      create(
        pod('accompanied', {
          ...one(SLEEP),
          initContainers: [init('proxy', 'sleep 2; exit 5', { restartPolicy: 'Always' })],
        }),
      ),
      until('accompanied', restarted(2)),
      until('accompanied', waiting('CrashLoopBackOff')),
    ],
    expected: looping('accompanied', 'Error', 'proxy'),
  },
  {
    name: 'no-such-command',
    about: 'A command that is not in the image: the start fails, then waits longer each time.',
    steps: [
      create(pod('mistyped', { containers: [{ ...container(''), command: ['/bin/nothing'] }] })),
      until('mistyped', restarted(2)),
      until('mistyped', waiting('CrashLoopBackOff')),
    ],
    expected: [once('mistyped', 'RunContainerError', 'critical'), once('mistyped', 'CrashLoopBackOff', 'critical')],
  },
  {
    name: 'post-start-hook-fails',
    about: 'The hook after the start fails, so the kubelet kills the container.',
    steps: [
      create(pod('hooked', one(SLEEP, { lifecycle: { postStart: { exec: { command: ['false'] } } } }))),
      until('hooked', restarted(2)),
      until('hooked', waiting('CrashLoopBackOff')),
    ],
    expected: [once('hooked', 'PostStartHookError', 'critical'), once('hooked', 'CrashLoopBackOff', 'critical')],
  },
  {
    name: 'liveness-probe-fails',
    about: 'The kubelet kills a container whose liveness probe fails: exit 137, which nobody planned.',
    steps: [
      create(pod('lifeless', one(SLEEP, { livenessProbe: probe(['false'], { initialDelaySeconds: 2 }) }))),
      until('lifeless', restarted(2)),
      until('lifeless', waiting('CrashLoopBackOff')),
    ],
    expected: looping('lifeless'),
  },
  {
    name: 'exec-probe-times-out',
    about: 'A liveness probe that does not answer in time is one that fails.',
    steps: [
      create(
        pod(
          'slow',
          one(SLEEP, { livenessProbe: probe(['sleep', '20'], { initialDelaySeconds: 1, timeoutSeconds: 1 }) }),
        ),
      ),
      until('slow', restarted(2)),
      until('slow', waiting('CrashLoopBackOff')),
    ],
    expected: looping('slow'),
  },
  {
    name: 'startup-probe-fails',
    about: 'A container that does not get through its startup probe is killed and started again.',
    steps: [
      create(pod('sluggish', one(SLEEP, { startupProbe: probe(['false'], { failureThreshold: 3 }) }))),
      until('sluggish', restarted(2)),
      until('sluggish', waiting('CrashLoopBackOff')),
    ],
    expected: looping('sluggish'),
  },
  {
    name: 'ephemeral-container-fails',
    about: "A debug container in a pod with a trouble of its own is nobody's failure, however it ends.",
    steps: [
      create(pod('debugged', one(SLEEP, { readinessProbe: probe(['false']) }))),
      until('debugged', isRunning),
      patch(
        'Pod',
        'debugged',
        { spec: { ephemeralContainers: [container('exit 9', { name: 'debug' })] } },
        'ephemeralcontainers',
      ),
      until('debugged', ended('Error')),
      until('debugged', isRunning),
    ],
    expected: [],
    silent: [{ pod: 'debugged', because: 'ephemeral' }],
  },
];
