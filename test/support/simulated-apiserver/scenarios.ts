/**
 * The scenarios: what goes wrong with pods, and what only looks as if it did. Each is the course of writes that a real node
 * made when it was recorded (Kubernetes 1.36, containerd 2.2); the pauses are those of production, unless they would bore.
 */
import type { KubeletPod } from './kubelet-pod.ts';
import type { Scenario, Stage } from './pod-script.ts';
import type { ContainerTemplate } from './pod-template.ts';
import { deploymentPod, endJob, jobPod, type WorkloadWishes } from './workloads.ts';

const IMAGE = 'registry.example/shop/web:1.4.2';

const app = (name: string, more: Partial<ContainerTemplate> = {}): ContainerTemplate => ({
  name,
  image: IMAGE,
  ...more,
});

function deployed(stage: Stage, name: string, wishes: Omit<WorkloadWishes, 'namespace' | 'name'>): KubeletPod {
  const { server, clock, namespace, run } = stage;
  return stage.pod(deploymentPod(server.store, clock, { namespace, name, ...wishes }, run));
}

/** From its creation to the moment before its containers start. */
async function reachNode(stage: Stage, pod: KubeletPod): Promise<void> {
  pod.create();
  pod.schedule(stage.nodeName);
  await stage.pass(300);
  pod.accept();
  await stage.pass(500);
  pod.prepare();
  await stage.pass(300);
}

/** Exit, one immediate restart, exit again, back-off: as the kubelet does it, with its pauses. */
async function crashLoop(
  stage: Stage,
  pod: KubeletPod,
  container: string,
  exit: { code: number; reason: string; message?: string },
) {
  for (const backOffSeconds of [0, 10, 20, 40]) {
    pod.run(container);
    await stage.pass(1000);
    pod.exit(container, exit);
    stage.failed(pod, container, exit.reason);
    await stage.pass(100);
    if (backOffSeconds === 0) continue;
    pod.backOff(container, backOffSeconds);
    stage.failed(pod, container, 'CrashLoopBackOff');
    await stage.pass(backOffSeconds * 1000);
  }
}

const healthy: Scenario = {
  name: 'healthy',
  title: 'a deployment that works',
  reasons: [],
  play: async (stage) => {
    const pod = deployed(stage, 'web', { containers: [app('web', { hasProbes: true })] });
    await reachNode(stage, pod);
    pod.run('web', false);
    await stage.pass(1000);
    // Ready is the next write, when the first probe has succeeded.
    pod.becomeReady('web');
  },
};

const crashLoopBackOff: Scenario = {
  name: 'crash-loop',
  title: 'a server that dies a second after its start, again and again',
  reasons: ['Error', 'CrashLoopBackOff'],
  play: async (stage) => {
    const pod = deployed(stage, 'payments', { containers: [app('payments')] });
    await reachNode(stage, pod);
    await crashLoop(stage, pod, 'payments', { code: 1, reason: 'Error', message: 'panic: no connection to database' });
  },
};

const oomKilled: Scenario = {
  name: 'oom-killed',
  title: 'a cache that wants more memory than it may have',
  reasons: ['OOMKilled', 'CrashLoopBackOff'],
  play: async (stage) => {
    const resources = { requests: { memory: '20Mi' }, limits: { memory: '20Mi' } };
    const pod = deployed(stage, 'cache', { containers: [app('cache', { resources })] });
    await reachNode(stage, pod);
    await crashLoop(stage, pod, 'cache', { code: 137, reason: 'OOMKilled' });
  },
};

