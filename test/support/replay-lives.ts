/** Lives of pods as a script for a world to play: what is written when, and the kubelets that write it. */
import { KubeletModel, type Action } from './kubelet-model.ts';
import type { ManualClock } from './manual-clock.ts';
import { CREATED_MS } from './pod-builder.ts';
import { podJson } from './pod-json.ts';
import type { PodServer } from './pod-server.ts';

export interface Step {
  readonly afterMs: number;
  readonly pod: number;
  /** `remove`: the API server takes it away. */
  readonly action: Action | { readonly do: 'remove' };
}

export interface Life {
  readonly policies: readonly ('Always' | 'OnFailure' | 'Never')[];
  readonly steps: readonly Step[];
}

/** Lives made up, or a life that was recorded. */
export interface Script {
  readonly startMs: number;
  begin(server: PodServer, clock: ManualClock): void;
  readonly steps: readonly { readonly afterMs: number; readonly act: (server: PodServer) => void }[];
}

/** Lives made up: a kubelet for each pod. */
export class Lives implements Script {
  readonly startMs = CREATED_MS;
  readonly gone = new Set<KubeletModel>();
  readonly #life: Life;
  #models: readonly KubeletModel[] = [];

  constructor(life: Life) {
    this.#life = life;
  }

  get models(): readonly KubeletModel[] {
    return this.#models;
  }

  begin(server: PodServer, clock: ManualClock): void {
    const nowMs = (): number => clock.now();
    this.#models = this.#life.policies.map(
      (restartPolicy, at) => new KubeletModel({ restartPolicy, name: `pod-${at}`, uid: `uid-${at}`, nowMs }),
    );
    for (const { facts } of this.#models) server.put(podJson(facts));
  }

  get steps(): Script['steps'] {
    return this.#life.steps.map(({ afterMs, pod, action }) => ({
      afterMs,
      act: (server) => this.#act(server, pod, action),
    }));
  }

  #act(server: PodServer, at: number, action: Step['action']): void {
    const model = this.#models[at % this.#models.length];
    if (model === undefined || this.gone.has(model)) return;
    if (action.do !== 'remove') {
      server.put(podJson(model.apply(action)));
      return;
    }
    this.gone.add(model);
    server.remove(model.facts.uid);
  }
}
