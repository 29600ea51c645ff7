/**
 * What one look at a cluster finds: the failures of each pod, by the very detection the agent uses, and what to say of
 * them to a person. Pure.
 */
import { detect } from '../../internal/pipeline/detect.ts';
import { decideLookBack } from '../../internal/pipeline/filter-look-back.ts';
import { decideFilter } from '../../internal/pipeline/filter.ts';
import type { Finding, Severity } from '../../internal/pipeline/finding.ts';
import { workloadOf } from '../../internal/pipeline/identity-workload.ts';
import type { PodFacts } from '../../internal/pipeline/pod-facts.ts';
import { hintOf } from '../../internal/pipeline/reasons.ts';
import type { PipelineSettings } from '../../internal/pipeline/settings.ts';
import { conditionOf } from '../../internal/pipeline/stuck-delays.ts';
import type { Redactor } from '../../internal/platform/redact.ts';

/** One failing container, or a failing pod as a whole. */
export interface ScanRow {
  readonly namespace: string;
  readonly pod: string;
  /** '' for the whole pod. */
  readonly container: string;
  readonly reason: string;
  readonly severity: Severity;
  /**
   * When it began, by the object's own times; of a container that waits, when its pod ceased to be Ready or was made. Ms
   * since the epoch, 0 where they don't say.
   */
  readonly sinceMs: number;
  readonly restarts: number;
  /** `Deployment/web`; '' for a pod of nobody's. */
  readonly owner: string;
  readonly node: string;
  readonly image: string;
  /** Undefined where no container ended. */
  readonly exitCode: number | undefined;
  readonly message: string;
  /** What usually causes it. */
  readonly hint: string;
  readonly eventId: string;
}

export interface ScanContext {
  readonly clusterId: string;
  readonly nowMs: number;
  readonly settings: PipelineSettings;
  /** Takes secrets out of messages. */
  readonly redact: Redactor;
  /** What was over before is not told. Ms since the epoch. */
  readonly sinceMs: number;
}

const GRAVITY: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

/** What is wrong with a pod, as the agent would tell it at its first look. */
export function scanPod(pod: PodFacts, { clusterId, nowMs, settings, sinceMs, redact }: ScanContext): ScanRow[] {
  const { findings } = detect(pod, {
    clusterId,
    nowMs,
    change: 'added',
    isFirstLook: true,
    memory: undefined,
    delays: settings,
  });
  const told = findings.filter(
    (finding) => decideFilter(finding, settings).pass && decideLookBack(finding, sinceMs).pass,
  );
  return told.map((finding) => rowOf(finding, pod, redact));
}

/** The gravest first, then by namespace, pod and container. */
export function sortRows(rows: readonly ScanRow[]): ScanRow[] {
  const key = ({ namespace, pod, container }: ScanRow): string => `${namespace}/${pod}/${container}`;
  return rows.toSorted((a, b) => GRAVITY[a.severity] - GRAVITY[b.severity] || (key(a) < key(b) ? -1 : 1));
}

function rowOf(finding: Finding, pod: PodFacts, redact: Redactor): ScanRow {
  const { container, pod: about } = finding;
  const { kind, name } = workloadOf(pod);
  return {
    namespace: about.namespace,
    pod: about.name,
    container: container?.name ?? '',
    reason: finding.reason,
    severity: finding.severity,
    sinceMs: finding.occurredAtMs || notReadySinceMs(pod),
    restarts: about.restartCount,
    owner: kind === '' ? '' : `${kind}/${name}`,
    node: about.nodeName,
    image: container?.image ?? '',
    exitCode: container?.exit?.code,
    message: redact(finding.message),
    hint: hintOf(finding.reason, container !== undefined),
    eventId: finding.eventId,
  };
}

/** A container that waits for an image or its configuration has no time of its own, but its pod is not Ready since. */
function notReadySinceMs(pod: PodFacts): number {
  return conditionOf(pod, 'ContainersReady')?.lastTransitionAtMs || pod.createdAtMs;
}
