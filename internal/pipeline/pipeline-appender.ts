/**
 * Appends candidates to the outbox, in order, one append at a time: what comes in meanwhile shares the next one. Look-back,
 * dedupe and the question whether we still lead are all answered in the same breath as the append, so that no time
 * passes between the answer and the act.
 *
 * A batch that could not be appended is kept and tried again as it is, until it is stored or the leadership is lost;
 * then its findings go back to where a follower keeps them, and are forgotten as told. Nothing is dropped in silence.
 */
import type { Clock, Timer } from '../platform/clock.ts';
import { APPEND_EVENTS, APPEND_RETRY_MS, STATE_FLUSH_MS, WATCHED_NOTE_MS } from '../platform/limits.ts';
import type { Finding } from './finding.ts';
import type { AppendResult, Outbox, OutboxEvent, StateWrite } from './outbox.ts';
import type { Candidate } from './pipeline-ring.ts';
import { decideTelling, encodeTold, type TellingParts } from './pipeline-telling.ts';

export interface AppenderParts extends TellingParts {
  readonly outbox: Pick<Outbox, 'append'>;
  readonly clock: Clock;
  readonly isTelling: () => boolean;
  /** Takes back what was not appended because we lead no more. */
  readonly giveBack: (candidates: readonly Candidate[]) => void;
  /** The appender got stuck, or got over it. */
  readonly onOutcome: (outcome: AppendOutcome) => void;
}

export type AppendOutcome = 'stored' | 'outbox-full' | 'outbox-failed';

/** Most candidates decided on without letting anything else run: some milliseconds. */
const DECISIONS_A_TURN = 1024;

/** Findings decided to be told, with the candidates they came from. */
interface Prepared {
  readonly candidates: readonly Candidate[];
  readonly told: readonly Finding[];
  readonly events: readonly OutboxEvent[];
}

const NOTHING_PREPARED: Prepared = { candidates: [], told: [], events: [] };

export class Appender {
  readonly #parts: AppenderParts;
  readonly #queue: Candidate[] = [];
  /** Of each subject, how many of its candidates are queued: its state waits for them. */
  readonly #queued = new Map<string, number>();
  #prepared: Prepared = NOTHING_PREPARED;
  #isAppending = false;
  /** The last append failed; what waits is tried again when `#retry` fires. */
  #isStuck = false;
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
    return this.#queue.length + this.#prepared.candidates.length;
  }

  add(candidate: Candidate): void {
    this.#queue.push(candidate);
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

  #cancelRetry(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
  }

  /** Resolves when nothing waits, or when what waits is held up by the outbox. */
  settled(): Promise<void> {
    if (this.#isSettled()) return Promise.resolve();
    return new Promise((resolve) => this.#settled.push(resolve));
  }

  #isSettled(): boolean {
    return !this.#isAppending && (this.waiting === 0 || this.#isStuck);
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
    if (this.#isAppending || this.#retry !== undefined || this.waiting === 0) return;
    if (!this.#parts.isTelling()) {
      this.#giveBackAll();
      return;
    }
    if (this.#prepared.candidates.length === 0) this.#prepared = this.#prepare();
    if (this.#prepared.events.length > 0) void this.#append();
    else if (this.#queue.length > 0) this.#pumpAgain(0);
    else this.#resolveIfSettled();
  }

  #pumpAgain(delayMs: number): void {
    this.#retry ??= this.#parts.clock.setTimer(delayMs, () => {
      this.#retry = undefined;
      this.#pump();
    });
  }

  /** Takes candidates until an append is full or the turn is long enough. Those that need none are done with here. */
  #prepare(): Prepared {
    const prepared = { candidates: [] as Candidate[], told: [] as Finding[], events: [] as OutboxEvent[] };
    let taken = 0;
    while (taken < DECISIONS_A_TURN && prepared.events.length < APPEND_EVENTS) {
      const candidate = this.#queue[taken++];
      if (candidate === undefined) break;
      this.#unqueued(candidate);
      const told = decideTelling(candidate, this.#parts);
      const event = told === undefined ? undefined : encodeTold(told, this.#parts);
      if (told === undefined || event === undefined) continue;
      prepared.candidates.push(candidate);
      prepared.told.push(told);
      prepared.events.push(event);
    }
    this.#queue.splice(0, taken);
    return prepared;
  }

  #unqueued({ subject }: Candidate): void {
    const left = (this.#queued.get(subject) ?? 0) - 1;
    if (left > 0) this.#queued.set(subject, left);
    else this.#queued.delete(subject);
  }

  /** Never rejects. Called with `isTelling` just asked; the outbox is called before anything else can run. */
  async #append(): Promise<void> {
    const { outbox, memory, observer } = this.#parts;
    const prepared = this.#prepared;
    const writes = memory.takeWrites((subject) => this.#queued.has(subject));
    this.#isAppending = true;
    const outcome = await outbox.append(prepared.events, writes).catch((error: unknown) => {
      observer.failed('append', error);
      return undefined;
    });
    this.#isAppending = false;
    if (outcome?.result === 'appended') this.#stored(prepared, outcome);
    else this.#notStored(writes, outcome === undefined ? 'outbox-failed' : 'outbox-full');
    this.#resolveIfSettled();
  }

  #stored(prepared: Prepared, { known }: Extract<AppendResult, { result: 'appended' }>): void {
    this.#writtenMs = this.#parts.clock.monotonicMs();
    this.#prepared = NOTHING_PREPARED;
    this.#isStuck = false;
    if (prepared.told.length > 0) this.#parts.observer.stored(prepared.told, known);
    this.#parts.onOutcome('stored');
    this.#pump();
  }

  #notStored(writes: readonly StateWrite[], outcome: AppendOutcome): void {
    this.#parts.memory.untake(writes);
    this.#isStuck = true;
    this.#pumpAgain(APPEND_RETRY_MS);
    this.#parts.onOutcome(outcome);
  }

  /** We lead no more: what was decided to be told was not, and is forgotten as such. */
  #giveBackAll(): void {
    const { memory, giveBack } = this.#parts;
    const prepared = this.#prepared.candidates;
    for (const { subject } of prepared) memory.incidents.set(subject, undefined);
    const all = [...prepared, ...this.#queue];
    this.#prepared = NOTHING_PREPARED;
    this.#queue.length = 0;
    this.#queued.clear();
    this.#isStuck = false;
    giveBack(all);
    this.#resolveIfSettled();
  }

  #resolveIfSettled(): void {
    if (!this.#isSettled()) return;
    const waiters = this.#settled;
    this.#settled = [];
    for (const resolve of waiters) resolve();
  }
}
