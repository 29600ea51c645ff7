/**
 * What was silenced, for each silence: how many failures, of which reasons, of which pods for instance. Immutable and
 * bounded; kept in the outbox's state beside the memory of pods, so that it survives restarts. Pure.
 */
import type { Finding } from './finding.ts';
import type { SilenceRule } from './silence.ts';
import type { SilenceSource, SilenceTally } from './silenced.ts';

/** Space of the outbox's state; the key is that of the silence. */
export const SILENCES_SPACE = 'silences';

const OTHER_REASONS = '(others)';
const REASONS_KEPT = 12;
const PODS_KEPT = 8;

/** What names a silence among all of them, and its tally in the state. */
export function silenceKey({ source, id }: Pick<SilenceRule, 'source' | 'id'>): string {
  return `silence:${source}:${id}`;
}

/** The tally with one more failure, and with the silence as it is now. */
export function tallied(tally: SilenceTally | undefined, rule: SilenceRule, finding: Finding): SilenceTally {
  const { id, source, owner, comment, untilMs } = rule;
  const { observedAtMs, pod } = finding;
  const name = `${pod.namespace}/${pod.name}`;
  const reasons = new Map(tally?.reasons);
  const reason = reasons.has(finding.reason) || reasons.size < REASONS_KEPT ? finding.reason : OTHER_REASONS;
  reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  const pods = tally?.pods ?? [];
  return {
    ...{ id, source, owner, comment, reasons },
    // Of one workload's pods each may say its own end: the last counts.
    untilMs: source === 'remote' ? untilMs : Math.max(untilMs, tally?.untilMs ?? 0),
    failures: (tally?.failures ?? 0) + 1,
    pods: pods.includes(name) || pods.length >= PODS_KEPT ? pods : [...pods, name],
    firstAtMs: Math.min(observedAtMs, tally?.firstAtMs ?? Infinity),
    lastAtMs: Math.max(observedAtMs, tally?.lastAtMs ?? 0),
  };
}

export function encodeTally({ reasons, ...tally }: SilenceTally): string {
  return JSON.stringify({ ...tally, reasons: [...reasons] });
}

const SOURCES: readonly unknown[] = ['remote', 'namespace', 'workload', 'pod'] satisfies SilenceSource[];

/** What encodeTally wrote; undefined for anything else. */
export function decodeTally(text: string): SilenceTally | undefined {
  const tally = parsed(text);
  if (tally === undefined) return undefined;
  const { id, source, owner, comment, untilMs, failures, reasons, pods, firstAtMs, lastAtMs } = tally;
  const hasTexts = [id, owner, comment].every(isText) && SOURCES.includes(source);
  const hasNumbers = [untilMs, failures, firstAtMs, lastAtMs].every(Number.isFinite);
  const hasLists = Array.isArray(pods) && pods.every(isText) && Array.isArray(reasons) && reasons.every(isCount);
  if (!hasTexts || !hasNumbers || !hasLists) return undefined;
  return { ...(tally as unknown as SilenceTally), reasons: new Map(reasons) };
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isCount(value: unknown): value is [string, number] {
  return Array.isArray(value) && value.length === 2 && isText(value[0]) && Number.isFinite(value[1]);
}