const imagePull: Scenario = {
  name: 'image-pull',
  title: 'a roll-out of an image that is not there',
  reasons: ['ErrImagePull', 'ImagePullBackOff'],
  play: async (stage) => {
    const image = 'registry.example/shop/search:9.9.9';
    const pod = deployed(stage, 'search', { containers: [app('search', { image })] });
    const why = `failed to pull and unpack image "${image}": failed to resolve image: ${image}: not found`;
    await reachNode(stage, pod);
    for (const backOffMs of [10_000, 20_000, 40_000]) {
      pod.wait('search', 'ErrImagePull', why);
      stage.failed(pod, 'search', 'ErrImagePull');
      await stage.pass(2000);
      pod.wait('search', 'ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${why}`);
      stage.failed(pod, 'search', 'ImagePullBackOff');
      await stage.pass(backOffMs);
    }
  },
};

const missingConfigMap: Scenario = {
  name: 'missing-config-map',
  title: 'a deployment whose ConfigMap nobody made',
  reasons: ['CreateContainerConfigError'],
  play: async (stage) => {
    const pod = deployed(stage, 'mailer', { containers: [app('mailer', { configMap: 'mailer-settings' })] });
    await reachNode(stage, pod);
    pod.wait('mailer', 'CreateContainerConfigError', 'configmap "mailer-settings" not found');
    stage.failed(pod, 'mailer', 'CreateContainerConfigError');
  },
};

const evicted: Scenario = {
  name: 'evicted',
  title: 'a pod that fills the disk of its node',
  reasons: ['Evicted'],
  play: async (stage) => {
    const resources = { limits: { 'ephemeral-storage': '1Mi' } };
    const pod = deployed(stage, 'reports', { containers: [app('reports', { resources })] });
    await reachNode(stage, pod);
    pod.run('reports');
    await stage.pass(2000);
    const message = 'Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ';
    pod.finish('Failed', 'Evicted', message, { container: 'reports', code: 137 });
    stage.failed(pod, '', 'Evicted');
  },
};

const failingInit: Scenario = {
  name: 'failing-init',
  title: 'a pod whose first step fails',
  reasons: ['Error', 'CrashLoopBackOff'],
  play: async (stage) => {
    const initContainers = [app('wait-for-db', { image: 'registry.example/tools/wait:2' })];
    const pod = deployed(stage, 'orders', { containers: [app('orders')], initContainers });
    await reachNode(stage, pod);
    await crashLoop(stage, pod, 'wait-for-db', { code: 3, reason: 'Error' });
  },
};

const failedJob: Scenario = {
  name: 'failed-job',
  title: 'a job that fails, is tried once more, and is given up',
  reasons: ['Error'],
  play: async (stage) => {
    const { server, clock, namespace, run } = stage;
    const name = `backup-${run}`;
    for (const attempt of [0, 1]) {
      const wishes = { namespace, name, containers: [app('backup')], backoffLimit: 1 };
      const pod = stage.pod(jobPod(server.store, clock, wishes, attempt));
      await reachNode(stage, pod);
      pod.run('backup');
      await stage.pass(1000);
      pod.exit('backup', { code: 7, message: 'no space left on target' });
      stage.failed(pod, 'backup', 'Error');
      await stage.pass(1000);
      pod.finish('Failed');
      await stage.pass(attempt === 0 ? 10_000 : 1000);
    }
    const message = 'Job has reached the specified backoff limit';
    endJob(server.store, clock, namespace, name, { type: 'Failed', reason: 'BackoffLimitExceeded', message });
  },
};

const completedJob: Scenario = {
  name: 'completed-job',
  title: 'a job that does its work',
  reasons: [],
  play: async (stage) => {
    const { server, clock, namespace, run } = stage;
    const wishes = { namespace, name: `cleanup-${run}`, containers: [app('cleanup')], backoffLimit: 1 };
    const pod = stage.pod(jobPod(server.store, clock, wishes));
    await reachNode(stage, pod);
    pod.run('cleanup');
    await stage.pass(1000);
    pod.exit('cleanup', { code: 0 });
    await stage.pass(1000);
    pod.finish('Succeeded');
    const message = 'Reached expected number of succeeded pods';
    endJob(server.store, clock, namespace, wishes.name, { type: 'Complete', reason: 'CompletionsReached', message });
  },
};

const rolledOut: Scenario = {
  name: 'rolled-out',
  title: 'a pod that makes way for its successor, and is killed at the end of its grace',
  reasons: [],
  play: async (stage) => {
    const pod = deployed(stage, 'gateway', { containers: [app('gateway')], graceSeconds: 3 });
    await reachNode(stage, pod);
    pod.run('gateway');
    await stage.pass(3000);
    pod.askDeletion();
    await stage.pass(3000);
    pod.finish('Failed', '', '', { container: 'gateway', code: 137 });
    await stage.pass(400);
    pod.remove();
  },
};

/** All of them; those with reasons first. */
export const scenarios: readonly Scenario[] = [
  crashLoopBackOff,
  imagePull,
  oomKilled,
  missingConfigMap,
  evicted,
  failingInit,
  failedJob,
  healthy,
  completedJob,
  rolledOut,
];
