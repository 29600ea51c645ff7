/**
 * The settings of the pipeline that may change while it runs: from flags, file and environment at first, then from the
 * plane's remote settings. Read at each use through a `SettingsSource`, never copied.
 */
import type { IgnoreRules } from './filter-ignore.ts';
import type { Severity } from './finding.ts';
import type { RemoteSilenceRule } from './silence.ts';
import type { SilenceCarrier } from './silenced.ts';
import type { StuckDelays } from './stuck-delays.ts';

/** Delays that are absent have their defaults (stuck-delays.ts); rules that are absent ignore nothing. */
export interface PipelineSettings extends Partial<StuckDelays>, IgnoreRules {
  readonly dedupCooldownMs: number;
  readonly batchSize: number;
  readonly batchFlushMs: number;
  /** Names of families, or `*`. */
  readonly enabledReasons: readonly string[];
  /** Wire types beyond failure and ongoing which the plane says it understands. */
  readonly eventTypes: readonly string[];
  /** How long an incident must not show before it is told as resolved; absent has its default. */
  readonly resolvedAfterMs?: number;
  /** In each window, so many failures with one fingerprint are told by themselves; absent or 0: all of them. */
  readonly digestThreshold?: number;
  readonly digestWindowMs?: number;
  /** What the plane wants silent for a while. */
  readonly silences?: readonly RemoteSilenceRule[];
  /** A silence that ends later than so long from now is refused; absent has its default. */
  readonly silenceMaxMs?: number;
  /** Whose annotations may silence; absent: all. */
  readonly silenceAnnotations?: readonly SilenceCarrier[];
  /** Findings less grave are suppressed; absent lets all pass. */
  readonly minimumSeverity?: Severity;
}

export interface SettingsSource {
  current(): PipelineSettings;
}
