/**
 * PodScript: plays scenarios on a server, many at once, at real or higher speed, and notes each failure at the moment the
 * API server has accepted it. Stops within one step when told to.
 */
import { sleep, type Clock } from '../../../internal/platform/clock.ts';
import { KubeletPod } from './kubelet-pod.ts';
import type { PodTemplate } from './pod-template.ts';
import type { SimulatedApiServer } from './server.ts';

/** A failure as it was written: what should arrive at the plane. */
export interface PlayedFailure {
  readonly scenario: string;
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  /** '' where it is the pod's own. */
  readonly container: string;
  /** Kubernetes' word, as the status shows it. */
  readonly reason: string;
  /** Wall clock, Ms since the epoch. */
  readonly acceptedAtMs: number;
}

/** What a scenario plays on. */
export interface Stage {
  readonly server: SimulatedApiServer;
  readonly clock: Clock;
  readonly namespace: string;
  readonly nodeName: string;
  /** Tells the pods of one scenario, played twice, apart. */
  readonly run: number;
  /** A pod to play. */
  pod(template: PodTemplate): KubeletPod;
  /** Lets scripted time pass; rejects with `Stopped` when the script is stopped. */
  pass(ms: number): Promise<void>;
  /** Notes that the last write showed a failure. */
  failed(pod: KubeletPod, container: string, reason: string): void;
}

export interface Scenario {
  readonly name: string;
  /** What an operator would say happened. */
  readonly title: string;
  /** Reasons that should be told; none where it should stay quiet. */
  readonly reasons: readonly string[];
  play(stage: Stage): Promise<void>;
}

export interface ScriptOptions {
  readonly namespace?: string;
  readonly nodeName?: string;
  /** 10 plays ten times as fast; default 1. */
  readonly speed?: number;
}

/** Thrown into a scenario whose script is stopped. */
class Stopped extends Error {}

export class PodScript {
  readonly #server: SimulatedApiServer;
  readonly #options: Required<ScriptOptions>;
  readonly #stop = new AbortController();
  readonly #failures: PlayedFailure[] = [];
  #runs = 0;

  constructor(server: SimulatedApiServer, options: ScriptOptions = {}) {
    this.#server = server;
    this.#options = { namespace: 'shop', nodeName: 'node-1', speed: 1, ...options };
    server.ensureNamespace(this.#options.namespace);
  }

  /** What has failed so far, in order. */
  get failures(): readonly PlayedFailure[] {
    return this.#failures;
  }

  /** Plays a scenario to its end, or to where the script is stopped. */
  async play(scenario: Scenario): Promise<void> {
    try {
      await scenario.play(this.#stageFor(scenario));
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
  }

  /** Ends all that is being played; the pods stay as they are. */
  stop(): void {
    this.#stop.abort();
  }

  #stageFor(scenario: Scenario): Stage {
    const { clock, store } = this.#server;
    const { namespace, nodeName, speed } = this.#options;
    this.#runs += 1;
    return {
      server: this.#server,
      clock,
      namespace,
      nodeName,
      run: this.#runs,
      pod: (template) => new KubeletPod(store, clock, template),
      pass: async (ms) => {
        await sleep(clock, ms / speed, this.#stop.signal);
        if (this.#stop.signal.aborted) throw new Stopped();
      },
      failed: (pod, container, reason) => {
        const { name, uid } = pod.template;
        const note = { scenario: scenario.name, namespace, pod: name, uid, container, reason };
        this.#failures.push({ ...note, acceptedAtMs: clock.now() });
      },
    };
  }
}
