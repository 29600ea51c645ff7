/**
 * PodTraces: what became of the pods that something was wrong with lately, so that "why was I not told?" has an answer.
 * Bounded: so many pods, so many entries each; the pod longest untouched goes first, and of a pod the oldest entry. An
 * entry like the one before is counted on it. Costs a healthy pod nothing.
 */
import type { Clock } from '../platform/clock.ts';
import { keepNewest } from '../platform/keep-newest.ts';
import type { Finding } from './finding.ts';
import type { OutboxEvent } from './outbox.ts';
import type { PipelineDecision } from './pipeline-observer.ts';
import type { Silence } from './detect-types.ts';
import type { PodChange, PodFacts } from './pod-facts.ts';

/** What happened, in the order in which a failure goes through the agent. */
export type TraceStep =
  | { readonly step: 'seen'; readonly change: PodChange['type']; readonly cause: PodChange['cause'] }
  | { readonly step: 'silent'; readonly reason: string; readonly about: string; readonly container: string }
  | { readonly step: 'found'; readonly eventId: string; readonly failure: string; readonly container: string }
  | {
      readonly step: 'decided';
      readonly eventId: string;
      readonly stage: string;
      readonly decision: string;
      readonly reason: string;
      /** Of what is silenced: who wants it. */
      readonly silence?: string;
    }
  | { readonly step: 'stored'; readonly eventId: string }
  | { readonly step: 'settled'; readonly eventId: string; readonly as: string; readonly reason: string };

export interface TraceEntry {
  readonly what: TraceStep;
  /** When first and when last. Ms since the epoch. */
  readonly atMs: number;
  readonly untilMs: number;
  /** How often. */
  readonly times: number;
}

export interface PodTrace {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Earlier ones were forgotten for lack of room. */
  readonly isCut: boolean;
  readonly entries: readonly TraceEntry[];
}

export interface TraceLimits {
  readonly pods: number;
  readonly entries: number;
}

export const defaultTraceLimits: TraceLimits = { pods: 512, entries: 32 };

interface Trace {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  isCut: boolean;
  /** By what was told, the oldest first. */
  readonly entries: Map<string, { readonly what: TraceStep; readonly atMs: number; untilMs: number; times: number }>;
}

export class PodTraces {
  readonly #clock: Clock;
  readonly #limits: TraceLimits;
  /** By uid, the one longest untouched first. */
  readonly #traces = new Map<string, Trace>();

  constructor(clock: Clock, limits: TraceLimits = defaultTraceLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  processed({ pod, type, cause }: PodChange, findings: readonly Finding[]): void {
    if (findings.length === 0 && !this.#traces.has(pod.uid)) return;
    this.#note(pod, { step: 'seen', change: type, cause });
    for (const { eventId, reason, container } of findings) {
      this.#note(pod, { step: 'found', eventId, failure: reason, container: container?.name ?? '' });
    }
  }

  silenced(pod: PodFacts, { reason, about, container }: Silence): void {
    this.#note(pod, { step: 'silent', reason, about, container });
  }

  decided(decided: PipelineDecision): void {
    const { finding, stage, decision, reason } = decided;
    this.#note(finding.pod, { step: 'decided', eventId: finding.eventId, stage, decision, reason, ...byWhom(decided) });
  }

  stored(findings: readonly Finding[]): void {
    for (const { pod, eventId } of findings) this.#note(pod, { step: 'stored', eventId });
  }

  /** Delivered or quarantined, also by an agent that stored it before this one was started. */
  settled({ eventId, podUid, namespace, pod }: OutboxEvent, as: string, reason: string): void {
    this.#note({ uid: podUid, namespace, name: pod }, { step: 'settled', eventId, as, reason });
  }

  /** Every pod of this name there was lately, the one touched last at the end. */
  explain(namespace: string, name: string): PodTrace[] {
    const found = [...this.#traces.values()].filter((trace) => trace.name === name && trace.namespace === namespace);
    return found.map(copied);
  }

  /** The pods touched last, the latest first. */
  latest(most: number): PodTrace[] {
    return [...this.#traces.values()].slice(-most).reverse().map(copied);
  }

  #note(pod: Pick<PodFacts, 'uid' | 'namespace' | 'name'>, what: TraceStep): void {
    const trace = this.#touch(pod);
    const nowMs = this.#clock.now();
    const key = Object.values(what).join('\n');
    const same = trace.entries.get(key);
    if (same !== undefined) {
      same.untilMs = nowMs;
      same.times++;
      return;
    }
    trace.entries.set(key, { what, atMs: nowMs, untilMs: nowMs, times: 1 });
    if (trace.entries.size <= this.#limits.entries) return;
    const [oldest = ''] = trace.entries.keys();
    trace.entries.delete(oldest);
    trace.isCut = true;
  }

  #touch({ uid, namespace, name }: Pick<PodFacts, 'uid' | 'namespace' | 'name'>): Trace {
    const trace = this.#traces.get(uid) ?? { uid, namespace, name, isCut: false, entries: new Map() };
    keepNewest(this.#traces, uid, trace, this.#limits.pods);
    return trace;
  }
}

const copied = (trace: Trace): PodTrace => ({
  ...trace,
  entries: [...trace.entries.values()].map((entry) => ({ ...entry })),
});

function byWhom(decided: PipelineDecision): { readonly silence?: string } {
  if (decided.stage !== 'silence' || decided.decision !== 'suppress') return {};
  const { id, owner, untilMs } = decided.silence;
  return { silence: `${id} of ${owner} until ${new Date(untilMs).toISOString()}` };
}
