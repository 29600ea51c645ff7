/**
 * Appends findings to the outbox, in order, one append at a time: what comes in meanwhile shares the next one. Whether
 * we still lead is asked in the same breath as the append, so that no time passes between the answer and the act.
 *
 * What could not be appended is kept and tried again until it is stored or the leadership is lost; then it goes back to
 * where a follower keeps its findings, and its pods are forgotten as told. While the outbox is full, so many are kept
 * whole; those after them are counted by fingerprint (coalesce.ts). Nothing is dropped in silence.
 */
import type { Clock, Timer } from '../platform/clock.ts';
import {
  APPEND_EVENTS,
  APPEND_RETRY_MS,
  COALESCED_BYTES,
  FINDINGS_HELD,
  STATE_FLUSH_MS,
  WATCHED_NOTE_MS,
} from '../platform/limits.ts';
import { COALESCED_SPACE, Coalescer, deletions, type CoalescedCounts, type CoalescedRow } from './coalesce.ts';
import { DIGEST_SPACE, Gatherer, writesOf, type DigestOf } from './digest.ts';
import type { Finding, FindingPod } from './finding.ts';
import type { AppendResult, Outbox, OutboxEvent, StateWrite } from './outbox.ts';
import type { Candidate } from './pipeline-ring.ts';
import { closedBy, decideTelling, partsOf, type Telling, type TellingParts } from './pipeline-telling.ts';

export interface AppenderParts extends TellingParts {
  readonly outbox: Pick<Outbox, 'append' | 'loadState'>;
  readonly clock: Clock;
  /** Whether failures of this pod may be told now; without one, whether any may. */
  readonly isTelling: (pod?: FindingPod) => boolean;
  /** Whether all that there was to see has come here. */
  readonly isCaughtUp: () => boolean;
  /** Takes back what was not appended because we lead no more. */
  readonly giveBack: (candidates: readonly Candidate[]) => void;
  /** The appender got stuck, or got over it. */
  readonly onOutcome: (outcome: AppendOutcome, coalesced?: Candidate) => void;
  /** The event's bytes with what was counted on it; as they are where absent. */
  readonly withCounts?: (bytes: Uint8Array, counts: CoalescedCounts) => Uint8Array;
  /** Makes one event of many of a storm; where absent, each is told by itself. */
  readonly digest?: DigestOf;
  /** For tests: findings kept whole while the outbox is full, and what rows of the others may take. */
  readonly bounds?: { readonly held?: number; readonly coalescedBytes?: number };
}

export type AppendOutcome =
  | 'stored'
  | 'outbox-full'
  | 'outbox-failed'
  /** A finding was coalesced: it, or one like it, is to be looked for again once there is room. */
  | 'coalesced'
  /** All that was coalesced is in the outbox: now is the time to look. */
  | 'released';

type StoredOutcome = Extract<AppendResult, { result: 'appended' }> | 'outbox-full' | 'outbox-failed';

export class Appender {
  readonly #parts: AppenderParts;
  readonly #queue: Telling[] = [];
  readonly #coalescer: Coalescer;
  readonly #gatherer: Gatherer;
  /** Of each subject, how many of its findings are queued: its state is stored with them, not before. */
  readonly #queued = new Map<string, number>();
  #isAppending = false;
  /** Events of the next append at most: half as many each time the outbox is full, as it may have room for some of them. */
  #most = APPEND_EVENTS;
  /** Not even one event found room. */
  #isFull = false;
  /** Set while the last append failed: what waits is tried again when it fires. */
  #retry: Timer | undefined;
  #flush: Timer | undefined;
  #writtenMs: number;
  #settled: (() => void)[] = [];

  constructor(parts: AppenderParts) {
    this.#parts = parts;
    this.#coalescer = new Coalescer(parts.bounds?.coalescedBytes ?? COALESCED_BYTES);
    this.#gatherer = new Gatherer(parts, () => this.#pump());
    this.#writtenMs = parts.clock.monotonicMs();
  }

  /** Findings that wait for the outbox. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Nothing is on its way into the outbox, counted for want of room, or gathered for a digest. */
  get isIdle(): boolean {
    const waits = this.#isAppending || this.#queue.length > 0;
    return !waits && this.#coalescer.fingerprints === 0 && this.#gatherer.isEmpty;
  }

