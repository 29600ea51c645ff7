/** One process of the agent in a world of replays: from the bytes of the watch to an outbox that only takes. */
import { PodStore } from '../../internal/kubernetes/pod-store.ts';
import type { PodReading } from '../../internal/kubernetes/pod-reading.ts';
import { Reflector } from '../../internal/kubernetes/reflector.ts';
import { podResource } from '../../internal/kubernetes/resource-pods.ts';
import type { WireFormat } from '../../internal/kubernetes/resource.ts';
import { UP_TO_DATE, type Behind } from '../../internal/pipeline/up-to-date.ts';
import { silentLogger } from '../../internal/platform/log.ts';
import type { ManualClock } from './manual-clock.ts';
import { PipelineRig, type ScriptedOutbox } from './pipeline-rig.ts';
import type { PodServer } from './pod-server.ts';

export interface ReplicaOptions {
  readonly format?: WireFormat;
  readonly cooldownMs?: number;
  /** All where absent. */
  readonly enabledReasons?: readonly string[];
}

/** A later one may have its outbox. */
export class Replica {
  readonly rig: PipelineRig;
  readonly outbox: ScriptedOutbox;
  readonly #reflector: Reflector<PodReading>;

  constructor(server: PodServer, clock: ManualClock, options: ReplicaOptions, outbox: ScriptedOutbox) {
    const { cooldownMs: dedupCooldownMs = 180_000, format = 'json', enabledReasons = ['*'] } = options;
    this.outbox = outbox;
    const settings = { enabledReasons, eventTypes: ['resolved'] as const, dedupCooldownMs };
    const behind = (): Behind => (this.#reflector.state.kind === 'Watching' ? UP_TO_DATE : new Set(['']));
    this.rig = new PipelineRig({ outbox, clock, settings, behind, listPods: () => store.loudPods() });
    const { pipeline } = this.rig;
    const store = new PodStore({
      onChange: (change) => pipeline.process(change),
      onSynced: (cause) => {
        if (cause === 'initial') pipeline.synced();
      },
    });
    this.#reflector = new Reflector({
      ...{ resource: podResource(store), sink: store, transport: server, clock, logger: silentLogger() },
      random: { next: () => 0, hex: () => '' },
      limits: { streamingList: 'never', format },
    });
  }

  async start(isTelling: boolean): Promise<this> {
    this.rig.isTelling = isTelling;
    await this.rig.pipeline.load();
    this.#reflector.start();
    return this;
  }

  /** Dies without a word: what was not stored is lost. */
  async kill(): Promise<void> {
    this.rig.isTelling = false;
    await this.stop();
  }

  async stop(): Promise<void> {
    await this.#reflector.stop();
    await this.rig.pipeline.stop();
  }
}
