/** What was injected against what shows at the plane. Pure. */
import type { ScenarioRow } from './scenario.ts';

export type Tally = Pick<ScenarioRow, 'failuresInjected' | 'lost' | 'doubled' | 'unknown'>;

/** `seen` in the order and as often as it took effect; `setAside` is kept on purpose, with a reason and a count. */
export function tally(injected: readonly string[], seen: readonly string[], setAside: readonly string[] = []): Tally {
  const times = new Map<string, number>();
  for (const id of seen) times.set(id, (times.get(id) ?? 0) + 1);
  const known = new Set(injected);
  const kept = new Set(setAside);
  return {
    failuresInjected: known.size,
    lost: [...known].filter((id) => !times.has(id) && !kept.has(id)).length,
    doubled: [...times.values()].filter((count) => count > 1).length,
    unknown: [...times.keys()].filter((id) => !known.has(id)).length,
  };
}

export function addTallies(tallies: readonly Tally[]): Tally {
  const sum = (field: keyof Tally): number => tallies.reduce((total, one) => total + one[field], 0);
  return {
    failuresInjected: sum('failuresInjected'),
    lost: sum('lost'),
    doubled: sum('doubled'),
    unknown: sum('unknown'),
  };
}
