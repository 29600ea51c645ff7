/**
 * KubeletPod: one pod, played step by step as controller, scheduler and kubelet write it. Each method is one write, with the
 * conditions, counts and container ids that belong to it. The steps and their order were recorded from a real node.
 */
import type { Clock } from '../../../internal/platform/clock.ts';
import type { ObjectStore } from './object-store.ts';
import { timestamp, withMeta, type KubernetesObject, type ObjectMeta } from './objects.ts';
import { conditionsOf, qosOf, statusOf } from './pod-status.ts';
import type { ContainerRecord, ContainerState, PodRecord, TerminatedState } from './pod-status.ts';
import { hash, podMeta, podObject, podSpec, type ContainerTemplate, type PodTemplate } from './pod-template.ts';
import { pods } from './resources.ts';

export interface Exit {
  readonly code: number;
  /** Default Error, or Completed for code 0. */
  readonly reason?: string;
  /** What the container left in its termination log. */
  readonly message?: string;
}

export class KubeletPod {
  readonly template: PodTemplate;
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  #meta: ObjectMeta;
  #nodeName = '';
  #record: PodRecord;

  constructor(store: ObjectStore, clock: Clock, template: PodTemplate) {
    this.template = template;
    this.#store = store;
    this.#clock = clock;
    this.#meta = podMeta(template, timestamp(clock.now()));
    this.#record = newRecord(template);
  }

  get key(): string {
    return `${this.template.namespace}/${this.template.name}`;
  }

  /** The controller makes it. */
  create(): void {
    this.#put({ phase: 'Pending', qosClass: qosOf(this.template) });
  }

  /** The scheduler finds no place for it, and says why. */
  unschedulable(message: string): void {
    const condition = { type: 'PodScheduled', observedGeneration: 1, status: 'False', lastProbeTime: null };
    const why = { lastTransitionTime: timestamp(this.#clock.now()), reason: 'Unschedulable', message };
    this.#put({ phase: 'Pending', conditions: [{ ...condition, ...why }], qosClass: qosOf(this.template) });
  }

  /** The scheduler binds it to a node. */
  schedule(nodeName: string): void {
    this.#nodeName = nodeName;
    const lastTransitionTime = timestamp(this.#clock.now());
    const condition = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime };
    this.#put({ phase: 'Pending', conditions: [condition], qosClass: qosOf(this.template) });
  }

  /** The kubelet takes it on. */
  accept(): void {
    this.#update({ startTime: timestamp(this.#clock.now()), hostIp: addressOf(this.#nodeName) });
  }

  /** Its sandbox stands. */
  prepare(): void {
    this.#update({ hasSandbox: true });
  }

  /** A container starts, for the first time or again. */
  run(name: string, isReady = true): void {
    this.#change(name, (one) => {
      const restartCount = one.containerId === '' ? 0 : one.restartCount + 1;
      return {
        ...one,
        state: { running: { startedAt: timestamp(this.#clock.now()) } },
        lastState: lastStateOf(one),
        isReady: isReady && one.kind !== 'init',
        restartCount,
        containerId: this.#newContainerId(name, restartCount),
        imageId: `sha256:${hash(one.template.image)}`,
      };
    });
  }

  /** A running container's readiness probe has succeeded. */
  becomeReady(name: string): void {
    this.#change(name, (one) => ({ ...one, isReady: true }));
  }

  /** A container ends. */
  exit(name: string, exit: Exit): void {
    this.#change(name, (one) => ended(one, exit, this.#clock.now()));
  }

  /** The kubelet waits before it starts a container again. */
  backOff(name: string, seconds: number): void {
    const where = `pod=${this.template.name}_${this.template.namespace}(${this.template.uid})`;
    this.wait(name, 'CrashLoopBackOff', `back-off ${seconds}s restarting failed container=${name} ${where}`);
  }

  /** A container is kept waiting, for this reason. */
  wait(name: string, reason: string, message: string): void {
    this.#change(name, (one) => ({
      ...one,
      isReady: false,
      state: { waiting: { reason, message } },
      lastState: lastStateOf(one),
    }));
  }

