/**
 * A recording, told again through the real store and pipeline, in its own time: a clock that the recording drives, an
 * outbox that only takes, and every decision handed on. What the agent would have done then is what comes out.
 */
import { PodStore } from '../../internal/kubernetes/pod-store.ts';
import { readJobJson } from '../../internal/kubernetes/owner-requests.ts';
import { readPodJson } from '../../internal/kubernetes/pod-facts-json.ts';
import type { PodReading } from '../../internal/kubernetes/pod-reading.ts';
import type { RecordedEvent } from '../../internal/kubernetes/recording.ts';
import type { SinkCause } from '../../internal/kubernetes/reflector-types.ts';
import { readNodeJson, type NodeFacts } from '../../internal/kubernetes/resource-nodes.ts';
import { ResourceStore } from '../../internal/kubernetes/resource-store.ts';
import type { OutboxEvent } from '../../internal/pipeline/outbox.ts';
import { lookUpOwners, type OwnerRead } from '../../internal/pipeline/owner-lookup.ts';
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

type RecordedObject = Extract<RecordedEvent, { kind: 'object' }>;

/** How the recording says what was there at its start. */
type Stage =
  | { readonly kind: 'unlisted'; readonly early: PodReading[]; latestMs: number }
  | { readonly kind: 'listing'; readonly cause: 'initial' | 'relist' }
  | { readonly kind: 'watching' };

export class Replay {
  readonly #options: ReplayOptions;
  readonly #store: PodStore;
  readonly #nodes: ResourceStore<NodeFacts>;
  /** By uid. What is gone stays known, as it does to an agent that has read it. */
  readonly #jobs = new Map<string, OwnerRead>();
  readonly #stored = new Set<string>();
  #clock: DrivenClock | undefined;
  #pipeline: Pipeline | undefined;
  #stage: Stage = { kind: 'unlisted', early: [], latestMs: 0 };
  #hasListed = false;
  /** What is of no use here, and objects that could not be read. */
  readonly passedOver = { other: 0, unreadable: 0 };

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#store = new PodStore({
      onChange: (change) => this.#pipeline?.process(change),
      onSynced: () => this.#pipeline?.synced(),
    });
    this.#nodes = new ResourceStore((change) => this.#pipeline?.nodes.take(change));
  }

  /** Takes one event; resolves when all that follows from it has been decided. */
  async take(event: RecordedEvent): Promise<void> {
    switch (event.kind) {
      case 'other':
        this.passedOver.other++;
        return;
      case 'end':
        if (this.#stage.kind === 'unlisted') await this.#tellEarly(this.#stage);
        return this.#moveTo(event.atMs);
      case 'listing':
      case 'synced':
        await this.#moveTo(event.atMs);
        this.#takeList(event);
        return;
      case 'object':
        return event.of === 'Pod' ? this.#takePod(event) : this.#takeOther(event);
    }
  }

  /** Lets `afterMs` more pass, so that what takes time to show does, and ends. */
  async end(afterMs: number): Promise<void> {
    if (this.#stage.kind === 'unlisted') await this.#tellEarly(this.#stage);
    await this.#clock?.advance(afterMs);
    await this.#pipeline?.stop();
  }

  #takeList({ kind, of }: Extract<RecordedEvent, { kind: 'listing' | 'synced' }>): void {
    if (of === 'Node' && kind === 'listing') this.#nodes.listing();
    else if (of === 'Node') this.#nodes.synced('', 'initial');
    else if (of === 'Pod' && kind === 'listing') this.#list(this.#hasListed ? 'relist' : 'initial');
    else if (of === 'Pod') this.#listed();
  }

  async #takeOther({ of, type, object, atMs }: RecordedObject): Promise<void> {
    await this.#moveTo(atMs === 0 ? objectTimeMs(object) : atMs);
    if (of === 'Job') this.#takeJob(object);
    else this.#takeNode(type, object);
    await this.#clock?.advance(0);
  }

  #takeJob(object: unknown): void {
    const read = readJobJson(object);
    if (read instanceof CodedError) this.passedOver.unreadable++;
    else this.#jobs.set(read.uid, read);
  }

  #takeNode(type: RecordedObject['type'], object: unknown): void {
    const node = readNodeJson(object);
    if (node instanceof CodedError) this.passedOver.unreadable++;
    else this.#nodes[type === 'DELETED' ? 'remove' : 'upsert'](node, 'watch');
  }

  async #takePod({ type, object, atMs }: RecordedObject): Promise<void> {
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
        onLost: () => () => undefined,
      },
      isTelling: () => true,
      observer: observer(() => clock.now()),
      pods: () => this.#store.loudPods(),
      owners: lookUpOwners({ get: (uid) => this.#jobs.get(uid), ask: () => undefined }),
    });
  }

  #append(events: readonly OutboxEvent[]): { result: 'appended'; appended: number; known: number } {
    const before = this.#stored.size;
    for (const { eventId } of events) this.#stored.add(eventId);
    const appended = this.#stored.size - before;
    return { result: 'appended', appended, known: events.length - appended };
  }
}
