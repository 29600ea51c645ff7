/** The scenarios play what a real kubelet was recorded to write: states, counts, conditions, ids. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { textAt, valueAt, type KubernetesObject } from '../../support/simulated-apiserver/objects.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { PodScript, type PlayedFailure } from '../../support/simulated-apiserver/pod-script.ts';
import { pods, replicaSets } from '../../support/simulated-apiserver/resources.ts';
import { scenarios } from '../../support/simulated-apiserver/scenarios.ts';
import { SimulatedApiServer } from '../../support/simulated-apiserver/server.ts';

interface Played {
  readonly states: readonly KubernetesObject[];
  readonly failures: readonly PlayedFailure[];
  readonly server: SimulatedApiServer;
}

/** Every state of every pod of one scenario, in order. */
async function playOut(name: string): Promise<Played> {
  const clock = new ManualClock();
  const server = await SimulatedApiServer.start({ clock });
  try {
    const states: KubernetesObject[] = [];
    server.store.onCommit((definition, { type, object }) => {
      if (definition === pods && type !== 'DELETED') states.push(object.body());
    });
    const script = new PodScript(server);
    const scenario = scenarios.find((one) => one.name === name);
    assert.ok(scenario !== undefined);
    const played = script.play(scenario);
    await clock.advance(300_000);
    await played;
    return { states, failures: script.failures, server };
  } finally {
    await server.close();
  }
}

type Status = Readonly<Record<string, unknown>>;

function containerStates(states: readonly KubernetesObject[], list = 'containerStatuses'): Status[] {
  return states
    .map((state) => valueAt(state, 'status', list))
    .flatMap((statuses) => (Array.isArray(statuses) ? [statuses[0] as Status] : []));
}

/** `running`, `terminated Error`, `waiting CrashLoopBackOff`: one word for each change. */
function course(statuses: readonly Status[]): string[] {
  const words = statuses.map((status) => {
    const [kind = '', state] = Object.entries(status['state'] as Status)[0] ?? [];
    return `${kind} ${textAt(state, 'reason')}`.trim();
  });
  return words.filter((word, at) => word !== words[at - 1]);
}

describe('scenarios', () => {
  test('a crash loop exits, restarts at once, exits, and is held back, longer each time', async () => {
    const { states, failures } = await playOut('crash-loop');
    const statuses = containerStates(states);
    assert.deepEqual(course(statuses).slice(0, 7), [
      'waiting ContainerCreating',
      'running',
      'terminated Error',
      'running',
      'terminated Error',
      'waiting CrashLoopBackOff',
      'running',
    ]);
    const counts = statuses.map((status) => status['restartCount']);
    assert.equal(counts.at(-1), 3);
    const ids = new Set(statuses.map((status) => status['containerID']).filter((id) => id !== undefined));
    assert.equal(ids.size, 4);
    const last = statuses.at(-1)!;
    assert.equal(textAt(last, 'lastState', 'terminated', 'containerID'), last['containerID']);
    assert.match(
      textAt(last, 'state', 'waiting', 'message'),
      /^back-off 40s restarting failed container=payments pod=/,
    );
    const reasons = failures.map((failure) => failure.reason);
    assert.deepEqual(reasons.slice(0, 3), ['Error', 'Error', 'CrashLoopBackOff']);
  });

  test('conditions follow the containers, and keep their time while they stay the same', async () => {
    const { states } = await playOut('crash-loop');
    const conditions = states.map((state) => valueAt(state, 'status', 'conditions') as Status[] | undefined);
    const ready = conditions.flatMap((list) => list?.find((one) => one['type'] === 'Ready') ?? []);
    assert.deepEqual(
      [...new Set(ready.map((one) => `${textAt(one, 'status')} ${textAt(one, 'reason')}`.trim()))],
      ['False ContainersNotReady', 'True'],
    );
    const initialized = conditions.flatMap((list) => list?.find((one) => one['type'] === 'Initialized') ?? []);
    assert.equal(new Set(initialized.map((one) => textAt(one, 'lastTransitionTime'))).size, 1);
  });

  test('an eviction is one write: phase, reason and the end of the container', async () => {
    const { states, failures } = await playOut('evicted');
    const last = states.at(-1)!;
    assert.equal(textAt(last, 'status', 'phase'), 'Failed');
    assert.equal(textAt(last, 'status', 'reason'), 'Evicted');
    assert.equal(textAt(states.at(-2)!, 'status', 'phase'), 'Running');
    assert.deepEqual(course(containerStates(states)).slice(-2), ['running', 'terminated Error']);
    assert.deepEqual(
      failures.map(({ reason, container }) => [reason, container]),
      [['Evicted', '']],
    );
  });

  test('a failing init container keeps the pod Pending and its app waiting', async () => {
    const { states } = await playOut('failing-init');
    assert.deepEqual([...new Set(states.map((state) => textAt(state, 'status', 'phase')))], ['Pending']);
    assert.deepEqual(course(containerStates(states)), ['waiting PodInitializing']);
    assert.ok(course(containerStates(states, 'initContainerStatuses')).includes('waiting CrashLoopBackOff'));
  });

  test('a failed Job tries a second pod; each fails a write after its container', async () => {
    const { states } = await playOut('failed-job');
    const names = [...new Set(states.map((state) => state.metadata.name))];
    assert.equal(names.length, 2);
    const [owner] = states[0]!.metadata.ownerReferences ?? [];
    assert.equal(owner?.kind, 'Job');
    const first = states.filter((state) => state.metadata.name === names[0]);
    assert.deepEqual(
      first.slice(-2).map((state) => textAt(state, 'status', 'phase')),
      ['Running', 'Failed'],
    );
  });

  test('what should stay quiet notes no failure; what should not, notes the reasons it promises', async () => {
    for (const scenario of scenarios) {
      const { failures } = await playOut(scenario.name);
      const reasons = new Set(failures.map((failure) => failure.reason));
      assert.deepEqual([...reasons].sort(), [...scenario.reasons].sort(), scenario.name);
    }
  });

  test('a pod that is rolled out ends after its deletion was asked for, and is gone', async () => {
    const { states, server } = await playOut('rolled-out');
    const { metadata } = states.at(-1)!;
    const finishedAt = textAt(containerStates(states).at(-1), 'state', 'terminated', 'finishedAt');
    assert.ok(metadata.deletionTimestamp !== undefined);
    assert.ok(
      finishedAt >= states.find((state) => state.metadata.deletionTimestamp !== undefined)!.metadata.deletionTimestamp!,
    );
    assert.equal(server.store.get(pods, metadata.name ?? '', metadata.namespace), undefined);
  });

  test('a pod of a Deployment names a ReplicaSet that is there, owned by the Deployment', async () => {
    const { states, server } = await playOut('healthy');
    const [owner] = states[0]!.metadata.ownerReferences ?? [];
    const set = server.store.get(replicaSets, owner?.name ?? '', 'shop');
    assert.equal(set?.uid, owner?.uid);
    assert.equal(set?.meta.ownerReferences?.[0]?.kind, 'Deployment');
  });

  test('a script that is stopped ends where it is', async () => {
    const clock = new ManualClock();
    await using server = await SimulatedApiServer.start({ clock });
    const script = new PodScript(server);
    const played = Promise.all(scenarios.map((scenario) => script.play(scenario)));
    await clock.advance(500);
    script.stop();
    await played;
    const { revision } = server.store;
    await clock.advance(60_000);
    assert.equal(server.store.revision, revision);
    assert.equal(clock.pendingTimers, 0);
  });
});
