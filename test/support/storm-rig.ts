/**
 * Storms: many pods of one workload with one trouble, through a pipeline that makes digests, as a plane that asks for
 * them would get them.
 */
import type { Finding } from '../../internal/pipeline/finding.ts';
import { groupId } from '../../internal/pipeline/identity.ts';
import { digestOf } from '../../internal/restate/wire-digest.ts';
import type { WireEvent } from '../../internal/restate/wire-event.ts';
import { encodeFinding } from '../../internal/restate/wire-format.ts';
import { PipelineRig, type RigOptions, type ScriptedOutbox } from './pipeline-rig.ts';
import { app, pod, type PodBuilder } from './pod-builder.ts';

export const THRESHOLD = 5;
export const WINDOW_MS = 60_000;

export const stormSettings = {
  eventTypes: ['resolved', 'digest'],
  digestThreshold: THRESHOLD,
  digestWindowMs: WINDOW_MS,
} as const;

/** A finding as it goes over the wire. */
export function encodedFinding(finding: Finding): Uint8Array {
  return encodeFinding(finding, {
    agentVersion: 'test',
    namespaceLabels: () => undefined,
    workloadOf: () => undefined,
    groupOf: (fingerprint) => groupId('c1', fingerprint),
  });
}

/** A pipeline whose plane asks for digests. */
export function stormRig(options: RigOptions = {}): PipelineRig {
  const settings = { ...stormSettings, ...options.settings };
  return new PipelineRig({ encode: encodedFinding, digest: digestOf, ...options, settings });
}

/** The pod of a Deployment with this number, which can't pull its image. */
export function failingPod(number: number, workload = 'web'): PodBuilder {
  return pod({ phase: 'Pending' })
    .named('shop', `${workload}-5d8f7c9b4-${number}`)
    .ownedBy('ReplicaSet', `${workload}-5d8f7c9b4`)
    .labelled({ 'pod-template-hash': '5d8f7c9b4' })
    .with(app('web').waiting('ImagePullBackOff'));
}

/** Pods with numbers from `from` up to, without, `until` fail. */
export async function storm(rig: PipelineRig, until: number, from = 0, workload = 'web'): Promise<void> {
  for (let number = from; number < until; number++) await rig.change(failingPod(number, workload), 'watch', 'added');
}

/** Events of an outbox, as the plane reads them. */
export function wireEvents({ events }: Pick<ScriptedOutbox, 'events'>): WireEvent[] {
  return events.map(({ bytes }) => JSON.parse(new TextDecoder().decode(bytes)) as WireEvent);
}

/** Ids of the failures that events tell of, each as often as it is told: by itself, or by a digest. */
export function idsToldBy(events: readonly WireEvent[]): string[] {
  return events.flatMap(({ event_id, digest }) => digest?.covered.map((failure) => failure.event_id) ?? [event_id]);
}
