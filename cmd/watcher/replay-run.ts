/**
 * A recording, told again through the real store and pipeline, in its own time: a clock that the recording drives, an
 * outbox that only takes, and every decision handed on. What the agent would have done then is what comes out.
 */
import { PodStore } from '../../internal/kubernetes/pod-store.ts';
import { readPodJson } from '../../internal/kubernetes/pod-facts-json.ts';
import type { PodReading } from '../../internal/kubernetes/pod-reading.ts';
import type { RecordedEvent } from '../../internal/kubernetes/recording.ts';
import type { SinkCause } from '../../internal/kubernetes/reflector-types.ts';
import type { OutboxEvent } from '../../internal/pipeline/outbox.ts';
import type { PipelineObserver } from '../../internal/pipeline/pipeline-observer.ts';
import type { PipelineParts } from '../../internal/pipeline/pipeline-parts.ts';
import { Pipeline } from '../../internal/pipeline/pipeline.ts';
import type { SettingsSource } from '../../internal/pipeline/settings.ts';
import { DrivenClock } from '../../internal/platform/driven-clock.ts';
import { CodedError } from '../../internal/platform/errors.ts';
import { objectTimeMs } from './replay-time.ts';

export interface ReplayOptions {
  readonly clusterId: string;
  readonly settings: SettingsSource;
  readonly lookBackMs: number;
  readonly encode: PipelineParts['encode'];
  /** Told every decision; `nowMs` is the recording's time. */
  readonly observer: (nowMs: () => number) => PipelineObserver;
}

/** How the recording says what was there at its start. */
type Stage =
  | { readonly kind: 'unlisted'; readonly early: PodReading[]; latestMs: number }
  | { readonly kind: 'listing'; readonly cause: 'initial' | 'relist' }
  | { readonly kind: 'watching' };

export class Replay {
  readonly #options: ReplayOptions;
  readonly #store: PodStore;
  readonly #stored = new Set<string>();
  #clock: DrivenClock | undefined;
  #pipeline: Pipeline | undefined;
  #stage: Stage = { kind: 'unlisted', early: [], latestMs: 0 };
  #hasListed = false;
  /** Objects that were no pods, and pods that could not be read. */
  readonly passedOver = { other: 0, unreadable: 0 };

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#store = new PodStore({
      onChange: (change) => this.#pipeline?.process(change),
      onSynced: () => this.#pipeline?.synced(),
    });
  }

  /** Takes one event; resolves when all that follows from it has been decided. */
  async take(event: RecordedEvent): Promise<void> {
    switch (event.kind) {
      case 'other':
        this.passedOver.other++;
        return;
      case 'listing':
        await this.#moveTo(event.atMs);
        this.#list(this.#hasListed ? 'relist' : 'initial');
        return;
      case 'synced':
        await this.#moveTo(event.atMs);
        this.#listed();
        return;
      case 'pod':
        return this.#takePod(event);
    }
  }

  /** Lets `afterMs` more pass, so that what takes time to show does, and ends. */
  async end(afterMs: number): Promise<void> {
    if (this.#stage.kind === 'unlisted') await this.#tellEarly(this.#stage);
    await this.#clock?.advance(afterMs);
    await this.#pipeline?.stop();
  }

  async #takePod({ type, object, atMs }: Extract<RecordedEvent, { kind: 'pod' }>): Promise<void> {
    const reading = readPodJson(object);
    if (reading instanceof CodedError) {
      this.passedOver.unreadable++;
      return;
    }
    const timeMs = atMs === 0 ? objectTimeMs(object) : atMs;
    const stage = this.#stage;
    if (stage.kind === 'unlisted' && type === 'ADDED') {
      stage.early.push(reading);
      stage.latestMs = Math.max(stage.latestMs, timeMs);
      return;
    }
    if (stage.kind === 'unlisted') await this.#tellEarly(stage);
    await this.#moveTo(timeMs);
    const cause: SinkCause = this.#stage.kind === 'listing' ? this.#stage.cause : 'watch';
    if (type === 'DELETED') this.#store.remove(reading, cause);
    else this.#store.upsert(reading, cause);
    await this.#clock?.advance(0);
  }

  /** Without a list, the pods that came first are what was there when the recording began. */
  async #tellEarly({ early, latestMs }: Extract<Stage, { kind: 'unlisted' }>): Promise<void> {
    await this.#moveTo(latestMs);
    this.#list('initial');
    for (const reading of early) this.#store.upsert(reading, 'initial');
    this.#listed();
    await this.#clock?.advance(0);
  }

  #list(cause: 'initial' | 'relist'): void {
    this.#stage = { kind: 'listing', cause };
    this.#store.listing();
  }

  #listed(): void {
    const cause = this.#hasListed ? 'relist' : 'initial';
    this.#hasListed = true;
    this.#stage = { kind: 'watching' };
    this.#store.synced('', cause);
  }

  /** Time never goes back: what is dated earlier than what came before happens now. */
  async #moveTo(timeMs: number): Promise<void> {
    if (this.#clock === undefined) {
      this.#clock = new DrivenClock(timeMs);
      this.#pipeline = this.#newPipeline(this.#clock);
      await this.#pipeline.load();
    }
    await this.#clock.advance(Math.max(0, timeMs - this.#clock.now()));
  }

  #newPipeline(clock: DrivenClock): Pipeline {
    const { clusterId, settings, lookBackMs, encode, observer } = this.#options;
    return new Pipeline({
      ...{ clusterId, settings, clock, lookBackMs, encode },
      outbox: {
        append: (events) => Promise.resolve(this.#append(events)),
        loadState: () => Promise.resolve(new Map()),
      },
      isTelling: () => true,
      observer: observer(() => clock.now()),
      pods: () => this.#store.loudPods(),
    });
  }

  #append(events: readonly OutboxEvent[]): { result: 'appended'; appended: number; known: number } {
    const before = this.#stored.size;
    for (const { eventId } of events) this.#stored.add(eventId);
    const appended = this.#stored.size - before;
    return { result: 'appended', appended, known: events.length - appended };
  }
}
