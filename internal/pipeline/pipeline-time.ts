/**
 * What only time brings about, for the pipeline: pods that are looked at again when they are due, and nodes that have
 * not been Ready for too long.
 */
import { PODS_WAITING } from '../platform/limits.ts';
import type { Detection } from './detect-types.ts';
import type { Finding } from './finding.ts';
import { nextLookAtMs, podsAmong } from './look-again-when.ts';
import { LookAgain } from './look-again.ts';
import { NodeTrouble, type NodeTroubleParts } from './node-trouble.ts';
import type { PodFacts } from './pod-facts.ts';
import { BEHIND_RETRY_MS, isBehind, UP_TO_DATE } from './up-to-date.ts';

export interface PipelineTimeParts extends Omit<NodeTroubleParts, 'tell' | 'recovered'> {
  readonly podOf?: (uid: string) => PodFacts | undefined;
  /** Nothing has changed of this pod but the time. */
  readonly look: (pod: PodFacts) => void;
  readonly lookAtAll: () => void;
  readonly tellNode: (finding: Finding, subject: string) => void;
  readonly nodeIsOver: (subject: string) => void;
}

export class PipelineTime {
  readonly #parts: PipelineTimeParts;
  readonly #pods: LookAgain;
  readonly nodes: NodeTrouble;

  constructor(parts: PipelineTimeParts) {
    this.#parts = parts;
    this.#pods = new LookAgain({
      clock: parts.clock,
      limit: PODS_WAITING,
      onDue: (uids) => this.#look(podsAmong(uids, parts)),
      onAllDue: () => parts.lookAtAll(),
    });
    this.nodes = new NodeTrouble({
      ...parts,
      tell: parts.tellNode,
      recovered: (pods, subject) => {
        parts.nodeIsOver(subject);
        this.#look(pods);
      },
    });
  }

  /** The pod was looked at: when it is looked at again. */
  looked(pod: PodFacts, detection: Detection): void {
    const { settings, clock } = this.#parts;
    const atMs = nextLookAtMs(pod, detection, settings.current(), clock.now());
    if (atMs !== undefined && detection.isTellingPutOff === true) this.#pods.by(pod.uid, atMs);
    else this.#pods.at(pod.uid, atMs);
  }

  gone(uid: string): void {
    this.#pods.at(uid, undefined);
  }

  stop(): void {
    this.#pods.stop();
    this.nodes.stop();
  }

  /** Pods of which we may not know what they are now wait until we do. */
  #look(pods: Iterable<PodFacts>): void {
    const { behind = () => UP_TO_DATE, clock, look } = this.#parts;
    const now = behind();
    for (const pod of pods) {
      if (isBehind(now, pod.namespace)) this.#pods.at(pod.uid, clock.now() + BEHIND_RETRY_MS);
      else look(pod);
    }
  }
}
