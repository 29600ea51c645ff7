/**
 * Plays the failures on an API server without a kubelet, simulated or real: pods are made as controllers would make them
 * and take the statuses a real kubelet was recorded to write. The moment of a failure is that just before the request
 * which makes it visible, so the time to the plane is never flattered.
 */
import { sleep, type Clock } from '../../internal/platform/clock.ts';
import type { ApiClient } from '../../test/cluster/control-plane/api-client.ts';
import { failing, faultless, type Manifest } from '../../test/support/e2e-pods.ts';
import { allExpectations, failures, NAMESPACE, storefront, type FailureName } from './failures.ts';
import { completed, ended143, healthy, recordings } from './recordings.ts';
import { Replay, type RecordedStatus } from './replay.ts';
import type { Sightings } from './sighting.ts';
import { stagePod } from './staged-pod.ts';

export interface Stage {
  readonly api: ApiClient['api'];
  readonly clock: Clock;
  readonly sightings: Sightings;
  /** Aborted when the demo is to end early. */
  readonly signal: AbortSignal;
}

interface Pod {
  readonly path: string;
  readonly name: string;
  readonly uid: string;
  readonly replay: Replay;
}

/** Between two statuses of a pod. */
const STEP_MS = 30;

/** Between two failures: longer than the linger, so that each shows how fast one failure by itself is. */
const PAUSE_MS = 1100;

/**
 * From asking for deletion to the end of a container. Times in statuses are whole seconds, and an end is recorded up to
 * one before its status; an exit that seems older than the deletion would rightly be told.
 */
const TERMINATION_MS = 3000;

const RECORDED_MARK = 'dwjv4';
const OLD_HASH = '5c9d8b7f44';
const NEW_HASH = '84b6f9c75d';

/** Lets one failure happen. */
export async function playFailure(stage: Stage, name: FailureName): Promise<void> {
  const pod = await createPod(stage, failing[name], RECORDED_MARK);
  for (const status of recordings[name]) {
    const isTelling = await write(stage, pod, status);
    await sleep(stage.clock, isTelling ? PAUSE_MS : STEP_MS, stage.signal);
  }
}

/** All failures, one after the other; `begin` is called before each. */
export async function playFailures(stage: Stage, begin: (name: FailureName) => void): Promise<void> {
  for (const { name } of failures) {
    if (stage.signal.aborted) return;
    begin(name);
    await playFailure(stage, name);
  }
}

/** What must stay silent: a rollout, in which pods are ended on purpose, and a Job that completes. */
export async function playSilences(stage: Stage): Promise<void> {
  const old = [];
  for (const mark of ['x2c4q', 'p9fzk']) old.push(await createAndPlay(stage, storefront, mark, healthy, OLD_HASH));
  await createAndPlay(stage, faultless.completedJob, RECORDED_MARK, completed);
  for (const mark of ['r7hvt', 'm4n8s']) await createAndPlay(stage, storefront, mark, healthy, NEW_HASH);
  for (const { path } of old) await stage.api('DELETE', `${path}?gracePeriodSeconds=30`);
  await sleep(stage.clock, TERMINATION_MS, stage.signal);
  for (const pod of old) await endPod(stage, pod);
}

async function createAndPlay(
  stage: Stage,
  manifest: Manifest,
  mark: string,
  statuses: readonly RecordedStatus[],
  templateHash?: string,
): Promise<Pod> {
  const pod = await createPod(stage, manifest, mark, templateHash);
  for (const status of statuses) await write(stage, pod, status);
  return pod;
}

/** What follows once deletion was asked for: the container ends, the pod goes. */
async function endPod(stage: Stage, pod: Pod): Promise<void> {
  const replay = new Replay(pod.uid);
  for (const status of ended143) await write(stage, { ...pod, replay }, status);
  await stage.api('DELETE', `${pod.path}?gracePeriodSeconds=0`);
}

async function createPod(stage: Stage, manifest: Manifest, mark: string, templateHash?: string): Promise<Pod> {
  const collection = `/api/v1/namespaces/${NAMESPACE}/pods`;
  const body = stagePod(manifest, mark, templateHash);
  const { metadata } = await stage.api<{ metadata: { name: string; uid: string } }>('POST', collection, body);
  return {
    path: `${collection}/${metadata.name}`,
    name: metadata.name,
    uid: metadata.uid,
    replay: new Replay(metadata.uid),
  };
}

/** Writes a status. True where it shows something for the first time. */
async function write({ api, clock, sightings }: Stage, pod: Pod, status: RecordedStatus): Promise<boolean> {
  const now = pod.replay.next(status, clock.now());
  const isTelling = sightings.note(allExpectations, { namespace: NAMESPACE, name: pod.name }, now, clock.now());
  await api('PATCH', `${pod.path}/status`, { status: now });
  return isTelling;
}
