/**
 * Silencer: the stage that keeps silent what somebody wants silent for a while. It is asked of each finding that would be
 * told; it counts what it silences, and when a silence ends it tells what was kept silent and has what still shows told.
 *
 * Promises: nothing silenced goes uncounted; what still fails at the end is told under the id it always had; a silence
 * without an end, or with one too far away, silences nothing, and that is said once. Costs a look at two texts where
 * there is no silence. Of what a replica silenced that led before it knows what it saw itself: each summarises its own.
 */
import type { Clock, Timer } from '../platform/clock.ts';
import { CodedError } from '../platform/errors.ts';
import { SILENCES_KEPT } from '../platform/limits.ts';
import type { Finding } from './finding.ts';
import { subjectOf } from './identity.ts';
import { hasSilenced, type Incidents } from './incidents.ts';
import type { PipelineObserver } from './pipeline-observer.ts';
import type { PodFacts } from './pod-facts.ts';
import type { SettingsSource } from './settings.ts';
import { AnnotatedSilences, type SilenceAnnotations } from './silence-annotated.ts';
import { summaryFinding } from './silence-summary.ts';
import { silenceKey, tallied } from './silence-tally.ts';
import { decideSilence, isMeant, type SilenceRule } from './silence.ts';
import type { SilenceSummary, SilenceTally } from './silenced.ts';
import type { SubjectMap } from './subject-map.ts';

export interface SilencerParts {
  readonly clusterId: string;
  readonly clock: Clock;
  readonly settings: SettingsSource;
  readonly observer: Pick<PipelineObserver, 'silenceRefused' | 'silenceEnded'>;
  readonly tallies: SubjectMap<SilenceTally>;
  readonly annotations?: SilenceAnnotations;
  /** The part of the cluster this agent tells of; all of it where absent. */
  readonly part?: { readonly scope: string; readonly nodeName: string };
  /** Whether this process tells anything, and has seen what there is. */
  readonly isTelling: () => boolean;
  readonly tell: (finding: Finding, subject: string) => void;
  /** What was silenced is to be looked at: it may be told now. */
  readonly lookAtSilenced: () => void;
}

const DAY_MS = 24 * 60 * 60_000;

/** Longest silence where settings don't say. */
const LONGEST_MS = 7 * DAY_MS;

/** How soon it shows that somebody took a silence back. */
const LONGEST_NAP_MS = 30_000;
const SHORTEST_NAP_MS = 100;

/** A summary that could not be told for so long is only logged: the plane may have forgotten that another told it. */
const SUMMARY_KEPT_MS = 6 * DAY_MS;

export class Silencer {
  readonly #parts: SilencerParts;
  readonly #annotated: AnnotatedSilences;
  /** What was said of refused ones, so that it is said once. */
  readonly #refused = new Set<string>();
  #timer: Timer | undefined;
  #wakesAtMs = Infinity;
  #isStopped = false;

  constructor(parts: SilencerParts) {
    this.#parts = parts;
    this.#annotated = new AnnotatedSilences(parts.settings, parts.annotations, (rule) => this.#refuse(rule));
  }

