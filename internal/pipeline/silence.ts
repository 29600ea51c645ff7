/**
 * A silence: somebody's word that certain failures are not to be told until a moment, such as a maintenance. The model,
 * and whether a finding is meant by it; pure. Not to be confused with the silences of detection (planned.ts), which are
 * no failures in the first place: what is silenced here is one, and is counted (silence-tally.ts).
 */
import type { LabelSelector } from '../platform/label-selector.ts';
import { hasReason, isOfWorkload } from './filter-ignore.ts';
import type { Finding } from './finding.ts';
import { matchesGlob } from './glob.ts';
import type { SilenceSource } from './silenced.ts';

export interface SilenceRule {
  /** Unique among the silences of its source: the plane's name for it, or what carries the annotation. */
  readonly id: string;
  readonly source: SilenceSource;
  /** Who answers for it. */
  readonly owner: string;
  /** When it ends. Ms since the epoch. */
  readonly untilMs: number;
  readonly comment: string;
  readonly match: SilenceMatch;
}

/** One that remote settings give. */
export type RemoteSilenceRule = SilenceRule & { readonly source: 'remote' };

/** All that is given must hold; of a list, one is enough. Patterns as in glob.ts. */
export interface SilenceMatch {
  readonly namespaces?: readonly string[];
  readonly selector?: LabelSelector;
  readonly workloads?: readonly string[];
  /** Of the reason itself, or of a family it passes the filter by. */
  readonly reasons?: readonly string[];
}

/** Why a silence is not obeyed. */
export type SilenceRefusal = 'ended' | 'too-long';

/** Whether the silence holds now; with the reason where it doesn't. */
export function decideSilence(
  { untilMs }: Pick<SilenceRule, 'untilMs'>,
  nowMs: number,
  longestMs: number,
): { readonly holds: true } | { readonly holds: false; readonly reason: SilenceRefusal } {
  if (untilMs <= nowMs) return { holds: false, reason: 'ended' };
  return untilMs - nowMs > longestMs ? { holds: false, reason: 'too-long' } : { holds: true };
}

export function isMeant(finding: Finding, { namespaces, selector, workloads, reasons }: SilenceMatch): boolean {
  const { pod } = finding;
  if (namespaces?.some((pattern) => matchesGlob(pattern, pod.namespace)) === false) return false;
  if (selector?.matches(pod.labels) === false) return false;
  if (workloads !== undefined && !isOfWorkload(pod, workloads)) return false;
  return reasons === undefined || hasReason(finding, reasons);
}
