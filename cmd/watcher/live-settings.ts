/**
 * The settings in force: the local ones, changed by what the plane says, less what is pinned. Every part that uses them
 * asks here at each use, so that a change takes hold without a restart.
 */
import {
  effectiveSettings,
  readRemoteSettings,
  type RemoteNote,
  type RemoteNoteReason,
} from '../../internal/config/remote.ts';
import type { AdjustableName, AdjustableSettings } from '../../internal/config/remote-keys.ts';
import type { Config } from '../../internal/config/schema.ts';
import { knownReasons } from '../../internal/pipeline/reasons.ts';
import type { PipelineSettings, SettingsSource } from '../../internal/pipeline/settings.ts';
import { CodedError } from '../../internal/platform/errors.ts';
import type { Logger } from '../../internal/platform/log.ts';

/** Wire types a plane may ask for in `event_types`, beside failure and ongoing, which every plane gets. */
const EVENT_TYPES = ['failure', 'ongoing', 'resolved', 'digest', 'silenced'];

export class LiveSettings implements SettingsSource {
  readonly #local: PipelineSettings;
  readonly #pins: readonly string[];
  readonly #logger: Logger;
  #current: PipelineSettings;
  /** The last good word of the plane on each setting. */
  #remote: Partial<AdjustableSettings> = {};
  #changedBy: 'local' | 'remote' = 'local';

  constructor(config: Config, logger: Logger) {
    this.#local = localSettings(config);
    this.#current = this.#local;
    this.#pins = config.pin;
    this.#logger = logger;
  }

  current(): PipelineSettings {
    return this.#current;
  }

  /** What remote settings changed, by name, with the value in force. */
  changed(): ReadonlyMap<string, unknown> {
    const local = new Map<string, unknown>(Object.entries(this.#local));
    return new Map(Object.entries(this.#current).filter(([name, value]) => value !== local.get(name)));
  }

  /** For readiness and status: what is in force and who said so. */
  describe(): { readonly from: 'local' | 'remote'; readonly settings: PipelineSettings } {
    return { from: this.#changedBy, settings: this.#current };
  }

  /**
   * Checks an answer of the plane; of what it says but can't mean, the last good word stands. Throws
   * REMOTE_SETTINGS_INVALID where nothing of it can be used.
   */
  parse(json: unknown): Partial<AdjustableSettings> {
    const vocabulary = { reasons: [...knownReasons], eventTypes: EVENT_TYPES };
    const { settings, unusable, notes } = readRemoteSettings(json, vocabulary);
    this.#log(notes);
    const kept = Object.entries(this.#remote).filter(([name]) => unusable.includes(name as AdjustableName));
    return { ...settings, ...Object.fromEntries(kept) };
  }

  apply(remote: Partial<AdjustableSettings>): void {
    const { settings, notes } = effectiveSettings(this.#local, remote, this.#pins);
    this.#log(notes);
    this.#current = settings;
    this.#remote = remote;
    this.#changedBy = 'remote';
  }

  #log(notes: readonly RemoteNote[]): void {
    for (const { reason, names, count } of notes) {
      this.#logger[reason === 'pinned' ? 'debug' : 'warn'](
        { reason, names, count, ...troubleOf(reason, names) },
        'part of the remote settings not taken',
      );
    }
  }
}

/** What is wrong with a silence has a remedy of its own. */
function troubleOf(reason: RemoteNoteReason, names: readonly string[]): { readonly err: CodedError } {
  const code = reason === 'invalid-silence' ? 'SILENCE_INVALID' : 'REMOTE_SETTINGS_PARTLY';
  return { err: new CodedError(code, names.join('; ')) };
}

function localSettings(config: Config): PipelineSettings {
  const { dedupCooldownMs, batchSize, batchFlushMs, enabledReasons, minimumSeverity } = config;
  const { stuckPendingAfterMs, unschedulableAfterMs, schedulingGatedAfterMs, stuckCreatingAfterMs } = config;
  const { stuckInitAfterMs, notReadyAfterMs, stuckTerminatingAfterMs, nodeNotReadyAfterMs, resolvedAfterMs } = config;
  const { digestThreshold, digestWindowMs } = config;
  const { silenceAnnotations, silenceMaxMs } = config;
  const { ignoreNamespaces, ignoreLabels, ignoreSelectors, ignoreWorkloads, ignoreReasons, ignoreMessages } = config;
  return {
    ...{ dedupCooldownMs, batchSize, batchFlushMs, enabledReasons, minimumSeverity, eventTypes: [] },
    ...{ stuckPendingAfterMs, unschedulableAfterMs, schedulingGatedAfterMs, stuckCreatingAfterMs },
    ...{ stuckInitAfterMs, notReadyAfterMs, stuckTerminatingAfterMs, nodeNotReadyAfterMs, resolvedAfterMs },
    ...{ digestThreshold, digestWindowMs, silenceAnnotations, silenceMaxMs },
    ...{ ignoreNamespaces, ignoreLabels, ignoreSelectors, ignoreWorkloads, ignoreReasons, ignoreMessages },
  };
}
