/**
 * All that the pipeline remembers of pods, and its share of the outbox's state: restart counts (detect), incidents
 * (dedupe), what was silenced, and until when it watched. One scale of time for all of it: the wall clock at start, moved on by the
 * monotonic clock, so that setting the machine's clock neither stretches nor cuts a cooldown.
 */
import type { Clock } from '../platform/clock.ts';
import { GONE_POD_KEPT_MS, PODS_REMEMBERED, SILENCES_KEPT } from '../platform/limits.ts';
import { decodeMemory, encodeMemory, withUnseen, type PodMemory } from './detect-memory.ts';
import type { Finding } from './finding.ts';
import { withoutTold, type Incidents } from './incidents.ts';
import { decodeIncidents, encodeIncidents } from './incidents-codec.ts';
import type { Outbox, StateWrite } from './outbox.ts';
import { LostMark } from './pipeline-lost.ts';
import { decodeTally, encodeTally, SILENCES_SPACE } from './silence-tally.ts';
import type { SilenceTally } from './silenced.ts';
import { SubjectMap } from './subject-map.ts';

/** Space and key of the note that says until when all that an agent with this outbox saw was stored. */
const NOTES = 'pipeline';
const WATCHED_UNTIL = 'watched-until-ms';

export class PipelineMemory {
  readonly restarts: SubjectMap<PodMemory>;
  readonly incidents: SubjectMap<Incidents>;
  /** By the silence's key (silence-tally.ts). */
  readonly silences: SubjectMap<SilenceTally>;
  /** Whether rows of the outbox are lost. */
  readonly lost = new LostMark();
  readonly #clock: Clock;
  readonly #offsetMs: number;
  /** Loaded and not seen since: their pods may be gone. */
  readonly #unconfirmed = new Set<string>();
  /** Of subjects with trouble that this process saw, the namespace. */
  readonly #namespaces = new Map<string, string>();
  #watchedUntilMs: number | undefined;
  /** The note as it is written, and as it was before; until it was caught up with for the first time, when it began. */
  #noteMs: number;
  #noteBeforeMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offsetMs = clock.now() - clock.monotonicMs();
    this.#noteMs = this.#noteBeforeMs = clock.now();
    const bounds = { limit: PODS_REMEMBERED, goneKeptMs: GONE_POD_KEPT_MS };
    this.restarts = new SubjectMap({ ...bounds, space: 'restarts', encode: encodeMemory, decode: decodeMemory });
    this.incidents = new SubjectMap({
      ...bounds,
      space: 'dedupe',
      encode: encodeIncidents,
      decode: (text) => decodeIncidents(text, this.nowMs()),
    });
    const ofSilences = { space: SILENCES_SPACE, encode: encodeTally, decode: decodeTally };
    this.silences = new SubjectMap({ ...bounds, ...ofSilences, limit: SILENCES_KEPT });
  }

  /** Ms on the scale of what is remembered; looks like the wall clock's, never jumps. */
  nowMs(): number {
    return this.#clock.monotonicMs() + this.#offsetMs;
  }

  /** Until when an agent with this outbox last watched; undefined where none ever noted it. */
  get watchedUntilMs(): number | undefined {
    return this.#watchedUntilMs;
  }

  get hasChanges(): boolean {
    return [this.restarts, this.incidents, this.silences, this.lost].some(({ hasChanges }) => hasChanges);
  }

  /** Entries given up for lack of room: restart counts of such a pod begin anew, and so may its incidents. */
  get evicted(): number {
    return this.restarts.evicted + this.incidents.evicted;
  }

  /** Reads what was stored. Returns how many entries could not be read and were skipped. */
  async load(outbox: Pick<Outbox, 'loadState'>): Promise<{ readonly skipped: number }> {
    const restarts = this.restarts.load(await outbox.loadState(this.restarts.space));
    const incidents = this.incidents.load(await outbox.loadState(this.incidents.space));
    const silences = this.silences.load(await outbox.loadState(this.silences.space));
    for (const known of [this.restarts, this.incidents]) {
      for (const subject of known.subjects()) this.#unconfirmed.add(subject);
    }
    const noted = Number((await outbox.loadState(NOTES)).get(WATCHED_UNTIL));
    if (Number.isFinite(noted) && noted > 0) {
      this.#watchedUntilMs = this.#noteMs = this.#noteBeforeMs = Math.min(noted, this.#clock.now());
    }
    return { skipped: restarts.skipped + incidents.skipped + silences.skipped };
  }

  /** What was told may be lost: it counts as not told. */
  forgetTold(): void {
    for (const subject of [...this.incidents.subjects()]) {
      const known = this.incidents.get(subject);
      if (known !== undefined) this.incidents.set(subject, withoutTold(known));
    }
  }

  /** The subject has trouble, and where it is. */
  note(subject: string, namespace: string): void {
    this.#namespaces.set(subject, namespace);
  }

  /** Nobody is told of the finding: the restarts nobody saw before it go with the next one of its container. */
  keepUnseen({ restartsUnseen, container }: Finding, subject: string): void {
    const known = this.restarts.get(subject);
    if (restartsUnseen === 0 || container === undefined || known === undefined) return;
    const since = known.get(container.name)?.unseen ?? 0;
    this.restarts.set(subject, withUnseen(known, container.name, since + restartsUnseen));
  }

  here(subject: string): void {
    this.#unconfirmed.delete(subject);
    this.restarts.here(subject);
    this.incidents.here(subject);
  }

  gone(subject: string): void {
    const nowMs = this.nowMs();
    this.restarts.gone(subject, nowMs);
    this.incidents.gone(subject, nowMs);
  }

  /** All pods of the namespace are gone from the scope. */
  left(namespace: string): void {
    for (const [subject, where] of this.#namespaces) if (where === namespace) this.gone(subject);
  }

  sweep(): void {
    const nowMs = this.nowMs();
    this.restarts.sweep(nowMs);
    this.incidents.sweep(nowMs);
    if (this.#namespaces.size > this.restarts.size + this.incidents.size) this.#forgetNamespaces();
  }

  #forgetNamespaces(): void {
    for (const subject of this.#namespaces.keys()) {
      if (!this.#remembers(subject)) this.#namespaces.delete(subject);
    }
  }

  #remembers(subject: string): boolean {
    return this.restarts.get(subject) !== undefined || this.incidents.get(subject) !== undefined;
  }

  /** Everything there is has been seen: whatever was loaded and not seen belongs to pods that are gone. */
  confirmed(): void {
    for (const subject of this.#unconfirmed) this.gone(subject);
    this.#unconfirmed.clear();
  }

  /**
   * What is to be stored with the next append, with the note that we watch. `isCaughtUp`: with that append all that was
   * seen is stored. Otherwise the note stays where it was, so that an agent killed now looks back as far as needed.
   */
  takeWrites(mustWait: (subject: string) => boolean, isCaughtUp: boolean, most = Infinity): StateWrite[] {
    this.#noteBeforeMs = this.#noteMs;
    if (isCaughtUp) this.#noteMs = this.#clock.now();
    const note = { space: NOTES, key: WATCHED_UNTIL, value: String(this.#noteMs) };
    const changed = [this.restarts, this.incidents, this.silences].flatMap((map) => map.takeWrites(mustWait, most));
    const isAll = isCaughtUp && !this.restarts.hasChanges && !this.incidents.hasChanges;
    return [...changed, note, ...this.lost.takeWrites(isAll)];
  }

  untake(writes: readonly StateWrite[]): void {
    this.#noteMs = this.#noteBeforeMs;
    this.restarts.untake(writes);
    this.incidents.untake(writes);
    this.silences.untake(writes);
    this.lost.untake(writes);
  }
}
