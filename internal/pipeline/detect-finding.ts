/**
 * From a sighting to a finding: names it (identity.ts) and adds what is told of pod and container.
 */
import type { Look, Sighting } from './detect-types.ts';
import { boundedReason } from './detect-message.ts';
import type { ExitCause, ExitFacts, Finding, FindingContainer, FindingPod } from './finding.ts';
import { eventId, fingerprint, incidentKey, subjectOf } from './identity.ts';
import { workloadOf } from './identity-workload.ts';
import type { PodFacts, Termination } from './pod-facts.ts';
import { terminatedReason } from './reasons.ts';

/** The findings of one look, sharing what they say of the pod. `unseenOf` takes the unseen restarts of a container. */
export function nameFindings(look: Look, unseenOf: (container: string) => number): Finding[] {
  if (look.sightings.length === 0) return [];
  const { pod, context } = look;
  const subject = subjectOf(pod);
  const workload = workloadOf(pod);
  const about = describePod(pod);
  const idOf = ({ container, occurrence }: Pick<Sighting, 'container' | 'occurrence'>): string =>
    eventId({ clusterId: context.clusterId, subject, container, occurrence });
  return look.sightings.map((sighting) => {
    const { container, incidentClass, families } = sighting;
    return {
      type: 'failure',
      eventId: idOf(sighting),
      incidentKey: incidentKey({ clusterId: context.clusterId, subject, container, incidentClass }),
      fingerprint: fingerprint({
        namespace: pod.namespace,
        workload,
        containerName: container?.name ?? '',
        family: families[0] ?? '',
        image: container?.image ?? '',
      }),
      incidentClass,
      occurrence: sighting.occurrence,
      reason: sighting.reason,
      families,
      severity: sighting.severity,
      message: sighting.message,
      pod: about,
      container: describeContainer(sighting),
      occurredAtMs: sighting.occurredAtMs,
      observedAtMs: context.nowMs,
      covers: sighting.covers.map(idOf),
      restartsUnseen: container === undefined ? 0 : unseenOf(container.name),
    };
  });
}

/** What a finding says of its pod. */
export function describePod(pod: PodFacts): FindingPod {
  let restartCount = 0;
  for (const container of pod.containers) restartCount += container.restartCount;
  const { uid, namespace, name, phase, nodeName, labels, owner, silence } = pod;
  const about = { uid, namespace, name, phase, nodeName, restartCount, labels, owner };
  return {
    ...about,
    ...(silence === '' ? {} : { silence }),
    ...(pod.isJobTracked === true ? { isJobTracked: true } : {}),
  };
}

function describeContainer({ container, exit, reason }: Sighting): FindingContainer | undefined {
  if (container === undefined) return undefined;
  const { name, role, image } = container;
  return { name, role, image, exit: exit === undefined ? undefined : describeExit(exit, reason) };
}

function describeExit(exit: Termination, told: string): ExitFacts {
  const { exitCode, signal, startedAtMs, finishedAtMs } = exit;
  const isTimed = startedAtMs > 0 && finishedAtMs >= startedAtMs;
  const entry = terminatedReason(exit.reason);
  const reason = boundedReason(entry.reason);
  const cause = causes[entry.family];
  return {
    ...{ code: exitCode, signal },
    ...(reason === told ? {} : { reason }),
    ...(isTimed ? { ranForMs: finishedAtMs - startedAtMs } : {}),
    ...(cause === undefined ? {} : { cause }),
  };
}

/** What a termination's family says of its cause: the runtime knows it, whoever may read events. */
const causes: Readonly<Record<string, ExitCause>> = { OOMKilled: 'oom', CreateContainerConfigError: 'start-failed' };
