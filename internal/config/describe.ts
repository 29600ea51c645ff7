/**
 * The configuration as it may be shown: each setting's value as text, with the part that may hold a credential left out,
 * and where it comes from. What `watcher config print`, the log at start and the status page show.
 */
import { REDACTED } from '../platform/secret.ts';
import type { Loaded } from './load.ts';
import type { Origin } from './problems.ts';
import { settings, type NamedSetting } from './schema.ts';

export interface DescribedSetting {
  readonly setting: NamedSetting;
  /** '' where nothing is set. */
  readonly shown: string;
  readonly isSet: boolean;
  /** True where `shown` leaves something out. */
  readonly isRedacted: boolean;
  readonly origin: Origin;
  readonly place: string;
}

/** Every setting, in the order of the help. */
export function describeConfig({ config, origins, places }: Loaded): DescribedSetting[] {
  return settings.map((setting) => {
    const value = config[setting.name];
    const shown = setting.format.show(value);
    return {
      setting,
      shown,
      isSet: value !== undefined && shown !== '',
      isRedacted: shown.includes(REDACTED),
      origin: origins[setting.name],
      place: places[setting.name],
    };
  });
}
