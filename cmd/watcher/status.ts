/** The status document, put together from what each part says of itself at the moment it is asked. */
import type { DescribedSetting } from '../../internal/config/describe.ts';
import type { PodTrace, PodTraces } from '../../internal/pipeline/trace.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import { report, type HealthSource } from '../../internal/server/health.ts';
import type {
  StatusDocument,
  StatusFailure,
  StatusSetting,
  StatusSource,
  StatusWatch,
} from '../../internal/server/status.ts';
import type { AgentConfig } from './agent-config.ts';
import type { LiveSettings } from './live-settings.ts';
import { version } from './version.ts';
import type { Cluster } from './wire-cluster.ts';

export interface StatusParts {
  readonly config: AgentConfig;
  /** The settings of this process, as they may be shown. */
  readonly described: readonly DescribedSetting[];
  readonly settings: Pick<LiveSettings, 'changed'>;
  readonly health: HealthSource;
  readonly cluster: Pick<Cluster, 'watches' | 'leadership'>;
  readonly traces: Pick<PodTraces, 'latest'>;
  readonly isTelling: () => boolean;
  readonly clock: Clock;
}

/** Enough to fill a screen; `watcher explain` knows more. */
const MOST_FAILURES = 20;
const MOST_WATCHES = 100;

export function statusOf(parts: StatusParts): StatusSource {
  const { config, health, cluster, traces, isTelling, clock } = parts;
  const time = (ms: number): string => new Date(ms).toISOString();
  const startedAt = time(clock.now());
  return () => ({
    ...{ version, cluster_id: config.clusterId, identity: cluster.leadership.describe().identity },
    ...{ started_at: startedAt, now: time(clock.now()), is_telling: isTelling() },
    health: report(health.ready()),
    ...watchesOf(cluster, clock.monotonicMs()),
    failures: traces.latest(MOST_FAILURES).flatMap(failuresOf).slice(0, MOST_FAILURES),
    settings: settingsOf(parts),
  });
}

/** What is wrong first, then the least fresh: of thousands, those are to be seen. */
function watchesOf(
  { watches }: StatusParts['cluster'],
  nowMs: number,
): Pick<StatusDocument, 'watches' | 'watches_left_out'> {
  const all = watches.describe().watches.map(({ namespace, state, pods, lastActivityMs, error }): StatusWatch => ({
    ...{ namespace, state, pods, error },
    age_seconds: lastActivityMs === undefined ? undefined : Math.round(nowMs - lastActivityMs) / 1000,
  }));
  const age = ({ error, age_seconds: seconds = Infinity }: StatusWatch): number =>
    error === undefined ? seconds : Infinity;
  const worstFirst = all.toSorted((a, b) => (age(a) === age(b) ? 0 : age(b) - age(a)));
  return { watches: worstFirst.slice(0, MOST_WATCHES), watches_left_out: Math.max(0, all.length - MOST_WATCHES) };
}

/** The failures of one pod, the latest first, each with what became of it. */
function failuresOf({ namespace, name, entries }: PodTrace): StatusFailure[] {
  const found = entries.flatMap(({ what, untilMs }) => (what.step === 'found' ? [{ ...what, untilMs }] : []));
  return found.reverse().map(({ eventId, failure, container, untilMs }) => ({
    ...{ at: new Date(untilMs).toISOString(), namespace, pod: name, container, reason: failure, event_id: eventId },
    became: becameOf(eventId, entries),
  }));
}

/** Delivered or set aside is the end of it: that it is seen again later, and not told again, is no news. */
function becameOf(eventId: string, entries: PodTrace['entries']): string {
  const about = entries.filter(({ what }) => 'eventId' in what && what.eventId === eventId);
  const inOrder = about.toSorted((a, b) => a.untilMs - b.untilMs).map(({ what }) => what);
  const last = inOrder.findLast(({ step }) => step === 'settled') ?? inOrder.at(-1);
  switch (last?.step) {
    case 'decided':
      return `${last.decision}: ${last.reason}`;
    case 'settled':
      return last.as;
    case 'stored':
      return 'stored';
    default:
      return 'found';
  }
}

/** What remote settings changed shows their value and says so. */
function settingsOf({ described, settings }: StatusParts): StatusSetting[] {
  const changed = settings.changed();
  return described.map(({ setting, shown, origin, place }) => {
    const remote = changed.get(setting.name);
    const name = `--${setting.flag}`;
    return remote === undefined
      ? { name, value: shown, from: origin, place }
      : { name, value: setting.format.show(remote), from: 'remote', place: 'remote settings of the plane' };
  });
}
