/**
 * Looking a reason up: in the table where it is listed (reasons-table.ts), else by rule, so that a word which a
 * runtime or a later Kubernetes invents still finds its family. Pure; never throws, whatever the word.
 */
import { familiesTable, reasonsTable, type ReasonEntry, type SeenIn } from './reasons-table.ts';

export type { FamilyEntry, ReasonEntry, SeenIn, WaitingView } from './reasons-table.ts';

/** The families of the contract: what is enabled when nobody says otherwise. */
export const defaultEnabledReasons: readonly string[] = familiesTable
  .filter((family) => family.isDefault)
  .map((family) => family.name);

/**
 * What enabled_reasons may name: a family (all of its reasons), one reason alone, or `*`. Anything else is a mistake
 * worth a warning.
 */
export const knownReasons: ReadonlySet<string> = new Set([
  '*',
  ...familiesTable.map((family) => family.name),
  ...reasonsTable.filter((entry) => entry.family !== '').map((entry) => entry.reason),
]);

const index: Readonly<Record<SeenIn, ReadonlyMap<string, ReasonEntry>>> = {
  waiting: indexOf('waiting'),
  terminated: indexOf('terminated'),
  pod: indexOf('pod'),
  disruption: indexOf('disruption'),
  scheduling: indexOf('scheduling'),
  phase: indexOf('phase'),
  stuck: indexOf('stuck'),
  node: indexOf('node'),
};

function indexOf(seenIn: SeenIn): ReadonlyMap<string, ReasonEntry> {
  return new Map(reasonsTable.filter((entry) => entry.seenIn === seenIn).map((entry) => [entry.reason, entry]));
}

/**
 * What a container's waiting reason tells. Unknown words: `*BackOff` is a loop, and `*Error`, `Err*`, `*Failed` or
 * `Invalid*` a start that failed, unless the word speaks of images; any other word is the normal course of a start.
 */
export function waitingReason(reason: string): ReasonEntry {
  return index.waiting.get(reason) ?? unknownWaiting(reason);
}

/** What a termination's reason tells. An empty or unknown one is a plain Error; whether it failed at all is for detection. */
export function terminatedReason(reason: string): ReasonEntry {
  return index.terminated.get(reason) ?? { ...known('terminated', 'Error'), reason: reason === '' ? 'Error' : reason };
}

/** What status.reason of a failed pod tells. `OutOf*` and every other unknown word are a plain Failed. */
export function podReason(reason: string): ReasonEntry {
  const entry = index.pod.get(reason);
  if (entry !== undefined) return entry;
  if (reason.startsWith('OutOf')) return { ...known('pod', 'OutOfcpu'), reason, hint: OUT_OF_HINT };
  return { ...known('pod', 'Failed'), reason: reason === '' ? 'Failed' : reason };
}

/** What the reason of a DisruptionTarget condition tells; a family of '' says planned. An unknown one is not planned. */
export function disruptionReason(reason: string): ReasonEntry {
  const entry = index.disruption.get(reason);
  if (entry !== undefined) return entry;
  return {
    ...known('disruption', 'TerminationByKubelet'),
    reason: reason === '' ? 'DisruptionTarget' : reason,
    hint: UNKNOWN_HINT,
  };
}

/** What the reason of a PodScheduled condition that is False tells. An unknown or missing one is Unschedulable. */
export function schedulingReason(reason: string): ReasonEntry {
  const entry = index.scheduling.get(reason);
  return entry ?? { ...known('scheduling', 'Unschedulable'), reason: reason === '' ? 'Unschedulable' : reason };
}

/** The row of phase Unknown. */
export const unknownPhase: ReasonEntry = known('phase', 'Unknown');

/** The row of a node that is not Ready. */
export const nodeNotReady: ReasonEntry = known('node', 'NodeNotReady');

/** What usually causes this reason; `ofContainer`: it was told of a container, not of a pod or a node. */
export function hintOf(reason: string, ofContainer: boolean): string {
  const places: readonly SeenIn[] = ofContainer
    ? ['waiting', 'terminated', 'stuck']
    : ['pod', 'disruption', 'scheduling', 'phase', 'stuck', 'node'];
  const place = places.find((seenIn) => index[seenIn].has(reason));
  if (place !== undefined) return known(place, reason).hint;
  return !ofContainer && reason.startsWith('OutOf') ? OUT_OF_HINT : UNKNOWN_HINT;
}

/** Words of ours for a state that lasts too long. */
export type StuckReason = 'StuckPending' | 'StuckCreating' | 'StuckInit' | 'NotReady' | 'StuckTerminating';

export function stuckReason(reason: StuckReason): ReasonEntry {
  return known('stuck', reason);
}

/** Whether a termination with exit code 0 is a failure all the same: an OOM kill of a child process leaves code 0. */
export function failsWithCodeZero(reason: string): boolean {
  return reason !== '' && reason !== 'Completed' && index.terminated.has(reason);
}

const OUT_OF_HINT = 'the node had none of this resource left when the pod arrived';
const UNKNOWN_HINT = 'a controller or runtime this version does not know gave this reason';
const IMAGE_WORDS = /image|pull|registry|signature/i;
const TROUBLE_WORDS = /^(?:err|invalid)|(?:error|err|failed|backoff)$/i;

function unknownWaiting(reason: string): ReasonEntry {
  const like = (listed: string): ReasonEntry => ({ ...known('waiting', listed), reason, hint: UNKNOWN_HINT });
  if (!TROUBLE_WORDS.test(reason)) return { ...known('waiting', 'ContainerCreating'), reason };
  if (IMAGE_WORDS.test(reason)) return like('ErrImagePull');
  return like(reason.toLowerCase().endsWith('backoff') ? 'CrashLoopBackOff' : 'CreateContainerError');
}

function known(seenIn: SeenIn, reason: string): ReasonEntry {
  const entry = index[seenIn].get(reason);
  if (entry === undefined) throw new Error(`the table of reasons lost its row ${seenIn}/${reason}`);
  return entry;
}
