/**
 * The pipeline with an outbox a test can fill, break and read. Time stands still until the test moves it.
 */
import type { Finding } from '../../internal/pipeline/finding.ts';
import {
  LOST_MARK,
  type AppendResult,
  type Outbox,
  type OutboxEvent,
  type StateWrite,
} from '../../internal/pipeline/outbox.ts';
import type { OwnerLookup } from '../../internal/pipeline/owner-lookup.ts';
import type { PipelineDecision, PipelineObserver, PipelineState } from '../../internal/pipeline/pipeline-observer.ts';
import type { PipelineParts } from '../../internal/pipeline/pipeline-parts.ts';
import { Pipeline } from '../../internal/pipeline/pipeline.ts';
import type { PodChange, PodFacts } from '../../internal/pipeline/pod-facts.ts';
import { defaultEnabledReasons } from '../../internal/pipeline/reasons.ts';
import type { PipelineSettings } from '../../internal/pipeline/settings.ts';
import type { SilenceSummary } from '../../internal/pipeline/silenced.ts';
import type { CodedError } from '../../internal/platform/errors.ts';
import { ManualClock } from './manual-clock.ts';
import type { PodBuilder } from './pod-builder.ts';

/** What an append is to come to: as the outbox says, thrown, or held until the test lets go. */
export type AppendScript = 'full' | 'broken' | { readonly until: Promise<void> };

/** An outbox that only takes: remembers events and state, in order, and does what it is told with the next appends. */
export class ScriptedOutbox implements Pick<Outbox, 'append' | 'loadState' | 'onLost'> {
  readonly events: OutboxEvent[] = [];
  readonly appends: (readonly OutboxEvent[])[] = [];
  readonly state = new Map<string, Map<string, string>>();
  script: AppendScript[] = [];
  readonly #onLost = new Set<() => void>();

  async append(events: readonly OutboxEvent[], state: readonly StateWrite[]): Promise<AppendResult> {
    const step = this.script.shift();
    if (step === 'full') return { result: 'full' };
    if (step === 'broken') throw new Error('the disk is gone');
    if (step !== undefined) await step.until;
    return this.#take(events, state);
  }

  loadState(space: string): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(new Map(this.state.get(space)));
  }

  onLost(listener: () => void): () => void {
    this.#onLost.add(listener);
    return () => void this.#onLost.delete(listener);
  }

  /** As a damaged row that shows when a batch is made: its event is gone, and its memory is not. */
  lose(...eventIds: string[]): void {
    const kept = this.events.filter(({ eventId }) => !eventIds.includes(eventId));
    this.events.splice(0, Infinity, ...kept);
    this.#put({ ...LOST_MARK, value: '1' });
    for (const listener of this.#onLost) listener();
  }

  #take(events: readonly OutboxEvent[], state: readonly StateWrite[]): AppendResult {
    this.appends.push(events);
    const known = new Set(this.events.map(({ eventId }) => eventId));
    const fresh = events.filter(({ eventId }) => !known.has(eventId));
    this.events.push(...fresh);
    for (const write of state) this.#put(write);
    return { result: 'appended', appended: fresh.length, known: events.length - fresh.length };
  }

  #put({ space, key, value }: StateWrite): void {
    const entries = this.state.get(space) ?? new Map<string, string>();
    this.state.set(space, entries);
    if (value === undefined) entries.delete(key);
    else entries.set(key, value);
  }
}

/** Writes down everything the pipeline says. */
export class RecordingObserver implements PipelineObserver {
  readonly decisions: PipelineDecision[] = [];
  readonly states: PipelineState[] = [];
  readonly failures: string[] = [];
  readonly skippedChanges: PodChange[] = [];
  readonly silences: string[] = [];
  /** Silences that somebody asked for: refused, and over. */
  readonly refused: string[] = [];
  readonly ended: SilenceSummary[] = [];
  /** How many failures each digest told of. */
  readonly digests: number[] = [];
  storedFindings: Finding[] = [];
  readonly changed: PodFacts[] = [];

