/**
 * Filter: does anybody want to hear of this finding? Pure; the answer names its reason, which is the metric's label
 * and the log's field. What is suppressed here is not remembered, so that a setting changed later shows what still is.
 */
import { ignoredBy, type IgnoreReason } from './filter-ignore.ts';
import type { Finding, Severity } from './finding.ts';
import type { PipelineSettings } from './settings.ts';

export type FilterDecision =
  /** `under`: the name of enabled_reasons it passed by. */
  { readonly pass: true; readonly under: string } | { readonly pass: false; readonly reason: FilterReason };

export type FilterReason = 'type-not-wanted' | 'family-disabled' | 'below-severity' | IgnoreReason;

/** The higher, the graver. */
export const GRAVITY: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };

/** Whether these settings let the finding pass, and under which name. */
export function decideFilter(finding: Finding, settings: PipelineSettings): FilterDecision {
  if (!isTypeWanted(finding, settings)) return { pass: false, reason: 'type-not-wanted' };
  const under = enabledName(finding.families, settings.enabledReasons);
  if (under === undefined) return { pass: false, reason: 'family-disabled' };
  if (GRAVITY[finding.severity] < GRAVITY[settings.minimumSeverity ?? 'info']) {
    return { pass: false, reason: 'below-severity' };
  }
  const ignored = ignoredBy(finding, settings);
  return ignored === undefined ? { pass: true, under } : { pass: false, reason: ignored };
}

/** Every plane takes failures and what goes on; anything else only one that says so, as it would take it for a failure. */
function isTypeWanted({ type }: Finding, { eventTypes }: PipelineSettings): boolean {
  return type === 'failure' || type === 'ongoing' || eventTypes.includes(type);
}

function enabledName(families: readonly string[], enabled: readonly string[]): string | undefined {
  return families.find((name) => enabled.includes(name)) ?? (enabled.includes('*') ? families[0] : undefined);
}
