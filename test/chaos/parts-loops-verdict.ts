/**
 * The verdict on pods in crash loops: what they did against what the plane holds, resolved and quiet events included. Pure.
 *
 * Each pod's first exit is there, and its incident is told once; later exits are quiet. An end is told once for an incident,
 * of what was told, and only where the pod is gone or has been well for long. No event is there twice, or is none of ours.
 */
import type { ReceivedItem } from '../../cmd/plane/project/received.ts';
import { eventId, resolvedId } from '../../internal/pipeline/identity.ts';
import { RESOLVED_AFTER_MS } from '../../internal/platform/limits.ts';
import type { SyntheticFailure } from '../support/simulated-apiserver/synthetic-fleet.ts';
import { CLUSTER_ID } from './rig.ts';
import type { ScenarioRow } from './scenario.ts';

export interface Loops {
  readonly exits: readonly SyntheticFailure[];
  /** uids of pods that were removed. */
  readonly removed: ReadonlySet<string>;
  readonly held: readonly ReceivedItem[];
}

export interface LoopsVerdict extends Pick<ScenarioRow, 'failuresInjected' | 'lost' | 'doubled' | 'unknown'> {
  /** Pods that exited. */
  readonly pods: number;
  /** Later exits that a leader told and the plane's cooldown kept quiet. */
  readonly quiet: number;
  /** Ends that were told. */
  readonly resolved: number;
}

export function judgeLoops({ exits, removed, held }: Loops): LoopsVerdict {
  const exitIds = new Set(exits.map(idOf));
  const first = new Map<string, string>();
  const lastAtMs = new Map<string, number>();
  for (const exit of exits) {
    if (!first.has(exit.uid)) first.set(exit.uid, idOf(exit));
    lastAtMs.set(exit.uid, exit.acceptedAtMs);
  }
  const failures = held.filter(({ event }) => event.type === 'failure' || event.type === 'ongoing');
  const ends = held.filter(({ event }) => event.type === 'resolved');
  const tellings = failures.filter(({ disposition }) => disposition === 'told' || disposition === 'told-escalated');
  const times = countBy(held.map(({ event }) => event.event_id));
  const toldTimes = countBy(tellings.map(({ event }) => event.pod_uid ?? ''));
  const endTimes = countBy(ends.map(({ event }) => event.pod_uid ?? ''));
  const isEnd = ({ event }: ReceivedItem): boolean => {
    const { pod_uid: uid = '', closes = [], observed_at = '' } = event;
    const isOver = removed.has(uid) || Date.parse(observed_at) - (lastAtMs.get(uid) ?? Infinity) >= RESOLVED_AFTER_MS;
    const isOfOurs = closes.every((id) => exitIds.has(id)) && closes.some((id) => resolvedId(id) === event.event_id);
    return isOver && isOfOurs && toldTimes.has(uid);
  };
  const strangers = held.length - failures.length - ends.length;
  return {
    failuresInjected: exits.length,
    lost: [...first].filter(([uid, id]) => !times.has(id) || !toldTimes.has(uid)).length,
    doubled: [times, toldTimes, endTimes].flatMap((counts) => [...counts.values()]).filter((count) => count > 1).length,
    unknown:
      strangers +
      failures.filter(({ event }) => !exitIds.has(event.event_id)).length +
      ends.filter((end) => !isEnd(end)).length,
    ...{ pods: first.size, quiet: failures.length - tellings.length, resolved: ends.length },
  };
}

function idOf({ uid, container, containerId }: SyntheticFailure): string {
  return eventId({
    ...{ clusterId: CLUSTER_ID, subject: `uid:${uid}`, container: { role: 'app', name: container } },
    occurrence: `exit:${containerId}`,
  });
}

function countBy(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
