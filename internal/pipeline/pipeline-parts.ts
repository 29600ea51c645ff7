/** What the pipeline is built from. No behaviour lives here. */
import type { Clock } from '../platform/clock.ts';
import type { DigestOf } from './digest.ts';
import type { ContextParts } from './context-hold.ts';
import type { Finding } from './finding.ts';
import type { Outbox } from './outbox.ts';
import type { OwnerLookup } from './owner-lookup.ts';
import type { AppenderParts } from './pipeline-appender.ts';
import type { PipelineObserver } from './pipeline-observer.ts';
import type { PodFacts } from './pod-facts.ts';
import type { SettingsSource } from './settings.ts';
import type { SilencerParts } from './silencer.ts';
import type { Behind } from './up-to-date.ts';

export interface PipelineParts {
  readonly clusterId: string;
  readonly settings: SettingsSource;
  readonly outbox: Pick<Outbox, 'append' | 'loadState' | 'onLost'>;
  readonly clock: Clock;
  /** Final wire bytes of a finding. */
  readonly encode: (finding: Finding) => Uint8Array;
  /** Whether this process leads, asked right before each append. */
  readonly isTelling: () => boolean;
  /** Pods that this process alone tells of, whoever leads: those of its own node. None where absent. */
  readonly isOurs?: (pod: Pick<PodFacts, 'nodeName'>) => boolean;
  readonly observer: PipelineObserver;
  /** How far back an initial sync tells of what is over. */
  readonly lookBackMs: number;
  /** All pods there are, to be looked at again after changes were skipped. */
  readonly pods: () => Iterable<PodFacts>;
  /** One of them, if it is still there; where absent, `pods` is searched. */
  readonly podOf?: (uid: string) => PodFacts | undefined;
  /** Where what is known may be behind the cluster (up-to-date.ts); nowhere where absent. */
  readonly behind?: () => Behind;
  /** An event's bytes with what was counted on it while the outbox was full; as they are where absent. */
  readonly withCounts?: NonNullable<AppenderParts['withCounts']>;
  /** Makes one event of many of a storm; where absent, each is told by itself. */
  readonly digest?: DigestOf;
  /** For tests. */
  readonly bounds?: NonNullable<AppenderParts['bounds']>;
  /** Annotations that silence, and the part of the cluster that is told of; pods' own and all of it where absent. */
  readonly silences?: Pick<SilencerParts, 'annotations' | 'part'>;
  /** What is known of pods' owners; names alone where absent. */
  readonly owners?: OwnerLookup;
  /** What is gathered about a finding before it is told; nothing where absent. */
  readonly context?: ContextParts;
}
