/**
 * The settings that remote settings may change, under each of their names: the plane's, ours in a file, and ours in the
 * code. Nothing else of the configuration can be reached from afar.
 */

import type { LabelSelector } from '../platform/label-selector.ts';
import type { RemoteSilence } from './remote-silences.ts';

/** The settings of the pipeline, as far as remote settings may change them. Durations in Ms. */
export interface AdjustableSettings {
  readonly dedupCooldownMs: number;
  readonly batchSize: number;
  readonly batchFlushMs: number;
  readonly enabledReasons: readonly string[];
  readonly eventTypes: readonly string[];
  readonly minimumSeverity?: AdjustableSeverity;
  readonly stuckPendingAfterMs?: number;
  readonly unschedulableAfterMs?: number;
  readonly schedulingGatedAfterMs?: number;
  readonly stuckCreatingAfterMs?: number;
  readonly stuckInitAfterMs?: number;
  readonly notReadyAfterMs?: number;
  readonly stuckTerminatingAfterMs?: number;
  readonly nodeNotReadyAfterMs?: number;
  readonly resolvedAfterMs?: number;
  readonly digestThreshold?: number;
  readonly digestWindowMs?: number;
  readonly ignoreNamespaces?: readonly string[];
  readonly ignoreLabels?: readonly string[];
  readonly ignoreSelectors?: readonly LabelSelector[];
  readonly ignoreWorkloads?: readonly string[];
  readonly ignoreReasons?: readonly string[];
  readonly ignoreMessages?: readonly string[];
  readonly silences?: readonly RemoteSilence[];
}

export const severities = ['info', 'warning', 'critical'] as const;
export type AdjustableSeverity = (typeof severities)[number];

export type AdjustableName = keyof AdjustableSettings;

interface AdjustableNames {
  readonly name: AdjustableName;
  /** In the plane's answer. */
  readonly remote: string;
  /** In a file and behind --pin. */
  readonly local: string;
}

export const adjustables = [
  { name: 'dedupCooldownMs', remote: 'dedup_cooldown_seconds', local: 'dedup_cooldown' },
  { name: 'batchSize', remote: 'batch_size', local: 'batch_size' },
  { name: 'batchFlushMs', remote: 'batch_flush_ms', local: 'batch_flush' },
  { name: 'enabledReasons', remote: 'enabled_reasons', local: 'enabled_reasons' },
  { name: 'eventTypes', remote: 'event_types', local: 'event_types' },
  { name: 'minimumSeverity', remote: 'min_severity', local: 'min_severity' },
  { name: 'stuckPendingAfterMs', remote: 'stuck_pending_after_seconds', local: 'stuck_pending_after' },
  { name: 'unschedulableAfterMs', remote: 'unschedulable_after_seconds', local: 'unschedulable_after' },
  { name: 'schedulingGatedAfterMs', remote: 'scheduling_gated_after_seconds', local: 'scheduling_gated_after' },
  { name: 'stuckCreatingAfterMs', remote: 'stuck_creating_after_seconds', local: 'stuck_creating_after' },
  { name: 'stuckInitAfterMs', remote: 'stuck_init_after_seconds', local: 'stuck_init_after' },
  { name: 'notReadyAfterMs', remote: 'not_ready_after_seconds', local: 'not_ready_after' },
  { name: 'stuckTerminatingAfterMs', remote: 'stuck_terminating_after_seconds', local: 'stuck_terminating_after' },
  { name: 'nodeNotReadyAfterMs', remote: 'node_not_ready_after_seconds', local: 'node_not_ready_after' },
  { name: 'resolvedAfterMs', remote: 'resolved_after_seconds', local: 'resolved_after' },
  { name: 'digestThreshold', remote: 'digest_threshold', local: 'digest_threshold' },
  { name: 'digestWindowMs', remote: 'digest_window_seconds', local: 'digest_window' },
  { name: 'ignoreNamespaces', remote: 'ignore_namespaces', local: 'ignore_namespaces' },
  { name: 'ignoreLabels', remote: 'ignore_labels', local: 'ignore_labels' },
  { name: 'ignoreSelectors', remote: 'ignore_selectors', local: 'ignore_selectors' },
  { name: 'ignoreWorkloads', remote: 'ignore_workloads', local: 'ignore_workloads' },
  { name: 'ignoreReasons', remote: 'ignore_reasons', local: 'ignore_reasons' },
  { name: 'ignoreMessages', remote: 'ignore_messages', local: 'ignore_messages' },
  { name: 'silences', remote: 'silences', local: 'silences' },
] as const satisfies readonly AdjustableNames[];

/** What may stand behind --pin. */
export const pinnableNames: readonly string[] = adjustables.map(({ local }) => local);

/** The setting that a word behind --pin means, by its name in a file, as a flag or in the plane's answer. */
export function pinnedSetting(word: string): AdjustableName | undefined {
  const key = word.replaceAll('-', '_').toLowerCase();
  return adjustables.find(({ remote, local }) => key === remote || key === local)?.name;
}

export interface SortedWords {
  readonly known: readonly string[];
  readonly unknown: readonly string[];
}

/** Parts `words` into those in `vocabulary` and the others, each once, in their order. */
export function sortWords(words: readonly string[], vocabulary: readonly string[]): SortedWords {
  const distinct = [...new Set(words)];
  return {
    known: distinct.filter((word) => vocabulary.includes(word)),
    unknown: distinct.filter((word) => !vocabulary.includes(word)),
  };
}
