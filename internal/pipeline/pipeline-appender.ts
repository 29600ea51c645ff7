/**
 * Appends findings to the outbox, in order, one append at a time: what comes in meanwhile shares the next one. Whether
 * we still lead is asked in the same breath as the append, so that no time passes between the answer and the act.
 *
 * What could not be appended is kept and tried again until it is stored or the leadership is lost; then it goes back to
 * where a follower keeps its findings, and its pods are forgotten as told. Nothing is dropped in silence.
 */
import type { Clock, Timer } from '../platform/clock.ts';
import { APPEND_EVENTS, APPEND_RETRY_MS, STATE_FLUSH_MS, WATCHED_NOTE_MS } from '../platform/limits.ts';
import type { FindingPod } from './finding.ts';
import type { AppendResult, Outbox, StateWrite } from './outbox.ts';
import type { Candidate } from './pipeline-ring.ts';
import { decideTelling, type Telling, type TellingParts } from './pipeline-telling.ts';

export interface AppenderParts extends TellingParts {
  readonly outbox: Pick<Outbox, 'append'>;
  readonly clock: Clock;
  /** Whether failures of this pod may be told now; without one, whether any may. */
  readonly isTelling: (pod?: FindingPod) => boolean;
  /** Takes back what was not appended because we lead no more. */
  readonly giveBack: (candidates: readonly Candidate[]) => void;
  /** The appender got stuck, or got over it. */
  readonly onOutcome: (outcome: AppendOutcome) => void;
}

export type AppendOutcome = 'stored' | 'outbox-full' | 'outbox-failed';

export class Appender {
  readonly #parts: AppenderParts;
  readonly #queue: Telling[] = [];
  /** Of each subject, how many of its findings are queued: its state is stored with them, not before. */
  readonly #queued = new Map<string, number>();
  #isAppending = false;
  /** Set while the last append failed: what waits is tried again when it fires. */
  #retry: Timer | undefined;
  #flush: Timer | undefined;
  #writtenMs: number;
  #settled: (() => void)[] = [];

  constructor(parts: AppenderParts) {
    this.#parts = parts;
    this.#writtenMs = parts.clock.monotonicMs();
  }

  /** Findings that wait for the outbox. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Decides at once whether the candidate is told; if so, it is remembered as told and waits for its append. */
  add(candidate: Candidate): void {
    const telling = decideTelling(candidate, this.#parts);
    if (telling === undefined) return;
    this.#queue.push(telling);
    this.#queued.set(candidate.subject, (this.#queued.get(candidate.subject) ?? 0) + 1);
    this.#pump();
  }

  /** Writes changed state from time to time even when nothing is told. Ends with `stop`. */
  start(): void {
    this.#flush ??= this.#parts.clock.setTimer(STATE_FLUSH_MS, () => {
      this.#flush = undefined;
      this.start();
      this.#flushState();
    });
  }

  /** Tries once more to store what waits, and stops all timers. What is not stored then shows again after the next start. */
  async stop(): Promise<void> {
    this.#flush?.cancel();
    this.#flush = undefined;
    this.#cancelRetry();
    this.#pump();
    await this.settled();
    this.#flushState();
    await this.settled();
    this.#cancelRetry();
  }

  /** Resolves when nothing waits, or when what waits is held up by the outbox. */
  settled(): Promise<void> {
    if (this.#isSettled()) return Promise.resolve();
    return new Promise((resolve) => this.#settled.push(resolve));
  }

  #isSettled(): boolean {
    return !this.#isAppending && (this.#queue.length === 0 || this.#retry !== undefined);
  }

  #resolveIfSettled(): void {
    if (!this.#isSettled()) return;
    for (const resolve of this.#settled.splice(0)) resolve();
  }

  #flushState(): void {
    const { memory, clock } = this.#parts;
    memory.sweep();
    const isNoteDue = clock.monotonicMs() - this.#writtenMs >= WATCHED_NOTE_MS;
    if (this.#isAppending || this.#retry !== undefined || !this.#parts.isTelling()) return;
    if (memory.hasChanges || isNoteDue) void this.#append();
  }

  /** Runs until the append itself without a pause, so what `isTelling` says holds. */
  #pump(): void {
    if (this.#isAppending || this.#retry !== undefined || this.#queue.length === 0) return;
    this.#giveBackLost();
    if (this.#queue.length > 0) void this.#append();
  }

  /** Never rejects. Called with `isTelling` just asked; the outbox is called before anything else can run. */
  async #append(): Promise<void> {
    const { outbox, memory, observer } = this.#parts;
    this.#isAppending = true;
    const batch = this.#take();
    const writes = memory.takeWrites((subject) => this.#queued.has(subject));
    const events = batch.map(({ event }) => event);
    const outcome = await outbox.append(events, writes).catch((error: unknown) => {
      observer.failed('append', error);
      return undefined;
    });
    this.#isAppending = false;
    if (outcome?.result === 'appended') this.#stored(batch, outcome);
    else this.#notStored(batch, writes, outcome === undefined ? 'outbox-failed' : 'outbox-full');
    this.#resolveIfSettled();
  }

  #take(): Telling[] {
    const batch = this.#queue.splice(0, APPEND_EVENTS);
    for (const { candidate } of batch) {
      const left = (this.#queued.get(candidate.subject) ?? 0) - 1;
      if (left > 0) this.#queued.set(candidate.subject, left);
      else this.#queued.delete(candidate.subject);
    }
    return batch;
  }

  #putBack(batch: readonly Telling[]): void {
    this.#queue.unshift(...batch);
    for (const { candidate } of batch) {
      this.#queued.set(candidate.subject, (this.#queued.get(candidate.subject) ?? 0) + 1);
    }
  }

  #stored(batch: readonly Telling[], { known }: Extract<AppendResult, { result: 'appended' }>): void {
    this.#writtenMs = this.#parts.clock.monotonicMs();
    if (batch.length > 0) {
      const told = batch.map(({ finding }) => finding);
      this.#parts.observer.stored(told, known);
    }
    this.#parts.onOutcome('stored');
    this.#pump();
  }

  #notStored(batch: readonly Telling[], writes: readonly StateWrite[], outcome: AppendOutcome): void {
    this.#putBack(batch);
    this.#parts.memory.untake(writes);
    this.#retry ??= this.#parts.clock.setTimer(APPEND_RETRY_MS, () => {
      this.#retry = undefined;
      this.#pump();
    });
    this.#parts.onOutcome(outcome);
  }

  #cancelRetry(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
  }

  /** What we may tell no more was decided to be told and is not: it is forgotten as such. */
  #giveBackLost(): void {
    const isLost = ({ candidate }: Telling): boolean => !this.#parts.isTelling(candidate.finding.pod);
    if (!this.#queue.slice(0, APPEND_EVENTS).some(isLost)) return;
    const { memory, giveBack } = this.#parts;
    const all = this.#queue.splice(0);
    const lost = all.filter(isLost).map(({ candidate }) => candidate);
    this.#queued.clear();
    this.#putBack(all.filter((telling) => !isLost(telling)));
    for (const { subject } of lost) memory.incidents.set(subject, undefined);
    giveBack(lost);
    this.#resolveIfSettled();
  }
}
