/**
 * Resolver: notices when incidents that were told are over, holds that down for the stabilisation time, and hands on a
 * finding of type `resolved`, once. Keeps the facts of a pod only while something of it is about to be over.
 *
 * Doesn't promise to tell the end of every incident: what ends while no agent looks, or was told by another replica, is
 * closed at the plane by the set of open incidents.
 */
import type { Clock } from '../platform/clock.ts';
import type { Finding } from './finding.ts';
import { isOpen } from './incidents-open.ts';
import { withIncident, type Incidents } from './incidents.ts';
import { LookAgain } from './look-again.ts';
import type { PodFacts } from './pod-facts.ts';
import { afterResolved, clearedAmong, resolvedFinding, type Cleared } from './resolve.ts';
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
  readonly subject: string;
  pod: PodFacts;
  /** Since when each incident has not shown, by its key. Wall clock. */
  readonly sinceMs: Map<string, number>;
}

/** Pods that are about to recover at a time; of more than that, the plane closes what is over. */
const PODS_CLEARING = 10_000;

export class Resolver {
  readonly #parts: ResolverParts;
  readonly #clearing = new Map<string, Clearing>();
  readonly #due: LookAgain;

  constructor(parts: ResolverParts) {
    this.#parts = parts;
    this.#due = new LookAgain({
      clock: parts.clock,
      limit: PODS_CLEARING,
      onDue: (uids) => uids.forEach((uid) => this.#isDue(uid)),
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
    if (cleared.length === 0) this.forget(pod.uid);
    else this.#hold(pod, subject, cleared, nowMs);
  }

  /** The pod is gone for good; `findings` is what its end showed, which is only just being told. */
  gone(pod: PodFacts, subject: string, findings: readonly Finding[]): void {
    this.forget(pod.uid);
    if (!this.#parts.isWanted()) return;
    const justNow = new Set(findings.map(({ incidentKey }) => incidentKey));
    const nowMs = this.#parts.clock.now();
    for (const cleared of clearedAmong(this.#parts.memory.incidents.get(subject), justNow)) {
      this.#tell(cleared, pod, subject, { clearedAtMs: nowMs, nowMs, isGone: true });
    }
  }

  /** Nothing is known of the pod any more. */
  forget(uid: string): void {
    if (this.#clearing.delete(uid)) this.#due.at(uid, undefined);
  }

  stop(): void {
    this.#due.stop();
    this.#clearing.clear();
  }

  #hold(pod: PodFacts, subject: string, cleared: readonly Cleared[], nowMs: number): void {
    const known = this.#clearing.get(pod.uid);
    if (known === undefined && this.#clearing.size >= PODS_CLEARING) return;
    const sinceMs = new Map(cleared.map(({ key }) => [key, known?.sinceMs.get(key) ?? nowMs]));
    this.#clearing.set(pod.uid, { subject, pod, sinceMs });
    this.#due.at(pod.uid, Math.min(...sinceMs.values()) + this.#parts.afterMs());
  }

  #isDue(uid: string): void {
    const clearing = this.#clearing.get(uid);
    if (clearing === undefined) return;
    const { clock, afterMs, memory, behind = () => UP_TO_DATE } = this.#parts;
    const { pod, subject, sinceMs } = clearing;
    const nowMs = clock.now();
    if (isBehind(behind(), pod.namespace)) {
      this.#due.at(uid, nowMs + BEHIND_RETRY_MS);
      return;
    }
    for (const cleared of clearedAmong(memory.incidents.get(subject), new Set())) {
      const clearedAtMs = sinceMs.get(cleared.key);
      if (clearedAtMs === undefined || nowMs - clearedAtMs < afterMs()) continue;
      sinceMs.delete(cleared.key);
      this.#tell(cleared, pod, subject, { clearedAtMs, nowMs, isGone: false });
    }
    if (sinceMs.size === 0) this.#clearing.delete(uid);
    else this.#due.at(uid, Math.min(...sinceMs.values()) + afterMs());
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
