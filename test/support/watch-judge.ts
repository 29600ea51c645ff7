/**
 * Who says whether a watch lost anything. Given every write as the server took it, and every change the watch told, it
 * compares the store with an independent full list, field by field, and the ids of the failures derived from what was
 * told with those of an undisturbed run: a look at every write, in order.
 */
import { isDeepStrictEqual } from 'node:util';
import { readPodJson } from '../../internal/kubernetes/pod-facts-json.ts';
import type { PodReading } from '../../internal/kubernetes/pod-reading.ts';
import { PodStore } from '../../internal/kubernetes/pod-store.ts';
import type { PodMemory } from '../../internal/pipeline/detect-memory.ts';
import { detect } from '../../internal/pipeline/detect.ts';
import type { PodChange, PodFacts } from '../../internal/pipeline/pod-facts.ts';
import { CodedError } from '../../internal/platform/errors.ts';

/** What a store knows, as far as it is compared. */
export interface ComparedStore {
  identities(): Iterable<{ uid: string; namespace: string; name: string; resourceVersion: string }>;
  get(uid: string): { readonly facts: PodFacts | undefined } | undefined;
}

/** Ids of failures, and of what they cover, by detection alone: no filter, no cooldown. */
class DerivedEvents {
  readonly ids = new Set<string>();
  readonly #memory = new Map<string, PodMemory | undefined>();
  readonly #nowMs: number;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  look({ type, cause, pod, before }: PodChange): void {
    if (type === 'left') return;
    const { findings, memory } = detect(pod, {
      clusterId: 'c1',
      nowMs: this.#nowMs,
      change: type,
      isFirstLook: cause === 'initial',
      memory: this.#memory.get(pod.uid),
      before,
    });
    this.#memory.set(pod.uid, memory);
    for (const { eventId, covers } of findings) for (const id of [eventId, ...covers]) this.ids.add(id);
  }
}

export class WatchJudge {
  readonly #told: DerivedEvents;
  readonly #undisturbed: DerivedEvents;
  readonly #truth: PodStore;

  /** `nowMs`: one moment for all looks, so that time itself makes no difference. */
  constructor(nowMs: number) {
    this.#told = new DerivedEvents(nowMs);
    this.#undisturbed = new DerivedEvents(nowMs);
    this.#truth = new PodStore({ onChange: (change) => this.#undisturbed.look(change) });
  }

  /** The watch told this. */
  told(change: PodChange): void {
    this.#told.look(change);
  }

  /** The server took this pod, as it now has it. */
  written(pod: unknown): void {
    this.#truth.upsert(reading(pod), 'watch');
  }

  /** The server removed this pod: its last state. */
  removed(pod: unknown): void {
    this.#truth.remove(reading(pod), 'watch');
  }

  /** Failures of an undisturbed run. */
  get events(): number {
    return this.#undisturbed.ids.size;
  }

  /** Everything in which store and list, or told and undisturbed, differ; at best nothing. `list`: all pods, as JSON. */
  differences(store: ComparedStore, list: readonly unknown[]): string[] {
    return [...differingPods(store, list.map(reading)), ...this.#differingEvents()];
  }

  #differingEvents(): string[] {
    const lost = [...this.#undisturbed.ids.difference(this.#told.ids)].map((id) => `lost event ${id}`);
    const invented = [...this.#told.ids.difference(this.#undisturbed.ids)].map((id) => `invented event ${id}`);
    return [...lost, ...invented];
  }
}

function differingPods(store: ComparedStore, list: readonly PodReading[]): string[] {
  const known = new Map([...store.identities()].map((identity) => [identity.uid, identity]));
  const differing: string[] = [];
  for (const { uid, namespace, name, resourceVersion, isQuiet, facts } of list) {
    const expected = { uid, namespace, name, resourceVersion, facts: isQuiet ? undefined : facts };
    const identity = known.get(uid);
    known.delete(uid);
    const found = identity === undefined ? undefined : { ...identity, facts: store.get(uid)?.facts };
    if (isDeepStrictEqual(found, expected)) continue;
    differing.push(`${namespace}/${name}: ${JSON.stringify(found)} in place of ${JSON.stringify(expected)}`);
  }
  for (const { namespace, name } of known.values()) differing.push(`${namespace}/${name} is no more`);
  return differing;
}

function reading(pod: unknown): PodReading {
  const read = readPodJson(pod);
  if (read instanceof CodedError) throw read;
  return read;
}
