/**
 * What the pipeline says of itself: every decision with its named reason, for metrics, log and the trace of single
 * pods. It never waits for its observer, which must not throw.
 */
import type { CodedError } from '../platform/errors.ts';
import type { CoalesceResult } from './coalesce.ts';
import type { DedupeDecision } from './dedupe.ts';
import type { Silence } from './detect-types.ts';
import type { FilterDecision } from './filter.ts';
import type { Finding } from './finding.ts';
import type { PodChange, PodFacts } from './pod-facts.ts';
import type { SilenceRule } from './silence.ts';
import type { SilenceSource, SilenceSummary } from './silenced.ts';

/** One finding's way, stage by stage. `append` says that it is on its way to the outbox; see `stored` for what came of it. */
export type PipelineDecision = { readonly finding: Finding } & (
  | { readonly stage: 'filter'; readonly decision: 'suppress'; readonly reason: SuppressReason }
  | { readonly stage: 'look-back'; readonly decision: 'suppress'; readonly reason: 'ended-before-look-back' }
  | { readonly stage: 'gate'; readonly decision: 'hold'; readonly reason: 'follower' | 'leadership-lost' }
  | { readonly stage: 'gate'; readonly decision: 'suppress'; readonly reason: 'told-by-leader' | 'ring-full' }
  | { readonly stage: 'dedupe'; readonly decision: 'deduplicate'; readonly reason: DeduplicateReason }
  | {
      readonly stage: 'dedupe';
      readonly decision: 'append';
      readonly reason: Extract<DedupeDecision, { send: true }>['reason'];
    }
  /** The outbox is full: kept whole as the first of its fingerprint, or counted on it and told later if it still shows. */
  | { readonly stage: 'append'; readonly decision: 'coalesce'; readonly reason: Exclude<CoalesceResult, 'no-room'> }
  /** Part of a storm: stored, and told with others as a digest. */
  | { readonly stage: 'digest'; readonly decision: 'gather'; readonly reason: 'storm' }
  /** Somebody wants it silent until a moment; `silence` says who. */
  | {
      readonly stage: 'silence';
      readonly decision: 'suppress';
      readonly reason: `silenced-by-${SilenceSource}`;
      readonly silence: SilenceRule;
      /** It was not counted before. */
      readonly isNew: boolean;
    }
  | { readonly stage: 'silence'; readonly decision: 'summarise'; readonly reason: 'ended' }
  | { readonly stage: 'resolve'; readonly decision: 'resolve'; readonly reason: 'over' }
  | { readonly stage: 'encode'; readonly decision: 'suppress'; readonly reason: 'encoding-failed' }
);

export type SuppressReason = Extract<FilterDecision, { pass: false }>['reason'];
export type DeduplicateReason = Extract<DedupeDecision, { send: false }>['reason'];

/** Whether what is detected gets into the outbox. */
export type PipelineState =
  | { readonly kind: 'running' }
  /** Appends fail and are tried again; findings wait in memory, nothing is missed yet. */
  | { readonly kind: 'waiting'; readonly reason: 'outbox-full' | 'outbox-failed' }
  /** The outbox is full: new failures are counted by fingerprint until there is room; then what shows is looked at again. */
  | { readonly kind: 'coalescing'; readonly reason: 'outbox-full' }
  /** Too many wait: changes are skipped until they are stored; then what shows is looked at again. */
  | { readonly kind: 'paused'; readonly reason: 'outbox-full' | 'outbox-failed' | 'outbox-slow' };

export interface ReleasedCounts {
  readonly events: number;
  readonly counted: number;
}

export interface PipelineObserver {
  /** A change went through detection; `findings` is what it showed, told before or not. */
  processed(change: PodChange, findings: readonly Finding[]): void;
  silenced(pod: PodFacts, silence: Silence): void;
  decided(decision: PipelineDecision): void;
  /**
   * These are in the outbox; `known` of them were there before. `released`: so many events of these were coalesced, and
   * stand for `counted` failures more.
   */
  stored(findings: readonly Finding[], known: number, released?: ReleasedCounts): void;
  /** A digest of so many failures is in the outbox. They were told of by `stored` when they were gathered. */
  digested?(failures: number): void;
  /** A silence could not be meant, or ends too late: it silences nothing. Said once. */
  silenceRefused?(error: CodedError): void;
  /** A silence under which something was silenced is over. */
  silenceEnded?(summary: SilenceSummary): void;
  stateChanged(state: PipelineState): void;
  /** A change was not looked at while paused. */
  skipped(change: PodChange): void;
  /** A stage threw or an append failed. The finding or change is named where there is one. */
  failed(what: 'detect' | 'encode' | 'append' | 'load', error: unknown): void;
}