  /** The silence that holds for this finding; of several the one that ends last. */
  ruleFor(finding: Finding): SilenceRule | undefined {
    const { silences = [] } = this.#parts.settings.current();
    const annotated = this.#annotated.of(finding.pod);
    if (silences.length === 0 && annotated.length === 0) return undefined;
    let found: SilenceRule | undefined;
    for (const rule of [...silences, ...annotated]) {
      if (rule.untilMs > (found?.untilMs ?? 0) && isMeant(finding, rule.match) && this.#holds(rule)) found = rule;
    }
    return found;
  }

  /** Counts a failure that was silenced, once for each id: the caller remembers which. */
  count(rule: SilenceRule, finding: Finding): void {
    const { tallies } = this.#parts;
    const key = silenceKey(rule);
    tallies.set(key, tallied(tallies.get(key), rule, finding));
    if (this.#timer === undefined || rule.untilMs < this.#wakesAtMs) this.#arm();
  }

  /** Begins to watch for ends, also of what an earlier process counted. */
  start(): void {
    this.#arm();
  }

  /** What has ended is summed up, if we may tell. `all`: somebody may have begun with that and was killed, or lost the lead. */
  check(which: 'ended' | 'all' = 'ended'): void {
    const { tallies, clock, isTelling } = this.#parts;
    const nowMs = clock.now();
    let hasEnded = false;
    for (const key of [...tallies.subjects()]) {
      const tally = tallies.get(key);
      const summary = tally === undefined ? undefined : this.#summaryOf(tally, nowMs);
      if (summary === undefined) continue;
      hasEnded = true;
      if (isTelling() || nowMs - summary.untilMs > SUMMARY_KEPT_MS) this.#end(key, summary);
    }
    if ((hasEnded || which === 'all') && isTelling()) this.#parts.lookAtSilenced();
    this.#arm();
  }

  stop(): void {
    this.#isStopped = true;
    this.#disarm();
  }

  #holds(rule: SilenceRule): boolean {
    const { silenceMaxMs = LONGEST_MS } = this.#parts.settings.current();
    const decision = decideSilence(rule, this.#parts.clock.now(), silenceMaxMs);
    if (!decision.holds && decision.reason === 'too-long') {
      const until = new Date(rule.untilMs).toISOString();
      const { source, id, owner } = rule;
      this.#refuse({ source, id, problem: `of ${owner} ends at ${until}, which is further away than --silence-max` });
    }
    return decision.holds;
  }

  #refuse({ source, id, problem }: Pick<SilenceRule, 'source' | 'id'> & { readonly problem: string }): void {
    const text = `the silence of ${source} ${id} ${problem}`;
    if (this.#refused.has(text)) return;
    if (this.#refused.size >= SILENCES_KEPT) this.#refused.clear();
    this.#refused.add(text);
    this.#parts.observer.silenceRefused?.(new CodedError('SILENCE_INVALID', text));
  }

  /**
   * Undefined while it goes on. An annotation taken back shows in what is told from then on; its summary comes at the end
   * it had.
   */
  #summaryOf(tally: SilenceTally, nowMs: number): SilenceSummary | undefined {
    const { silences = [] } = this.#parts.settings.current();
    const rule = tally.source === 'remote' ? silences.find(({ id }) => id === tally.id) : tally;
    const { untilMs } = rule ?? tally;
    if (untilMs <= nowMs) return { ...tally, untilMs, ended: 'expired' };
    return rule === undefined ? { ...tally, ended: 'withdrawn' } : undefined;
  }

  /** Where it can't be told any more it is in the log at least. */
  #end(key: string, summary: SilenceSummary): void {
    const { clusterId, tallies, clock, observer, settings, isTelling, tell, part } = this.#parts;
    observer.silenceEnded?.(summary);
    tallies.set(key, undefined);
    if (!isTelling() || !settings.current().eventTypes.includes('silenced')) return;
    const { scope = '', nodeName = '' } = part ?? {};
    tell(summaryFinding(summary, { clusterId, scope, nodeName, nowMs: clock.now() }), key);
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#wakesAtMs = Infinity;
  }

  #arm(): void {
    this.#disarm();
    const { tallies, clock } = this.#parts;
    if (tallies.size === 0 || this.#isStopped) return;
    let nextMs = Infinity;
    for (const key of tallies.subjects()) nextMs = Math.min(nextMs, tallies.get(key)?.untilMs ?? Infinity);
    const nowMs = clock.now();
    const untilEndMs = nextMs <= nowMs ? LONGEST_NAP_MS : Math.min(LONGEST_NAP_MS, nextMs - nowMs);
    const napMs = Math.max(SHORTEST_NAP_MS, untilEndMs);
    this.#wakesAtMs = nowMs + napMs;
    this.#timer = clock.setTimer(napMs, () => this.check());
  }
}

/** Of these pods, those of which something was silenced. */
export function podsSilenced(
  pods: Iterable<PodFacts>,
  { incidents }: { readonly incidents: Pick<SubjectMap<Incidents>, 'get'> },
): PodFacts[] {
  return [...pods].filter((pod) => hasSilenced(incidents.get(subjectOf(pod))));
}
