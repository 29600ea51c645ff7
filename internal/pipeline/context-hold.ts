/**
 * Holds a finding that is about to be told while its context is gathered. What is held is not remembered as told, so a
 * process that ends loses nothing: it shows again after the next start.
 *
 * Promises: none is held for longer than `timeoutMs`, none is dropped, those of one subject stay in order. Asks only about
 * what is about to be told, and once for each incident. Where CONTEXT_GATHERED gather or CONTEXT_FINDINGS_HELD are
 * held already, findings are told without, and say so.
 */
import { withDeadline, type Clock } from '../platform/clock.ts';
import { CONTEXT_FINDINGS_HELD, CONTEXT_GATHERED } from '../platform/limits.ts';
import { noteOf, type AskedKind, type ContextKind, type FindingContext } from './context.ts';
import { gather, type EarlyEnd, type GatherParts } from './context-gather.ts';
import { askedOf, knownContext, subjectOfContext } from './context-wanted.ts';
import type { Finding } from './finding.ts';
import type { Candidate } from './pipeline-ring.ts';
import { isToBeTold, type TellingParts } from './pipeline-telling.ts';
import type { PodFacts } from './pod-facts.ts';

/** What is gathered, by whom, and how long is waited for it. */
export interface ContextParts extends GatherParts {
  readonly kinds: ReadonlySet<ContextKind>;
  readonly timeoutMs: number;
}

export interface ContextHoldParts extends Pick<TellingParts, 'memory' | 'settings' | 'silencer'> {
  /** Nothing is gathered, and nothing waits, where absent. */
  readonly context?: ContextParts;
  readonly clock: Clock;
  readonly podOf?: (uid: string) => PodFacts | undefined;
}

type Pass = (candidate: Candidate, context: FindingContext | undefined) => void;

interface Held {
  readonly candidate: Candidate;
  readonly pass: Pass;
  context: FindingContext | undefined;
  isReady: boolean;
}

export class ContextHold {
  readonly #parts: ContextHoldParts;
  /** By subject. */
  readonly #held = new Map<string, Held[]>();
  readonly #settled: (() => void)[] = [];
  #count = 0;
  #gathering = 0;
  /** Ends what is being gathered, with an EarlyEnd as its reason. */
  #ending = new AbortController();
  #isStopped = false;

  constructor(parts: ContextHoldParts) {
    this.#parts = parts;
  }

  /** Findings held now. */
  get size(): number {
    return this.#count;
  }

  /** Calls `pass`, at once or in a moment, with what is known by then; undefined where nothing is. */
  take(candidate: Candidate, pass: Pass): void {
    const ahead = this.#held.get(candidate.subject);
    const context = this.#contextOf(candidate, ahead ?? []);
    const isThere = !(context instanceof Promise);
    if (isThere && ahead === undefined) {
      pass(candidate, context);
      return;
    }
    const held: Held = { candidate, pass, context: isThere ? context : undefined, isReady: isThere };
    if (ahead === undefined) this.#held.set(candidate.subject, [held]);
    else ahead.push(held);
    this.#count++;
    if (!isThere) void this.#wait(held, context);
    if (this.#count >= CONTEXT_FINDINGS_HELD) this.#end('too-many');
  }

  /** Resolves when none is held. */
  settled(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise((resolve) => this.#settled.push(resolve));
  }

  /** Lets all go with what they have; those to come wait for nothing. */
  stop(): Promise<void> {
    this.#isStopped = true;
    this.#end('stopped');
    return this.settled();
  }

  #end(reason: EarlyEnd): void {
    this.#ending.abort(reason);
    this.#ending = new AbortController();
  }

  #contextOf(candidate: Candidate, ahead: readonly Held[]): Promise<FindingContext> | FindingContext | undefined {
    const { finding } = candidate;
    const { context } = this.#parts;
    if (context === undefined) return undefined;
    if (ahead.some((held) => held.candidate.finding.incidentKey === finding.incidentKey)) return undefined;
    const asked = askedOf(finding, context.kinds);
    const known = knownContext(finding, context.kinds, this.#podOf(finding));
    if (asked.length === 0 && Object.keys(known).length === 0) return undefined;
    if (!isToBeTold(candidate, this.#parts)) return undefined;
    if (asked.length === 0) return { ...known, notes: [] };
    const refused = this.#refused();
    if (refused === undefined) return this.#gather(finding, asked, known, context);
    for (const kind of asked) context.asked?.(kind, refused);
    return { ...known, notes: asked.map((kind) => noteOf(kind, refused)) };
  }

  #refused(): EarlyEnd | undefined {
    if (this.#isStopped) return 'stopped';
    return this.#gathering >= CONTEXT_GATHERED ? 'too-many' : undefined;
  }

  async #gather(
    finding: Finding,
    asked: readonly AskedKind[],
    known: Omit<FindingContext, 'notes'>,
    context: ContextParts,
  ): Promise<FindingContext> {
    const deadline = withDeadline(this.#parts.clock, context.timeoutMs, this.#ending.signal);
    const about = subjectOfContext(finding, () => this.#podOf(finding));
    this.#gathering++;
    try {
      return { ...known, ...(await gather(asked, about, context, deadline.signal)) };
    } finally {
      this.#gathering--;
      deadline.done();
    }
  }

  #podOf({ pod }: Finding): PodFacts | undefined {
    return this.#parts.podOf?.(pod.uid);
  }

  async #wait(held: Held, context: Promise<FindingContext>): Promise<void> {
    held.context = await context;
    held.isReady = true;
    this.#letGo(held.candidate.subject);
  }

  #letGo(subject: string): void {
    const held = this.#held.get(subject) ?? [];
    while (held[0]?.isReady === true) {
      const { candidate, pass, context } = held[0];
      held.shift();
      this.#count--;
      if (held.length === 0) this.#held.delete(subject);
      pass(candidate, context);
    }
    if (this.#count > 0) return;
    for (const resolve of this.#settled.splice(0)) resolve();
  }
}