  /** It is over for good; with `last`, the write that says so also tells of its last container's end, as with evictions. */
  finish(phase: 'Failed' | 'Succeeded', reason = '', message = '', last?: Exit & { readonly container: string }): void {
    const containers = this.#record.containers.map((one) =>
      one.template.name === last?.container ? ended(one, last, this.#clock.now()) : one,
    );
    this.#update({ phase, reason, message, hasSandbox: false, containers });
  }

  /** Someone asks for its deletion. */
  askDeletion(): void {
    const { graceSeconds } = this.template;
    const generation = this.#record.generation + 1;
    this.#meta = withMeta(this.#meta, {
      deletionTimestamp: timestamp(this.#clock.now() + graceSeconds * 1000),
      deletionGracePeriodSeconds: graceSeconds,
      generation,
    });
    this.#put(statusOf(this.#record));
    this.#update({ generation });
  }

  /** Nothing of it is left: the kubelet cuts the grace period to 0, and the API server removes it. */
  remove(): void {
    const deletionTimestamp = timestamp(this.#clock.now());
    this.#meta = withMeta(this.#meta, { deletionTimestamp, deletionGracePeriodSeconds: 0 });
    this.#put(statusOf(this.#record));
    this.#store.remove(pods, this.template.name, this.template.namespace);
  }

  #newContainerId(name: string, attempt: number): string {
    return `containerd://${hash(this.template.uid, name, attempt)}`;
  }

  #change(name: string, change: (one: ContainerRecord) => ContainerRecord): void {
    const containers = this.#record.containers.map((one) => (one.template.name === name ? change(one) : one));
    const isStarted = containers.some((one) => one.kind === 'app' && one.containerId !== '');
    const phase = isStarted && this.#record.phase === 'Pending' ? 'Running' : this.#record.phase;
    // The address is told with the first news of a container, not with the sandbox.
    this.#update({ containers, phase, podIp: addressOf(this.key) });
  }

  #update(changes: Partial<PodRecord>): void {
    const next = { ...this.#record, ...changes };
    this.#record = { ...next, conditions: conditionsOf(next, this.#record.conditions, this.#clock.now()) };
    this.#put(statusOf(this.#record));
  }

  #put(status: object): void {
    const body: KubernetesObject = podObject(this.#meta, podSpec(this.template, this.#nodeName), status);
    this.#store.put(pods, body);
  }
}

function ended(one: ContainerRecord, exit: Exit, nowMs: number): ContainerRecord {
  const terminated = {
    exitCode: exit.code,
    reason: exit.reason ?? (exit.code === 0 ? 'Completed' : 'Error'),
    ...(exit.message === undefined ? {} : { message: exit.message }),
    startedAt: 'running' in one.state ? one.state.running.startedAt : timestamp(0),
    finishedAt: timestamp(nowMs),
    containerID: one.containerId,
  };
  return { ...one, isReady: one.kind === 'init' && exit.code === 0, state: { terminated } };
}

function newRecord(template: PodTemplate): PodRecord {
  const hasInit = (template.initContainers ?? []).length > 0;
  const state: ContainerState = { waiting: { reason: hasInit ? 'PodInitializing' : 'ContainerCreating' } };
  const record = (one: ContainerTemplate, kind: ContainerRecord['kind']): ContainerRecord => ({
    template: one,
    kind,
    state,
    lastState: {},
    isReady: false,
    restartCount: 0,
    containerId: '',
    imageId: '',
  });
  const inits = (template.initContainers ?? []).map((one) => record(one, one.isSidecar === true ? 'sidecar' : 'init'));
  return {
    template,
    phase: 'Pending',
    reason: '',
    message: '',
    hasSandbox: false,
    generation: 1,
    hostIp: '',
    podIp: '',
    startTime: '',
    conditions: [],
    containers: [...inits, ...template.containers.map((one) => record(one, 'app'))],
  };
}

function lastStateOf(one: ContainerRecord): { readonly terminated?: TerminatedState } {
  return 'terminated' in one.state ? { terminated: one.state.terminated } : one.lastState;
}

/** An address of 10.0.0.0/8 that is the same for the same words. */
function addressOf(words: string): string {
  const bytes = Buffer.from(hash(words).slice(0, 6), 'hex');
  return `10.${[...bytes].join('.')}`;
}
