/**
 * Detection: from the facts of a pod to its failures. Pure: the same facts, memory and change give the same findings,
 * with the same names, on every replica and after every restart. Never throws, whatever the facts.
 *
 * It tells what shows, at each look anew; that a failure was told before is not its business (dedupe.ts), nor whether
 * anybody wants to hear of it (filter.ts).
 */
import { detectContainers, isCalm } from './detect-container.ts';
import { nameFindings } from './detect-finding.ts';
import { nextMemory, withUnseen, type PodMemory } from './detect-memory.ts';
import { silenceByNode } from './detect-node.ts';
import { detectStuck, isOnItsWay } from './detect-stuck.ts';
import { detectDisruption, detectTerminal, terminalOf } from './detect-terminal.ts';
import type { DetectContext, Detection, Detector, Look, Sighting } from './detect-types.ts';
import { standsStill } from './identity-occurrence.ts';
import { disruptionOf } from './planned.ts';
import type { PodFacts } from './pod-facts.ts';
import { BEHIND_RETRY_MS } from './up-to-date.ts';

/** All detectors, in the order their findings are told. */
export const detectors: readonly Detector[] = [
  { name: 'terminal', detect: detectTerminal },
  { name: 'disruption', detect: detectDisruption },
  { name: 'containers', detect: detectContainers },
  { name: 'stuck', detect: detectStuck },
];

const ALL_CALM: Detection = { findings: [], silences: [], memory: undefined, lookAgainAtMs: undefined };

/** What is wrong with this pod now. */
export function detect(pod: PodFacts, context: DetectContext): Detection {
  const memory = nextMemory(pod, context.memory, context.before, context.isFirstLook);
  if (isCalmPod(pod)) return memory === undefined ? ALL_CALM : { ...ALL_CALM, memory };
  const look: Look = {
    pod,
    context: memory === context.memory ? context : { ...context, memory },
    terminal: terminalOf(pod),
    sightings: [],
    silences: [],
  };
  const lookAgainAtMs = runDetectors(look);
  const ofNode = silenceByNode(look);
  const putOff = putOffWhatLasts(look);
  const hidden = [...ofNode, ...putOff];
  const counted = countUnseen(look, memory);
  const again = { lookAgainAtMs, ...(putOff.length === 0 ? {} : lookSoon(context.nowMs)) };
  return {
    ...{ findings: counted.findings, silences: look.silences, memory: counted.memory, ...again },
    ...(hidden.length === 0 ? {} : { hidden: nameFindings({ ...look, sightings: hidden }, () => 0) }),
  };
}

/** Takes out what is told for having lasted, where the pod may have moved on since. */
function putOffWhatLasts({ context, sightings }: Look): readonly Sighting[] {
  if (context.mayBeOld !== true) return [];
  const lasting = sightings.filter(({ occurrence }) => standsStill(occurrence));
  if (lasting.length > 0) sightings.splice(0, Infinity, ...sightings.filter((one) => !lasting.includes(one)));
  return lasting;
}

const lookSoon = (nowMs: number) => ({ lookAgainAtMs: nowMs + BEHIND_RETRY_MS, isTellingPutOff: true });

function isCalmPod(pod: PodFacts): boolean {
  return (
    pod.phase !== 'Failed' &&
    pod.reason !== 'NodeLost' &&
    pod.containers.every(isCalm) &&
    disruptionOf(pod) === undefined &&
    !isOnItsWay(pod)
  );
}

function runDetectors(look: Look): number | undefined {
  let earliestMs: number | undefined;
  for (const { detect: run } of detectors) {
    const againMs = run(look);
    if (againMs !== undefined) earliestMs = Math.min(earliestMs ?? againMs, againMs);
  }
  return earliestMs;
}

/** The first finding of a container tells of the restarts nobody saw before it, and memory forgets them with that. */
function countUnseen(
  look: Look,
  memory: PodMemory | undefined,
): { findings: Detection['findings']; memory: PodMemory | undefined } {
  let left = memory;
  const findings = nameFindings(look, (container) => {
    const unseen = left?.get(container)?.unseen ?? 0;
    if (unseen > 0 && left !== undefined) left = withUnseen(left, container, 0);
    return unseen;
  });
  return { findings, memory: left };
}
