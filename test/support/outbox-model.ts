/**
 * The outbox as it should be, in its simplest form, and the real one beside it: what a model test compares.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FrozenBatch, Outbox } from '../../internal/pipeline/outbox.ts';
import { openSqliteOutbox } from '../../internal/pipeline/outbox-sqlite.ts';
import { silentLogger } from '../../internal/platform/log.ts';
import { readImage, tornState, writeImage, type DiskImage } from './faulty-disk.ts';
import { ManualClock } from './manual-clock.ts';
import { idsInBody } from './outbox-event.ts';
import { seededRandom } from './seeded-random.ts';

/** What is stored, in order, with the pod of each; and what is in quarantine. */
export interface Model {
  pending: { readonly id: string; readonly pod: string }[];
  quarantined: string[];
  nextId: number;
}

export function emptyModel(): Model {
  return { pending: [], quarantined: [], nextId: 1 };
}

export function copyModel(model: Model): Model {
  return { pending: [...model.pending], quarantined: [...model.quarantined], nextId: model.nextId };
}

/** Small, so that the log is folded into the file every few transactions. */
const QUOTA_BYTES = 2 * 1024 * 1024;

/** The real outbox with what has to be remembered of it across crashes. */
export class RealOutbox {
  readonly #root: string;
  #dir = '';
  #generation = 0;
  clock = new ManualClock();
  outbox!: Outbox;
  /** Batches handed out and not settled, since the last start. */
  inFlight: FrozenBatch[] = [];
  /** Every key ever handed out and its body: one key, one content. */
  readonly #bodies = new Map<string, string>();
  readonly #attempts = new Map<string, number>();

  private constructor(root: string) {
    this.#root = root;
  }

  static async begin(under: string): Promise<RealOutbox> {
    const real = new RealOutbox(await mkdtemp(join(under, 'outbox-model-')));
    await real.#open(join(real.#root, '0'));
    return real;
  }

  async end(): Promise<void> {
    await this.outbox.close();
    await rm(this.#root, { recursive: true, force: true });
  }

  /** How often the process has died. */
  get deaths(): number {
    return this.#generation;
  }

  image(): Promise<DiskImage> {
    return readImage(this.#dir);
  }

  /** The process dies; the disk has `image`. */
  async startFrom(image: DiskImage): Promise<void> {
    await this.outbox.close();
    const dir = join(this.#root, String(++this.#generation));
    await mkdir(dir, { mode: 0o700 });
    await writeImage(dir, image);
    await this.#open(dir);
  }

  /** The process dies while `operation` is written: the disk has some of its writes. */
  async crashDuring(operation: () => Promise<unknown>, seed: number): Promise<void> {
    const before = await this.image();
    await operation();
    await this.startFrom(tornState(before, await this.image(), seededRandom(seed)));
  }

  async restart(): Promise<void> {
    await this.outbox.close();
    await this.#open(this.#dir);
  }

  /** Freezes, and checks what must be true of any batch. */
  async freeze(model: Model, events: number): Promise<void> {
    const batch = await this.outbox.freeze({ events, bytes: 100_000 });
    if (batch === undefined) return;
    assert.deepEqual(idsInBody(batch.body), batch.eventIds);
    this.#checkKey(batch);
    this.#checkAttempts(batch);
    this.#checkPods(model, batch);
    this.inFlight.push(batch);
  }

  /** That the store holds exactly what the model says. */
  async checkAgainst(model: Model): Promise<void> {
    const stored = (await this.outbox.list(0, 1e6)).map((listed) => listed.event.eventId);
    assert.deepEqual(
      stored,
      model.pending.map((event) => event.id),
    );
    assert.deepEqual(
      (await this.outbox.quarantined()).map((event) => event.eventId).sort(),
      [...model.quarantined].sort(),
    );
    assert.equal(this.outbox.stats().events, model.pending.length);
  }

  async #open(dir: string): Promise<void> {
    this.#dir = dir;
    this.inFlight = [];
    this.clock = new ManualClock();
    this.outbox = await openSqliteOutbox({
      ...{ dir, quotaBytes: QUOTA_BYTES, clock: this.clock, logger: silentLogger(), runsOn: 'calling' },
      onNotice: (notice) => assert.fail(JSON.stringify(notice)),
    });
  }

  #checkKey(batch: FrozenBatch): void {
    const body = new TextDecoder().decode(batch.body);
    assert.equal(this.#bodies.get(batch.idempotencyKey) ?? body, body, 'one key, two bodies');
    this.#bodies.set(batch.idempotencyKey, body);
  }

  #checkAttempts(batch: FrozenBatch): void {
    for (const id of batch.eventIds) {
      assert.ok(batch.attempts >= (this.#attempts.get(id) ?? 0), `attempts of ${id} went back to ${batch.attempts}`);
      this.#attempts.set(id, batch.attempts);
    }
  }

  #checkPods(model: Model, batch: FrozenBatch): void {
    const podOf = new Map(model.pending.map((event) => [event.id, event.pod]));
    const pods = new Set(batch.eventIds.map((id) => podOf.get(id)));
    for (const other of this.inFlight) {
      assert.ok(!other.eventIds.some((id) => pods.has(podOf.get(id))), 'two batches in flight share a pod');
    }
    for (const pod of pods) {
      const inOrder = model.pending.filter((event) => event.pod === pod).map((event) => event.id);
      const inBatch = batch.eventIds.filter((id) => podOf.get(id) === pod);
      assert.deepEqual(inBatch, inOrder.slice(0, inBatch.length), 'an event overtook an earlier one of its pod');
    }
  }
}
