/**
 * What lives of pods are played on: the simulated API server, its namespaces, and the wait until a failure has been told.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../internal/platform/random.ts';
import { KubeletPod } from '../support/simulated-apiserver/kubelet-pod.ts';
import { uidOf, type ContainerTemplate, type PodTemplate } from '../support/simulated-apiserver/pod-template.ts';
import type { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';
import { timestamp, withMeta, type KubernetesObject } from '../support/simulated-apiserver/objects.ts';
import { pods } from '../support/simulated-apiserver/resources.ts';
import type { Pace } from './pace.ts';
import type { Waiting } from './world.ts';

export const CONTAINER = 'main';
export const IMAGE = 'registry.example/soak/worker:2026.1';
export const NODE = 'node-1';
export const MANAGED_LABEL = 'soak-managed';

/** What a pod is like, beside its name. */
export type PodWishes = Partial<
  Pick<PodTemplate, 'containers' | 'initContainers' | 'restartPolicy' | 'graceSeconds' | 'owner' | 'labels'>
>;

export class Stage {
  readonly server: SimulatedApiServer;
  readonly pace: Pace;
  readonly random: Random;
  /** Aborted once nothing new is to fail. */
  readonly ending: AbortSignal;
  readonly #report: (waiting: Waiting) => void;
  readonly #untilTold = new Map<string, () => void>();
  /** Pods made so far. */
  #made = 0;

  constructor(
    { server, pace, random, ending }: Pick<Stage, 'server' | 'pace' | 'random' | 'ending'>,
    report: (waiting: Waiting) => void,
  ) {
    this.server = server;
    this.pace = pace;
    this.random = random;
    this.ending = ending;
    this.#report = report;
  }

  /** Failures nobody has told yet. */
  get waiting(): number {
    return this.#untilTold.size;
  }

  /** A pod of its own, named after what will become of it. */
  pod(namespace: string, what: string, wishes: PodWishes = {}): KubeletPod {
    const number = ++this.#made;
    const name = `${what}-${String(number).padStart(6, '0')}`;
    const containers: readonly ContainerTemplate[] = [{ name: CONTAINER, image: IMAGE }];
    const base = { namespace, name, uid: uidOf('soak', process.pid, number), owner: undefined, labels: { app: what } };
    const template = { ...base, containers, restartPolicy: 'Always' as const, graceSeconds: 30, ...wishes };
    return new KubeletPod(this.server.store, this.server.clock, template);
  }

  /** Resolves once all of its failures, `failures` up to now, have been seen by the judge and told. */
  told({ template: { uid } }: Pick<KubeletPod, 'template'>, failures: number, what: string): Promise<void> {
    return this.toldOf({ uid, failures, what });
  }

  toldOf(waiting: Waiting): Promise<void> {
    this.#report(waiting);
    return new Promise((resolve) => this.#untilTold.set(waiting.uid, resolve));
  }

  /** The judge says that it was. */
  wasTold(uid: string): void {
    const goOn = this.#untilTold.get(uid);
    this.#untilTold.delete(uid);
    goOn?.();
  }

  pass(ms: number): Promise<void> {
    return sleep(ms);
  }

  /** The object as it is, changed: for what KubeletPod does not play. */
  modify({ template: { name, namespace } }: KubeletPod, change: (body: KubernetesObject) => KubernetesObject): void {
    this.server.store.modify(pods, name, namespace, change);
  }

  /** Asks for the pod's end without anything following from it. */
  markDeleted(pod: KubeletPod, graceSeconds: number): void {
    const deletionTimestamp = timestamp(this.server.clock.now() + graceSeconds * 1000);
    this.modify(pod, (body) => ({
      ...body,
      metadata: withMeta(body.metadata, { deletionTimestamp, deletionGracePeriodSeconds: graceSeconds }),
    }));
  }

  /** Removes the object, as after a deletion by force. */
  remove({ template: { name, namespace } }: KubeletPod): void {
    this.server.store.remove(pods, name, namespace);
  }

  now(): string {
    return timestamp(this.server.clock.now());
  }
}

/** From its creation to the moment before its containers start. */
export function reachNode(pod: KubeletPod): void {
  pod.create();
  pod.schedule(NODE);
  pod.accept();
  pod.prepare();
}
