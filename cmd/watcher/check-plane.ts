/**
 * Whether the plane answers for this cluster: by reading its remote settings, as the agent does every few minutes, which
 * changes nothing there. It shows name, port, TLS, credentials, and that the services are registered; not that an event is
 * taken, for which there is `watcher test-event`.
 */
import type { AgentConfig } from './agent-config.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import { spanText } from '../../internal/platform/table.ts';
import { outcomeOf } from '../../internal/restate/outcome.ts';
import { planeProblem } from '../../internal/restate/plane-problem.ts';
import { settingsFromPlane, type FetchSettings } from '../../internal/restate/settings-source.ts';
import { failed, works, type CheckRow } from './check-row.ts';
import type { Plane } from './wire-plane.ts';

/** Never rejects. A row for the plane, and one for where remote settings are read, if that is elsewhere. */
export async function checkPlane(
  config: AgentConfig,
  plane: Plane,
  clock: Clock,
  signal: AbortSignal,
): Promise<CheckRow[]> {
  const ask = async (what: string, where: string, fetch: FetchSettings, isPlane: boolean): Promise<CheckRow> => {
    const sentMs = clock.monotonicMs();
    const outcome = outcomeOf(await fetch(signal), clock.now(), isPlane ? 'plane' : 'anybody');
    const took = spanText(clock.monotonicMs() - sentMs);
    if (outcome.kind === 'accepted') return works(what, `${where} answered after ${took}`);
    return failed(what, isPlane ? 'missing' : 'degraded', planeProblem(outcome));
  };
  const rows = [await ask('plane', config.restateUrl, settingsFromPlane(plane.client, config.clusterId), true)];
  if (config.remoteConfigUrl !== undefined) {
    rows.push(await ask('remote settings', 'the URL of --remote-config-url', plane.fetchSettings, false));
  }
  return rows;
}
