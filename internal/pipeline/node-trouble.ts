/**
 * NodeTrouble: nodes that are not Ready, as one finding each instead of one for each of their pods. A node is told once
 * it has not been Ready for its delay, with the pods that are not Ready there; until then and while it lasts, what
 * follows from it for its pods is silenced (detect-node.ts). When it is gone, its pods are looked at again; when it is
 * back, they are given the time that a pod has to be Ready first, as their statuses follow that of the node.
 *
 * A node that was cordoned, with nothing left on it but pods that belong to nodes, is somebody's doing: told as `info`,
 * and its pods are silent all the same.
 *
 * Works only where the family NodeNotReady is enabled: else nothing is silenced, as nothing would be told in its place.
 *
 * The occurrence is named by when Ready left True. A node moves between False and Unknown, each with a time of its own,
 * so the first of these that was seen counts until it is Ready again; an agent that starts in between may see a later
 * one, which its plane takes as the same incident.
 */
import type { Clock } from '../platform/clock.ts';
import { describePod } from './detect-finding.ts';
import { boundedReason, boundedText } from './detect-message.ts';
import type { Finding } from './finding.ts';
import { eventId, fingerprint, incidentKey } from './identity.ts';
import { nodeOccurrence } from './identity-occurrence.ts';
import { LookAgain } from './look-again.ts';
import type { NodeChange, NodeFacts, NotReady } from './node-facts.ts';
import type { PodFacts } from './pod-facts.ts';
import { nodeNotReady } from './reasons.ts';
import type { SettingsSource } from './settings.ts';
import { conditionOf, defaultStuckDelays } from './stuck-delays.ts';
import { BEHIND_RETRY_MS, isBehind, UP_TO_DATE, type Behind } from './up-to-date.ts';

export interface NodeTroubleParts {
  readonly clusterId: string;
  readonly clock: Clock;
  readonly settings: SettingsSource;
  /** All pods there is something to say about. */
  readonly pods: () => Iterable<PodFacts>;
  /** Where what is known may be behind the cluster; nowhere where absent. */
  readonly behind?: () => Behind;
  readonly tell: (finding: Finding, subject: string) => void;
  /** The node, as a pod, is not in trouble any more, or is once more: for what tells that it is resolved. */
  readonly cleared: (node: PodFacts, subject: string) => void;
  readonly lost: (subject: string) => void;
  /** A while after the node is Ready again, or once it is gone: what was silenced of its pods is to be looked at. */
  readonly recovered: (pods: readonly PodFacts[], subject: string) => void;
}

interface LostNode {
  readonly uid: string;
  readonly name: string;
  readonly sinceMs: number;
  /** When it left first, of several times in short order: its pods may not have come back in between. */
  readonly podsSinceMs: number;
  readonly word: NotReady;
  readonly isCordoned: boolean;
  /** When it was seen to be Ready again. */
  readonly backAtMs: number | undefined;
}

/** Nodes waiting to be told, or to be told again. Clusters end at some 5,000 nodes. */
const NODES_WAITING = 20_000;

/** Pods named in the message of a node. */
const PODS_NAMED = 10;

export class NodeTrouble {
  readonly #parts: NodeTroubleParts;
  /** By name: that is what pods know of their node. */
  readonly #lost = new Map<string, LostNode>();
  readonly #lookAgain: LookAgain;

