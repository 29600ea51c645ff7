/**
 * What one change of a pod costs from facts to decision: detection alone, and the whole pipeline up to the append.
 * Aims: 5 µs for a healthy pod, 40 µs for a failing one. Figures are of this machine; only their ratios mean something.
 */
import { detect } from '../../internal/pipeline/detect.ts';
import type { Finding } from '../../internal/pipeline/finding.ts';
import type { PodFacts } from '../../internal/pipeline/pod-facts.ts';
import { app, init, pod, type PodBuilder } from '../support/pod-builder.ts';
import { PipelineRig } from '../support/pipeline-rig.ts';

export interface DetectionCost {
  readonly what: string;
  readonly microseconds: number;
  readonly aimMicroseconds: number;
}

const HEALTHY_AIM = 5;
const FAILING_AIM = 40;

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

/** All figures, each the mean of many runs after a warm-up. Takes about two seconds. */
export function measureDetection(): DetectionCost[] {
  const context = { clusterId: 'c1', nowMs: 0, change: 'modified', isFirstLook: false, memory: undefined } as const;
  const failing = looping('a');
  const attempts = Array.from({ length: 64 }, (_, index) => looping(`c${index}`));
  const told = quietRig();
  const cooling = quietRig();
  const fresh = quietRig();
  let next = 0;
  return [
    cost('detect, healthy pod', HEALTHY_AIM, 300_000, () => detect(healthy, context)),
    cost('detect, crash loop', FAILING_AIM, 100_000, () => detect(failing, context)),
    cost('pipeline, healthy pod', HEALTHY_AIM, 300_000, () => change(told, healthy)),
    cost('pipeline, crash loop told before', FAILING_AIM, 100_000, () => change(told, failing)),
    cost('pipeline, crash loop cooling down', FAILING_AIM, 100_000, () =>
      change(cooling, attempts[next++ % 64] ?? failing),
    ),
    cost('pipeline, first failure to append', FAILING_AIM, 8_000, () => change(fresh, looping('a', `uid-${next++}`))),
  ];
}

/** A pipeline whose observer and outbox cost nothing, so that what is measured is the pipeline. */
function quietRig(): PipelineRig {
  const encode = ({ eventId, message }: Finding): Uint8Array => new TextEncoder().encode(eventId + message);
  const rig = new PipelineRig({ encode });
  rig.observer.decided = () => undefined;
  rig.observer.stored = () => undefined;
  rig.outbox.append = (events) => Promise.resolve({ result: 'appended', appended: events.length, known: 0 });
  return rig;
}

function change(rig: PipelineRig, facts: PodFacts): void {
  rig.pipeline.process({ type: 'modified', cause: 'watch', pod: facts });
}

function cost(what: string, aimMicroseconds: number, runs: number, run: () => void): DetectionCost {
  for (let warming = 0; warming < Math.min(runs, 10_000); warming++) run();
  const startedMs = performance.now();
  for (let count = 0; count < runs; count++) run();
  return { what, microseconds: ((performance.now() - startedMs) * 1000) / runs, aimMicroseconds };
}

if (import.meta.main) {
  for (const { what, microseconds, aimMicroseconds } of measureDetection()) {
    console.log(`${what.padEnd(36)} ${microseconds.toFixed(2).padStart(8)} µs (aim ${aimMicroseconds})`);
  }
}