  get changes(): number {
    return this.changed.length;
  }
  processed({ pod }: PodChange): void {
    this.changed.push(pod);
  }
  silenced(_pod: PodFacts, { about, reason }: { about: string; reason: string }): void {
    this.silences.push(`${about}: ${reason}`);
  }
  decided(decision: PipelineDecision): void {
    this.decisions.push(decision);
  }
  stored(findings: readonly Finding[]): void {
    this.storedFindings.push(...findings);
  }
  digested(failures: number): void {
    this.digests.push(failures);
  }
  silenceRefused({ detail }: CodedError): void {
    this.refused.push(detail);
  }
  silenceEnded(summary: SilenceSummary): void {
    this.ended.push(summary);
  }
  stateChanged(state: PipelineState): void {
    this.states.push(state);
  }
  skipped(change: PodChange): void {
    this.skippedChanges.push(change);
  }
  failed(what: string): void {
    this.failures.push(what);
  }

  /** `stage decision reason`, one for each decision since the last call. */
  takeDecisions(): string[] {
    return this.decisions.splice(0).map(({ stage, decision, reason }) => `${stage} ${decision} ${reason}`);
  }
}

export interface RigOptions {
  readonly outbox?: ScriptedOutbox;
  readonly clock?: ManualClock;
  readonly settings?: Partial<PipelineSettings>;
  readonly lookBackMs?: number;
  readonly behind?: NonNullable<PipelineParts['behind']>;
  /** Where a store has the pods; else `pods` of the rig. */
  readonly listPods?: () => Iterable<PodFacts>;
  /** The node whose pods this agent alone tells of. */
  readonly nodeName?: string;
  readonly encode?: (finding: Finding) => Uint8Array;
  readonly owners?: OwnerLookup;
  readonly context?: NonNullable<PipelineParts['context']>;
  readonly podOf?: NonNullable<PipelineParts['podOf']>;
  readonly silences?: NonNullable<PipelineParts['silences']>;
  readonly withCounts?: NonNullable<PipelineParts['withCounts']>;
  readonly bounds?: NonNullable<PipelineParts['bounds']>;
  readonly digest?: NonNullable<PipelineParts['digest']>;
}

export class PipelineRig {
  readonly clock: ManualClock;
  readonly outbox: ScriptedOutbox;
  readonly observer = new RecordingObserver();
  readonly pipeline: Pipeline;
  /** All pods there are, as the store would list them. */
  pods: PodFacts[] = [];
  isTelling = true;
  settings: PipelineSettings;

  constructor(options: RigOptions = {}) {
    this.clock = options.clock ?? new ManualClock();
    this.outbox = options.outbox ?? new ScriptedOutbox();
    this.settings = {
      dedupCooldownMs: 180_000,
      batchSize: 100,
      batchFlushMs: 1000,
      enabledReasons: defaultEnabledReasons,
      eventTypes: [],
      ...options.settings,
    };
    this.pipeline = new Pipeline({
      clusterId: 'c1',
      settings: { current: () => this.settings },
      outbox: this.outbox,
      clock: this.clock,
      encode: options.encode ?? ((finding) => new TextEncoder().encode(finding.eventId)),
      isTelling: () => this.isTelling,
      observer: this.observer,
      lookBackMs: options.lookBackMs ?? 300_000,
      pods: options.listPods ?? (() => this.pods),
      ...(options.withCounts === undefined ? {} : { withCounts: options.withCounts }),
      ...(options.digest === undefined ? {} : { digest: options.digest }),
      ...(options.behind === undefined ? {} : { behind: options.behind }),
      ...(options.bounds === undefined ? {} : { bounds: options.bounds }),
      ...(options.silences === undefined ? {} : { silences: options.silences }),
      ...(options.owners === undefined ? {} : { owners: options.owners }),
      ...(options.context === undefined ? {} : { context: options.context }),
      ...(options.podOf === undefined ? {} : { podOf: options.podOf }),
      ...(options.nodeName === undefined ? {} : { isOurs: ({ nodeName }) => nodeName === options.nodeName }),
    });
  }

  /** One change, and all that follows from it. */
  async change(
    pod: PodBuilder,
    cause: PodChange['cause'] = 'watch',
    type: PodChange['type'] = 'modified',
  ): Promise<void> {
    this.pipeline.process({ type, cause, pod: pod.facts() });
    await this.pipeline.settled();
  }

  /** Reasons of what is in the outbox, in order. */
  told(): string[] {
    return this.observer.storedFindings.map(({ type, reason }) => `${type} ${reason}`);
  }
}