  constructor(parts: NodeTroubleParts) {
    this.#parts = parts;
    this.#lookAgain = new LookAgain({
      clock: parts.clock,
      limit: NODES_WAITING,
      onDue: (names) => this.#due(names),
      onAllDue: () => this.#due([...this.#lost.keys()]),
    });
  }

  /** Nodes that are not Ready. */
  get size(): number {
    return this.#lost.size;
  }

  /** Since when pods follow this node in not being Ready; undefined where it is, or where nodes are not told of. */
  sinceMs(nodeName: string): number | undefined {
    if (this.#lost.size === 0) return undefined;
    const lost = this.#lost.get(nodeName);
    return lost !== undefined && this.isWanted() ? lost.podsSinceMs : undefined;
  }

  /** Whether anybody wants to hear of nodes. */
  isWanted(): boolean {
    const { enabledReasons } = this.#parts.settings.current();
    return enabledReasons.includes(nodeNotReady.family) || enabledReasons.includes('*');
  }

  /** Keys of the incidents of nodes that are told of and not over. */
  openKeys(): string[] {
    if (!this.isWanted()) return [];
    const nowMs = this.#parts.clock.now();
    const open = [...this.#lost.values()].filter(
      ({ sinceMs, backAtMs }) => backAtMs === undefined && nowMs >= sinceMs + this.#delayMs,
    );
    return open.map(({ uid }) => this.#incidentKey(uid));
  }

  take({ type, item }: NodeChange): void {
    const known = this.#lost.get(item.name);
    if (type !== 'deleted' && item.notReady !== undefined) this.#left(item, item.notReady);
    else if (known?.uid !== item.uid) return;
    else if (type === 'deleted') this.#over(known);
    else this.#back(known);
  }

  /** Nothing is known of nodes any more: each of their pods is looked at for itself. */
  clear(): void {
    for (const { name, uid } of [...this.#lost.values()]) this.#forget(name, uid);
  }

  stop(): void {
    this.#lookAgain.stop();
  }

  #left({ uid, name, isCordoned = false }: NodeFacts, word: NotReady): void {
    const known = this.#lost.get(name);
    const isKnown = known?.uid === uid && known.backAtMs === undefined;
    const sinceMs = isKnown ? known.sinceMs : word.sinceMs || this.#parts.clock.now();
    const podsSinceMs = known?.uid === uid ? known.podsSinceMs : sinceMs;
    this.#lost.set(name, { uid, name, sinceMs, podsSinceMs, word, isCordoned, backAtMs: undefined });
    if (isKnown) return;
    if (known?.uid === uid) this.#parts.lost(subjectOfNode(uid));
    this.#lookAgain.at(name, sinceMs + this.#delayMs);
  }

  #back(known: LostNode): void {
    if (known.backAtMs !== undefined) return;
    const { clock, settings } = this.#parts;
    const backAtMs = clock.now();
    this.#lost.set(known.name, { ...known, backAtMs });
    this.#parts.cleared(asPod(known), subjectOfNode(known.uid));
    const { notReadyAfterMs = defaultStuckDelays.notReadyAfterMs } = settings.current();
    this.#lookAgain.at(known.name, backAtMs + notReadyAfterMs);
  }

  #over(known: LostNode): void {
    const { uid, name, backAtMs } = known;
    this.#forget(name, uid);
    if (backAtMs === undefined) this.#parts.cleared(asPod(known), subjectOfNode(uid));
  }

  #forget(name: string, uid: string): void {
    this.#lost.delete(name);
    this.#lookAgain.at(name, undefined);
    this.#parts.recovered([...this.#podsOn(name)], subjectOfNode(uid));
  }

  get #delayMs(): number {
    return this.#parts.settings.current().nodeNotReadyAfterMs ?? defaultStuckDelays.nodeNotReadyAfterMs;
  }

  #due(names: readonly string[]): void {
    const { behind = () => UP_TO_DATE, clock } = this.#parts;
    if (isBehind(behind(), '')) {
      for (const name of names) this.#lookAgain.at(name, clock.now() + BEHIND_RETRY_MS);
      return;
    }
    for (const name of names) {
      const lost = this.#lost.get(name);
      if (lost === undefined) continue;
      if (lost.backAtMs === undefined) this.#tellIfDue(lost);
      else this.#over(lost);
    }
  }

  #tellIfDue(lost: LostNode): void {
    const { clock, settings, tell } = this.#parts;
    const dueAtMs = lost.sinceMs + this.#delayMs;
    const isDue = clock.now() >= dueAtMs;
    if (isDue && this.isWanted()) tell(this.#finding(lost), subjectOfNode(lost.uid));
    this.#lookAgain.at(lost.name, isDue ? clock.now() + settings.current().dedupCooldownMs : dueAtMs);
  }

  *#podsOn(name: string): Generator<PodFacts> {
    for (const pod of this.#parts.pods()) if (pod.nodeName === name) yield pod;
  }

  #finding(lost: LostNode): Finding {
    const { clusterId, clock } = this.#parts;
    const { family, incidentClass, reason } = nodeNotReady;
    const isDrained = lost.isCordoned && [...this.#podsOn(lost.name)].every(isOfNodes);
    const severity = isDrained ? 'info' : nodeNotReady.severity;
    const subject = subjectOfNode(lost.uid);
    const occurrence = nodeOccurrence(lost.sinceMs);
    const about = { namespace: '', containerName: '', image: '', family };
    return {
      type: 'failure',
      eventId: eventId({ clusterId, subject, container: undefined, occurrence }),
      incidentKey: this.#incidentKey(lost.uid),
      fingerprint: fingerprint({ ...about, workload: { kind: 'Node', name: '' } }),
      ...{ incidentClass, occurrence, reason, severity },
      families: [family],
      message: this.#message(lost, isDrained),
      pod: describePod(asPod(lost)),
      container: undefined,
      ...{ occurredAtMs: lost.sinceMs, observedAtMs: clock.now() },
      ...{ covers: [], restartsUnseen: 0 },
    };
  }

  #incidentKey(uid: string): string {
    const { incidentClass } = nodeNotReady;
    const { clusterId } = this.#parts;
    return incidentKey({ clusterId, subject: subjectOfNode(uid), container: undefined, incidentClass });
  }

  /** The pods it lists are those whose Ready it took along; the others there say nothing of it. */
  #message({ name, word }: LostNode, isDrained: boolean): string {
    const unready = [...this.#podsOn(name)].filter((pod) => (conditionOf(pod, 'Ready')?.status ?? 'True') !== 'True');
    const names = unready.slice(0, PODS_NAMED).map((pod) => `${pod.namespace}/${pod.name}`);
    const more = unready.length > PODS_NAMED ? ` and ${unready.length - PODS_NAMED} more` : '';
    const pods = unready.length === 0 ? '' : `; pods not Ready there: ${names.join(', ')}${more}`;
    const why = [word.reason, word.message].filter((text) => text !== '').join(': ');
    const how = isDrained ? 'was drained and is not Ready' : 'is not Ready';
    return boundedText(`node ${name} ${how}${why === '' ? '' : `: ${boundedText(why, WHY_BYTES)}`}${pods}`);
  }
}

/** So that a long word of the kubelet leaves room for the names of pods. */
const WHY_BYTES = 256;

/** A drain leaves it where it is, or it has ended. */
function isOfNodes({ owner, mirrorHash, phase }: PodFacts): boolean {
  return mirrorHash !== '' || owner?.kind === 'DaemonSet' || phase === 'Failed' || phase === 'Succeeded';
}

function subjectOfNode(uid: string): string {
  return `node:${uid}`;
}

/** A node in the place of the pod that events are about: its name, no namespace, its phase in words of its own. */
function asPod({ uid, name, word, sinceMs }: LostNode): PodFacts {
  return {
    ...{ uid, namespace: '', name, phase: boundedReason(word.status), nodeName: name, resourceVersion: '' },
    ...{ createdAtMs: sinceMs, deletionAtMs: 0, deletionGraceSeconds: 0, mirrorHash: '', silence: '', message: '' },
    ...{ labels: new Map(), restartPolicy: '', reason: '', conditions: [], containers: [] },
    owner: { apiVersion: 'v1', kind: 'Node', name, uid },
  };
}
