/**
 * What becomes of rows that the outbox lost to damage: their failures are remembered as told and were not, so what was
 * told is forgotten and all pods are looked at again, as far back as the plane surely remembers what it has taken.
 *
 * Promises: a loss found is made good once, also if the process dies first (the mark is stored with the loss, and goes
 * with the memory that forgot); losses that come together share one look. What does not show any more stays lost, and
 * is counted by the outbox. Which of the rows were lost isn't known: the plane tells by their ids what it has.
 */
import type { Clock, Timer } from '../platform/clock.ts';
import { LOST_LOOK_BACK_MS, LOST_TOGETHER_MS } from '../platform/limits.ts';
import { LOST_MARK, type Outbox, type StateWrite } from './outbox.ts';

type Stored = Pick<Outbox, 'append' | 'loadState'>;

/** Whether a loss is to be made good, as the outbox's state says. */
export class LostMark {
  #state: 'none' | 'due' | 'made-good' = 'none';
  readonly #unreadable: StateWrite[] = [];

  get isDue(): boolean {
    return this.#state === 'due';
  }

  /** It was made good, and the mark is still stored. */
  get hasChanges(): boolean {
    return this.#state === 'made-good';
  }

  due(): void {
    this.#state = 'due';
  }

  madeGood(): void {
    this.#state = 'made-good';
  }

  /** The outbox, with an eye on state that can't be read: such a row has no value. */
  watching(outbox: Stored): Stored {
    return {
      append: (events, state) => outbox.append(events, state),
      loadState: async (space) => {
        const stored = await outbox.loadState(space);
        for (const [key, value] of stored) {
          if (value === '') this.#unreadable.push({ space, key, value: undefined });
        }
        return stored;
      },
    };
  }

  /** After all state was loaded: what of it can't be read is removed, and marked as a loss, in one transaction. */
  async load(outbox: Stored): Promise<void> {
    if ((await outbox.loadState(LOST_MARK.space)).has(LOST_MARK.key)) this.due();
    const unreadable = this.#unreadable.splice(0);
    if (unreadable.length === 0) return;
    this.due();
    // Not stored, it is all found again at the next start.
    await outbox.append([], [...unreadable, { ...LOST_MARK, value: '1' }]).catch(() => undefined);
  }

  /** `isAllStored`: what goes with this append is the last of the memory that forgot, and of what was told since. */
  takeWrites(isAllStored: boolean): StateWrite[] {
    if (this.#state !== 'made-good' || !isAllStored) return [];
    this.#state = 'none';
    return [{ ...LOST_MARK, value: undefined }];
  }

  /** The writes were not stored. */
  untake(writes: readonly StateWrite[]): void {
    if (this.#state === 'none' && writes.some(({ space }) => space === LOST_MARK.space)) this.madeGood();
  }
}

export interface LostLookParts {
  readonly clock: Clock;
  readonly outbox: Pick<Outbox, 'onLost'>;
  readonly mark: Pick<LostMark, 'isDue' | 'due' | 'madeGood'>;
  /** Whether all pods are known, may be told of, and would get into the outbox. */
  readonly mayLook: () => boolean;
  /** Forgets what was told, and looks at all pods for what happened since then. */
  readonly look: (sinceMs: number) => void;
}

/** When to look for what was lost. */
export class LostLook {
  readonly #parts: LostLookParts;
  #timer: Timer | undefined;
  #stopListening: (() => void) | undefined;

  constructor(parts: LostLookParts) {
    this.#parts = parts;
  }

  /** Begins to hear of losses. Ends with `stop`. */
  start(): void {
    this.#stopListening ??= this.#parts.outbox.onLost(() => this.#lost());
  }

  /** Looks now if there is something to look for, unless more of it is waited for, or it has to wait. */
  check(): void {
    const { mark, mayLook, look, clock } = this.#parts;
    if (!mark.isDue || this.#timer !== undefined || !mayLook()) return;
    mark.madeGood();
    look(clock.now() - LOST_LOOK_BACK_MS);
  }

  stop(): void {
    this.#stopListening?.();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #lost(): void {
    this.#parts.mark.due();
    this.#timer ??= this.#parts.clock.setTimer(LOST_TOGETHER_MS, () => {
      this.#timer = undefined;
      this.check();
    });
  }
}
