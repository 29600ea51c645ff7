/**
 * What changed between what the old watches knew and what the new ones know of the same pods: what a relist would have
 * told. Pure but for looking at the stores. Pods there is nothing to say about, before and after, are passed over.
 */
import type { PodChange, PodFacts } from '../pipeline/pod-facts.ts';
import type { PodWatchSet } from './pod-watch-set.ts';
import { isDeletionSure } from './scope-layout.ts';

export function* handover(old: PodWatchSet, next: PodWatchSet): Generator<PodChange> {
  for (const pod of old.pods()) {
    const gone = changeOfGone(pod, next);
    if (gone !== undefined) yield gone;
  }
  for (const pod of next.pods()) {
    const change = changeOfNew(pod, old);
    if (change !== undefined) yield change;
  }
}

/**
 * Nothing is said of a pod that no new watch can have seen, nor of one there is nothing to say about any more: its facts
 * were not kept.
 */
function changeOfGone(pod: PodFacts, next: PodWatchSet): PodChange | undefined {
  const watch = next.watchOf(pod);
  if (watch === undefined || watch.get(pod.uid) !== undefined) return undefined;
  return { type: isDeletionSure(watch.target) ? 'deleted' : 'left', cause: 'relist', pod, before: pod };
}

function changeOfNew(pod: PodFacts, old: PodWatchSet): PodChange | undefined {
  const watch = old.watchOf(pod);
  if (watch === undefined) return { type: 'added', cause: 'initial', pod };
  const known = watch.get(pod.uid);
  if (known === undefined) return { type: 'added', cause: 'relist', pod };
  if (known.resourceVersion === pod.resourceVersion) return undefined;
  const before = known.facts;
  return { type: 'modified', cause: 'relist', pod, ...(before === undefined ? {} : { before }) };
}
