/**
 * When a pod is to be looked at again though nothing changes, and how it is found then. Pure.
 */
import type { Detection } from './detect-types.ts';
import { decideFilter } from './filter.ts';
import type { Finding } from './finding.ts';
import { goesOn } from './identity-occurrence.ts';
import { overAtMs } from './incidents-open.ts';
import type { PodFacts } from './pod-facts.ts';
import type { PipelineSettings } from './settings.ts';

/** A cooldown of nothing is no reason to look all the time. */
const SHORTEST_MS = 1_000;

/** Settings may change meanwhile: a delay may become shorter, a family be enabled. */
const LONGEST_MS = 5 * 60_000;

/**
 * When detection says, or after a cooldown where something goes on: it is then told again, though the kubelet writes
 * nothing new of it; and in five minutes at the latest, as what is told of it may change by settings alone. Where nothing
 * goes on, when the last exit counts as over. Undefined where time changes nothing.
 */
export function nextLookAtMs(
  pod: PodFacts,
  detection: Detection,
  settings: PipelineSettings,
  nowMs: number,
): number | undefined {
  const { findings, lookAgainAtMs } = detection;
  const goingOn = findings.filter(({ occurrence }) => goesOn(occurrence));
  if (goingOn.length === 0 && lookAgainAtMs === undefined) return exitsOverAtMs(findings, pod, nowMs);
  const dueAtMs = Math.min(lookAgainAtMs ?? Infinity, nowMs + LONGEST_MS);
  const isToldAgain = goingOn.some((finding) => decideFilter(finding, settings).pass);
  return isToldAgain ? Math.min(dueAtMs, nowMs + Math.max(SHORTEST_MS, settings.dedupCooldownMs)) : dueAtMs;
}

/** A container that is well again gives no more sign of it. */
function exitsOverAtMs(findings: readonly Finding[], pod: PodFacts, nowMs: number): number | undefined {
  const overAt = findings.map((finding) => overAtMs(finding, pod)).filter((atMs) => atMs > nowMs && atMs < Infinity);
  return overAt.length === 0 ? undefined : Math.min(...overAt);
}

/** The pods of these uids that are still there. */
export function* podsAmong(
  uids: readonly string[],
  pods: { readonly podOf?: (uid: string) => PodFacts | undefined; readonly pods: () => Iterable<PodFacts> },
): Generator<PodFacts> {
  if (pods.podOf === undefined) {
    const wanted = new Set(uids);
    for (const pod of pods.pods()) if (wanted.has(pod.uid)) yield pod;
    return;
  }
  for (const uid of uids) {
    const pod = pods.podOf(uid);
    if (pod !== undefined) yield pod;
  }
}
