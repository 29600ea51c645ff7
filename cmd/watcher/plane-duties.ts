/**
 * What the agent owes the plane beside failures: it enrols, reads its remote settings, says that it is alive, and what is
 * open. None of these holds up the telling of failures, and none ends by failing.
 */
import type { AdjustableSettings } from '../../internal/config/remote-keys.ts';
import type { Outbox } from '../../internal/pipeline/outbox.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import { CodedError } from '../../internal/platform/errors.ts';
import type { Logger } from '../../internal/platform/log.ts';
import type { Random } from '../../internal/platform/random.ts';
import { startEnrolment, type Enrolment, type EnrolmentState } from '../../internal/restate/enroll.ts';
import { startHeartbeat, type HeartbeatFacts, type HeartbeatSender } from '../../internal/restate/heartbeat.ts';
import { startOpenIncidents, type OpenIncidentsOptions } from '../../internal/restate/open-incidents-duty.ts';
import type { PlaneObserver } from '../../internal/restate/plane-observer.ts';
import {
  startRemoteSettings,
  type RemoteSettings,
  type SettingsStore,
} from '../../internal/restate/remote-settings.ts';
import type { AgentConfig } from './agent-config.ts';
import type { LiveSettings } from './live-settings.ts';
import { version } from './version.ts';
import type { Plane } from './wire-plane.ts';

export interface DutyParts {
  readonly plane: Plane;
  readonly settings: LiveSettings;
  readonly outbox: Outbox;
  /** uid of the namespace kube-system; undefined where it can't be had. */
  readonly clusterUid: () => Promise<string | undefined>;
  readonly sender: HeartbeatSender;
  readonly facts: () => HeartbeatFacts;
  readonly open: Pick<OpenIncidentsOptions, 'term' | 'collect'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer: PlaneObserver;
  readonly onEnrolled: () => void;
}

/** The settings' last good answer lives beside the events, so that one file holds all that survives a restart. */
function settingsStore(outbox: Outbox): SettingsStore {
  return {
    load: async () => (await outbox.loadState('settings')).get('remote'),
    save: async (value) => {
      const { result } = await outbox.append([], [{ space: 'settings', key: 'remote', value }]);
      if (result === 'full') throw new CodedError('OUTBOX_FULL', 'no room for the remote settings');
    },
  };
}

export class PlaneDuties {
  readonly #config: AgentConfig;
  readonly #parts: DutyParts;
  #settings: RemoteSettings | undefined;
  #enrolment: Enrolment | undefined;
  #heartbeat: { stop(): Promise<void> } | undefined;
  #open: { stop(): Promise<void> } | undefined;
  #isStopped = false;

  constructor(config: AgentConfig, parts: DutyParts) {
    this.#config = config;
    this.#parts = parts;
  }

  /** Resolves once the settings that the last run kept are in force; the rest goes on behind. */
  async start(): Promise<void> {
    const { plane, settings, outbox, clock, random, logger, observer } = this.#parts;
    this.#settings = startRemoteSettings<Partial<AdjustableSettings>>({
      ...{ clock, random, logger, observer },
      fetch: plane.fetchSettings,
      parse: (json) => settings.parse(json),
      apply: (remote) => settings.apply(remote),
      inForce: () => settings.current(),
      store: settingsStore(outbox),
      everyMs: this.#config.remoteConfigFetchMs,
    });
    await this.#settings.restored;
    if (this.#config.dryRun) this.#settings.fetchNow();
    else void this.#enrol();
  }

  enrolment(): EnrolmentState | { readonly kind: 'dry-run' } {
    if (this.#config.dryRun) return { kind: 'dry-run' };
    return this.#enrolment?.state() ?? { kind: 'not-enrolled', attempts: 0, lastError: undefined };
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all([this.#settings?.stop(), this.#enrolment?.stop(), this.#heartbeat?.stop(), this.#open?.stop()]);
  }

  async #enrol(): Promise<void> {
    const { plane, clusterUid, sender, facts, open, clock, random, logger, onEnrolled } = this.#parts;
    const uid = await clusterUid();
    if (this.#isStopped) return;
    const known = {
      client: plane.client,
      clusterId: this.#config.clusterId,
      agentVersion: version,
      clock,
      random,
      logger,
    };
    this.#enrolment = startEnrolment({
      ...known,
      clusterUid: uid,
      onEnrolled: () => {
        onEnrolled();
        this.#settings?.fetchNow();
        this.#heartbeat ??= startHeartbeat({ ...known, facts, sender, everyMs: this.#config.heartbeatIntervalMs });
        this.#open ??= startOpenIncidents({ ...known, ...open });
      },
    });
  }
}
