/**
 * What one change of a pod costs: detection alone, then with dedupe and all else up to the append, then with the bytes of
 * the wire. Aims: 5 µs for a healthy pod, 40 µs for detection and dedupe of a failing one.
 *
 * Each figure is the best of many rounds, as what else the machine does only adds to one. Pods are built before a round,
 * and the appends of a round are part of it, so that no queue grows. Outbox and observer cost nothing here.
 */
import { detect } from '../../internal/pipeline/detect.ts';
import type { Finding } from '../../internal/pipeline/finding.ts';
import type { PodFacts } from '../../internal/pipeline/pod-facts.ts';
import { encodeFinding } from '../../internal/restate/wire-format.ts';
import { app, init, pod, type PodBuilder } from '../support/pod-builder.ts';
import { PipelineRig } from '../support/pipeline-rig.ts';

export interface DetectionCost {
  readonly what: string;
  readonly microseconds: number;
  readonly aimMicroseconds: number;
}

const HEALTHY_AIM = 5;
const FAILING_AIM = 40;

const ROUNDS = 400;
/** So few that a round is over before the machine turns to something else. */
const CHANGES = 64;

const owned = (step: PodBuilder): PodFacts =>
  step.ownedBy('ReplicaSet', 'web-5d8f').labelled({ app: 'web', 'pod-template-hash': '5d8f' }).facts();

const healthy = owned(
  pod()
    .condition('Ready', 'True')
    .with(init().exited({ code: 0 }), app('web').running(), app('api').running()),
);
const looping = (id: string, uid = 'uid-1'): PodFacts =>
  owned(
    pod({ uid }).with(
      app()
        .restarts(3)
        .crashLooping({ id, message: 'x'.repeat(200) }),
    ),
  );

/** All figures. Takes a second or two. */
export async function measureDetection(): Promise<DetectionCost[]> {
  const context = { clusterId: 'c1', nowMs: 0, change: 'modified', isFirstLook: false, memory: undefined } as const;
  const failing = looping('a');
  let next = 0;
  const same = (): PodFacts => failing;
  const nextAttempt = (): PodFacts => looping(`c${next++}`);
  const nextPod = (): PodFacts => looping('a', `uid-${next++}`);
  const costs: [what: string, aim: number, pods: () => PodFacts, take: Take][] = [
    ['detect, healthy pod', HEALTHY_AIM, () => healthy, (pods) => pods.forEach((facts) => detect(facts, context))],
    ['detect, crash loop', FAILING_AIM, same, (pods) => pods.forEach((facts) => detect(facts, context))],
    ['and dedupe, healthy pod', HEALTHY_AIM, () => healthy, through(quietRig(noBytes))],
    ['and dedupe, crash loop told before', FAILING_AIM, same, through(quietRig(noBytes))],
    ['and dedupe, crash loop cooling down', FAILING_AIM, nextAttempt, through(quietRig(noBytes))],
    ['and dedupe, first failure to append', FAILING_AIM, nextPod, through(quietRig(noBytes))],
    ['and its bytes, first failure to append', FAILING_AIM, nextPod, through(quietRig(wireBytes))],
  ];
  const measured: DetectionCost[] = [];
  for (const [what, aimMicroseconds, pods, take] of costs) {
    measured.push({ what, microseconds: await cost(pods, take), aimMicroseconds });
  }
  return measured;
}

type Take = (pods: readonly PodFacts[]) => unknown;

function through(rig: PipelineRig): Take {
  return (pods) => {
    for (const facts of pods) rig.pipeline.process({ type: 'modified', cause: 'watch', pod: facts });
    return rig.pipeline.settled();
  };
}

const noBytes = (): Uint8Array => new Uint8Array(0);

function wireBytes(finding: Finding): Uint8Array {
  const labels = new Map([['project-id', 'p1']]);
  const deployment = { kind: 'Deployment', name: 'web' };
  return encodeFinding(finding, {
    agentVersion: '1.0.0',
    namespaceLabels: () => labels,
    workloadOf: () => deployment,
  });
}

/** A pipeline whose observer and outbox cost nothing, so that what is measured is the pipeline. */
function quietRig(encode: (finding: Finding) => Uint8Array): PipelineRig {
  const rig = new PipelineRig({ encode });
  rig.observer.decided = () => undefined;
  rig.observer.stored = () => undefined;
  rig.outbox.append = (events) => Promise.resolve({ result: 'appended', appended: events.length, known: 0 });
  return rig;
}

async function cost(pods: () => PodFacts, take: Take): Promise<number> {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const changes = Array.from({ length: CHANGES }, pods);
    const startedMs = performance.now();
    await take(changes);
    best = Math.min(best, ((performance.now() - startedMs) * 1000) / CHANGES);
  }
  return best;
}

if (import.meta.main) {
  for (const { what, microseconds, aimMicroseconds } of await measureDetection()) {
    console.log(`${what.padEnd(40)} ${microseconds.toFixed(2).padStart(8)} µs (aim ${aimMicroseconds})`);
  }
}