  /** What is counted by fingerprint while there is no room. */
  get coalesced(): { readonly fingerprints: number; readonly counted: number } {
    return { fingerprints: this.#coalescer.fingerprints, counted: this.#coalescer.counted };
  }

  /** Reads what an earlier process coalesced or gathered. Returns how many rows could not be read. Before `start`. */
  async load(): Promise<{ readonly skipped: number }> {
    const { outbox } = this.#parts;
    const coalesced = this.#coalescer.load(await outbox.loadState(COALESCED_SPACE));
    const gathered = this.#gatherer.load(await outbox.loadState(DIGEST_SPACE));
    return { skipped: coalesced.skipped + gathered.skipped };
  }

  /** Decides at once whether the candidate is told; if so, it is remembered as told and waits for its append. */
  add(candidate: Candidate, context?: Finding['context']): void {
    const telling = decideTelling(candidate, this.#parts, context);
    if (telling === undefined || this.#isCoalesced(telling)) return;
    this.#queue.push({ ...telling, isGathered: this.#gatherer.takes(telling.finding, telling.event) });
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
    this.#pump();
  }

  /** Tries once more to store what waits, and stops all timers. What is not stored then shows again after the next start. */
  async stop(): Promise<void> {
    this.#flush?.cancel();
    this.#flush = undefined;
    this.#cancelRetry();
    this.#gatherer.flush();
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
    const isEmpty = this.#queue.length === 0 && this.#coalescer.fingerprints === 0 && !this.#gatherer.isDue;
    return !this.#isAppending && (isEmpty || this.#retry !== undefined);
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
    if (this.#isAppending || this.#retry !== undefined) return;
    if (this.#queue.length > 0) this.#giveBackLost();
    this.#gatherer.hurry(closedBy(this.#queue.slice(0, this.#most)));
    if (this.#gatherer.isDue) void this.#tellDigest();
    else if (this.#queue.length > 0) void this.#append();
    else if (this.#coalescer.fingerprints > 0) void this.#release();
  }

  /** Whether it went where findings go while the outbox is full. */
  #isCoalesced({ event, candidate, finding, before }: Telling): boolean {
    const isCrowded = this.#isFull && this.#queue.length >= (this.#parts.bounds?.held ?? FINDINGS_HELD);
    if (!isCrowded && !this.#coalescer.holds(event)) return false;
    const result = this.#coalescer.offer(event, candidate.subject, before);
    if (result === 'no-room') return false;
    this.#parts.observer.decided({ finding, stage: 'append', decision: 'coalesce', reason: result });
    if (result !== 'already-kept') this.#parts.onOutcome('coalesced', candidate);
    return true;
  }

  /** Never rejects. Called with `isTelling` just asked; the outbox is called before anything else can run. */
  async #append(): Promise<void> {
    this.#isAppending = true;
    const batch = this.#take();
    const { events, gathered } = partsOf(batch, this.#isFull);
    const writes = [...this.#stateWrites(), ...writesOf(gathered)];
    const outcome = await this.#store(events, writes, batch.length);
    if (typeof outcome === 'object') this.#gatherer.gathered(gathered);
    if (outcome === 'outbox-full' && batch.length <= 1) await this.#keepCoalesced();
    this.#isAppending = false;
    if (typeof outcome === 'object') this.#stored(batch, outcome);
    else this.#notStored(batch, writes, outcome);
    this.#resolveIfSettled();
  }

  /** What was gathered counts as told already, by whoever led then: nobody is asked now. */
  async #tellDigest(): Promise<void> {
    const due = this.#gatherer.due(this.#most);
    if (due === undefined) return;
    this.#isAppending = true;
    const outcome = await this.#store(due.events, due.writes);
    if (outcome === 'outbox-full' && due.events.length <= 1) await this.#keepCoalesced();
    this.#isAppending = false;
    if (typeof outcome === 'object') {
      this.#gatherer.told(due);
      this.#stored([], outcome);
    } else this.#notStored([], [], outcome, due.events.length);
    this.#resolveIfSettled();
  }

  /** What was coalesced becomes events, under the ids it has. It was told by whoever led then, so nobody is asked now. */
  async #release(): Promise<void> {
    this.#isAppending = true;
    const rows = this.#coalescer.oldest(this.#most);
    const writes = [...this.#stateWrites(), ...deletions(rows)];
    const outcome = await this.#store(
      rows.map((row) => this.#eventOf(row)),
      writes,
    );
    this.#isAppending = false;
    if (typeof outcome === 'object') this.#released(rows, outcome);
    else this.#notStored([], writes, outcome, rows.length);
    this.#resolveIfSettled();
  }

  #eventOf(row: CoalescedRow): OutboxEvent {
    const { withCounts } = this.#parts;
    if (row.count === 0 || withCounts === undefined) return row.event;
    return { ...row.event, bytes: withCounts(row.event.bytes, row) };
  }

  #released(rows: readonly CoalescedRow[], { known }: Extract<StoredOutcome, object>): void {
    this.#coalescer.released(rows);
    const counted = rows.reduce((sum, row) => sum + row.count, 0);
    this.#parts.observer.stored([], known, { events: rows.length, counted });
    if (this.#coalescer.fingerprints === 0) {
      this.#unremember();
      this.#parts.onOutcome('released');
    }
    this.#pump();
  }

  /** What was only counted was not told, and is told if it still shows. */
  #unremember(): void {
    const { incidents } = this.#parts.memory;
    for (const [subject, before] of this.#coalescer.takeBefore()) {
      if (incidents.get(subject) !== undefined) incidents.set(subject, before);
    }
  }

  #stateWrites(): StateWrite[] {
    const mustWait = (subject: string): boolean => this.#queued.has(subject) || this.#coalescer.isAhead(subject);
    const isAll = this.#queue.length === 0 && this.#coalescer.fingerprints === 0 && this.#parts.isCaughtUp();
    return this.#parts.memory.takeWrites(mustWait, isAll, this.#most < APPEND_EVENTS ? this.#most : Infinity);
  }

  /** Never rejects. */
  async #store(
    events: readonly OutboxEvent[],
    writes: readonly StateWrite[],
    count = events.length,
  ): Promise<StoredOutcome> {
    const { outbox, observer } = this.#parts;
    const outcome = await outbox.append(events, writes).catch((error: unknown) => {
      observer.failed('append', error);
      return 'outbox-failed' as const;
    });
    const result = outcome === 'outbox-failed' || outcome.result === 'appended' ? outcome : 'outbox-full';
    const tried = Math.min(this.#most, count);
    this.#most = result === 'outbox-full' ? Math.max(1, tried >> 1) : Math.min(APPEND_EVENTS, this.#most * 2);
    if (typeof result === 'object') this.#isFull = false;
    return result;
  }

  /** A full outbox has room for these few: without them a crash would forget what was counted. */
  async #keepCoalesced(): Promise<void> {
    if (!this.#coalescer.hasChanges) return;
    const writes = this.#coalescer.takeWrites();
    const outcome = await this.#parts.outbox.append([], writes).catch(() => undefined);
    if (outcome?.result !== 'appended') this.#coalescer.untake(writes);
  }

  #take(): Telling[] {
    const batch = this.#queue.splice(0, this.#most);
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

  #stored(batch: readonly Telling[], { known }: Extract<StoredOutcome, object>): void {
    this.#writtenMs = this.#parts.clock.monotonicMs();
    if (batch.length > 0) {
      const told = batch.map(({ finding }) => finding);
      this.#parts.observer.stored(told, known);
    }
    this.#parts.onOutcome('stored');
    this.#pump();
  }

  /** What was too much at once is halved at once; only where not even one finds room, or the outbox failed, we wait. */
  #notStored(
    batch: readonly Telling[],
    writes: readonly StateWrite[],
    outcome: Extract<StoredOutcome, string>,
    tried = batch.length,
  ): void {
    this.#putBack(batch);
    this.#parts.memory.untake(writes);
    if (outcome === 'outbox-full' && tried > 1) {
      this.#pump();
      return;
    }
    this.#isFull = outcome === 'outbox-full';
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
    if (!this.#queue.slice(0, this.#most).some(isLost)) return;
    const { memory, giveBack } = this.#parts;
    const all = this.#queue.splice(0);
    const lost = all.filter(isLost).map(({ candidate }) => candidate);
    this.#queued.clear();
    this.#putBack(all.filter((telling) => !isLost(telling)));
    for (const { subject } of lost) memory.incidents.set(subject, undefined);
    this.#unremember();
    giveBack(lost.filter(({ finding }) => finding.type !== 'silenced'));
    this.#resolveIfSettled();
  }
}
