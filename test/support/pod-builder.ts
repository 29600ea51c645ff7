/**
 * Pods for tests, written the way one would say them: `pod().with(app('web').crashed({ code: 1 })).facts()`. Builders are
 * immutable, so the steps of a history can be made from one another; `facts()` gives what the readers in
 * internal/kubernetes would, `pod-json.ts` turns that into the API's JSON.
 */
import type { ContainerFacts, ContainerRole, PodCondition, PodFacts } from '../../internal/pipeline/pod-facts.ts';
import { ContainerBuilder, containerFacts } from './container-builder.ts';

export { app, ephemeral, init, sidecar, ContainerBuilder, type ExitParts } from './container-builder.ts';

/** When the pods of tests are made, and where ManualClock starts. */
export const CREATED_MS = Date.parse('2026-01-01T00:00:00Z');

const NOTHING: PodFacts = {
  uid: 'uid-1',
  namespace: 'shop',
  name: 'web-5d8f7c9b4-x2x9p',
  resourceVersion: '1',
  nodeName: 'node-1',
  createdAtMs: CREATED_MS,
  deletionAtMs: 0,
  deletionGraceSeconds: 0,
  labels: new Map(),
  mirrorHash: '',
  silence: '',
  owner: undefined,
  restartPolicy: 'Always',
  phase: 'Running',
  reason: '',
  message: '',
  conditions: [],
  containers: [],
};

const ORDER: Record<ContainerRole, number> = { init: 0, sidecar: 0, app: 1, ephemeral: 2 };

export class PodBuilder {
  readonly #facts: PodFacts;

  constructor(facts: PodFacts) {
    this.#facts = facts;
  }

  facts(): PodFacts {
    return this.#facts;
  }

  /** The pod with some facts changed, for what has no word of its own. */
  but(parts: Partial<PodFacts>): PodBuilder {
    return new PodBuilder({ ...this.#facts, ...parts });
  }

  /** Adds containers, or replaces those of the same name. */
  with(...containers: readonly (ContainerBuilder | ContainerFacts)[]): PodBuilder {
    const all = new Map(this.#facts.containers.map((container) => [container.name, container]));
    for (const container of containers.map(containerFacts)) all.set(container.name, container);
    const sorted = [...all.values()].sort((one, other) => ORDER[one.role] - ORDER[other.role]);
    return this.but({ containers: sorted });
  }

  /** Changes one container. */
  container(name: string, change: (container: ContainerBuilder) => ContainerBuilder): PodBuilder {
    const known = this.#facts.containers.find((container) => container.name === name);
    if (known === undefined) throw new Error(`this pod has no container ${name}`);
    return this.with(change(new ContainerBuilder(known)));
  }

  named(namespace: string, name: string, uid: string = `uid-${name}`): PodBuilder {
    return this.but({ namespace, name, uid });
  }

  ownedBy(kind: string, name: string): PodBuilder {
    return this.but({ owner: { apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1', kind, name, uid: `uid-${name}` } });
  }

  labelled(labels: Record<string, string>): PodBuilder {
    return this.but({ labels: new Map(Object.entries(labels)) });
  }

  restarting(restartPolicy: 'Always' | 'OnFailure' | 'Never'): PodBuilder {
    return this.but({ restartPolicy });
  }

  phase(phase: string): PodBuilder {
    return this.but({ phase });
  }

  /** The pod failed as a whole. */
  failed(reason = '', message = ''): PodBuilder {
    return this.but({ phase: 'Failed', reason, message });
  }

  /** Somebody asked for its deletion at `requestedAtMs`; the API server then writes when its grace will be over. */
  deleting(requestedAtMs: number, graceSeconds = 30): PodBuilder {
    return this.but({ deletionAtMs: requestedAtMs + graceSeconds * 1000, deletionGraceSeconds: graceSeconds });
  }

  condition(type: string, status: string, reason = '', lastTransitionAtMs = 0, message = ''): PodBuilder {
    const others = this.#facts.conditions.filter((condition) => condition.type !== type);
    const condition: PodCondition = { type, status, reason, message, lastTransitionAtMs };
    return this.but({ conditions: [...others, condition] });
  }

  disrupted(reason: string, atMs: number): PodBuilder {
    return this.condition('DisruptionTarget', 'True', reason, atMs);
  }

  /** The mirror of a static pod. */
  mirror(hash: string): PodBuilder {
    return this.but({ mirrorHash: hash });
  }

  version(resourceVersion: string): PodBuilder {
    return this.but({ resourceVersion });
  }
}

/** A running pod without containers. */
export function pod(parts: Partial<PodFacts> = {}): PodBuilder {
  return new PodBuilder({ ...NOTHING, ...parts });
}
