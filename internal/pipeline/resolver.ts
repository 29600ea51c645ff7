/**
 * Resolver: notices when incidents that were told are over, holds that down for the stabilisation time, longer for what
 * keeps coming back, and hands on a finding of type `resolved`, once. Keeps the facts of a pod only while something of it
 * is about to be over.
 *
 * Doesn't promise to tell the end of every incident: what ends while no agent looks, or was told by another replica, is
 * closed at the plane by the set of open incidents.
 */
import type { Clock } from '../platform/clock.ts';
import type { Finding } from './finding.ts';
import { isOpen } from './incidents-open.ts';
import { knownAs, withIncident, type Incidents } from './incidents.ts';
import { LookAgain } from './look-again.ts';
import type { PodFacts } from './pod-facts.ts';
import { afterResolved, clearedAmong, holdDownMs, resolvedFinding, type Cleared } from './resolve.ts';
import { BEHIND_RETRY_MS, isBehind, UP_TO_DATE, type Behind } from './up-to-date.ts';

export interface ResolverParts {
  readonly clock: Clock;
  /** False where nobody wants to hear of it: then nothing is kept and nothing decided. */
  readonly isWanted: () => boolean;
  /** How long an incident must not show before it is over. */
  readonly afterMs: () => number;
  /** Whether this process tells of the pod. */
  readonly isTelling: (pod: PodFacts) => boolean;
  /** Where what is known may be behind the cluster; nowhere where absent. */
  readonly behind?: (() => Behind) | undefined;
  readonly memory: {
    readonly incidents: { get(subject: string): Incidents | undefined; set(subject: string, value: Incidents): void };
    nowMs(): number;
  };
  readonly tell: (finding: Finding, subject: string) => void;
}

interface Clearing {
  readonly pod: PodFacts;
  /** Since when each incident has not shown, and until when it must not, by its key. Wall clock. */
  readonly held: Map<string, { readonly sinceMs: number; readonly untilMs: number }>;
}

/** Pods that are about to recover at a time; of more than that, the plane closes what is over. */
const PODS_CLEARING = 10_000;

export class Resolver {
  readonly #parts: ResolverParts;
  /** By subject: the mirror of a static pod goes and comes while its containers run on. */
  readonly #clearing = new Map<string, Clearing>();
  readonly #due: LookAgain;

  constructor(parts: ResolverParts) {
    this.#parts = parts;
    this.#due = new LookAgain({
      clock: parts.clock,
      limit: PODS_CLEARING,
      onDue: (subjects) => subjects.forEach((subject) => this.#isDue(subject)),
      onAllDue: () => undefined,
    });
  }

  /** The pod was looked at and showed `findings`. */
  looked(pod: PodFacts, subject: string, findings: readonly Finding[]): void {
    if (!this.#parts.isWanted()) return;
    const incidents = this.#parts.memory.incidents.get(subject);
    const nowMs = this.#parts.clock.now();
    const open = new Set(findings.filter((one) => isOpen(one, pod, nowMs)).map(({ incidentKey }) => incidentKey));
    const cleared = clearedAmong(incidents, open);
    if (cleared.length === 0) this.forget(subject);
    else this.#hold(pod, subject, cleared, nowMs);
  }

  /**
   * The pod is gone for good; `findings` is what its end showed, before any of it is told: an incident of which that is
   * news is not over as it is told. A mirror may only be made anew: then what doesn't show again is over.
   */
  gone(pod: PodFacts, subject: string, findings: readonly Finding[]): void {
    if (pod.mirrorHash !== '') {
      this.looked(pod, subject, []);
      return;
    }
    this.forget(subject);
    if (!this.#parts.isWanted()) return;
    const incidents = this.#parts.memory.incidents.get(subject);
    const news = findings.filter(({ eventId }) => knownAs(incidents, eventId) === undefined);
    const nowMs = this.#parts.clock.now();
    for (const cleared of clearedAmong(incidents, new Set(news.map(({ incidentKey }) => incidentKey)))) {
      this.#tell(cleared, pod, subject, { clearedAtMs: nowMs, nowMs, isGone: true });
    }
  }

  /** Nothing is known of the pod any more. */
  forget(subject: string): void {
    if (this.#clearing.delete(subject)) this.#due.at(subject, undefined);
  }

  stop(): void {
    this.#due.stop();
    this.#clearing.clear();
  }

  #hold(pod: PodFacts, subject: string, cleared: readonly Cleared[], nowMs: number): void {
    const known = this.#clearing.get(subject);
    if (known === undefined && this.#clearing.size >= PODS_CLEARING) return;
    const held = new Map(
      cleared.map(({ key, incident }) => {
        const sinceMs = known?.held.get(key)?.sinceMs ?? nowMs;
        return [key, { sinceMs, untilMs: sinceMs + holdDownMs(incident, this.#parts.afterMs()) }] as const;
      }),
    );
    this.#clearing.set(subject, { pod, held });
    this.#due.at(subject, earliestEnd(held));
  }

  #isDue(subject: string): void {
    const clearing = this.#clearing.get(subject);
    if (clearing === undefined) return;
    const { clock, memory, behind = () => UP_TO_DATE } = this.#parts;
    const { pod, held } = clearing;
    const nowMs = clock.now();
    if (isBehind(behind(), pod.namespace)) {
      this.#due.at(subject, nowMs + BEHIND_RETRY_MS);
      return;
    }
    for (const cleared of clearedAmong(memory.incidents.get(subject), new Set())) {
      const since = held.get(cleared.key);
      if (since === undefined || nowMs < since.untilMs) continue;
      held.delete(cleared.key);
      this.#tell(cleared, pod, subject, { clearedAtMs: since.sinceMs, nowMs, isGone: false });
    }
    if (held.size === 0) this.#clearing.delete(subject);
    else this.#due.at(subject, earliestEnd(held));
  }

  #tell(cleared: Cleared, pod: PodFacts, subject: string, at: Parameters<typeof resolvedFinding>[2]): void {
    const { memory, isTelling, tell } = this.#parts;
    if (!isTelling(pod)) return;
    const finding = resolvedFinding(cleared, pod, at);
    const incidents = memory.incidents.get(subject);
    memory.incidents.set(
      subject,
      withIncident(incidents, cleared.key, afterResolved(cleared.incident, memory.nowMs())),
    );
    tell(finding, subject);
  }
}

function earliestEnd(held: Clearing['held']): number {
  return Math.min(...[...held.values()].map(({ untilMs }) => untilMs));
}
