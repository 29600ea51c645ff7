/**
 * A pod's life as the kubelet writes it down, in small: actions happen to containers, and after each the pod is what
 * the API server would show. Knows what really happened (`exits`), so that detection can be held against it.
 * Follows convertToAPIContainerStatuses of kubelet 1.36 for what it covers; test/corpus holds recordings of a real one.
 */
import type { ContainerFacts, ContainerState, PodFacts, Termination } from '../../internal/pipeline/pod-facts.ts';
import { app, CREATED_MS, init, pod, sidecar } from './pod-builder.ts';

export type Action =
  | { readonly do: 'exit'; readonly container: number; readonly code: number; readonly isOom: boolean }
  /** The next thing the kubelet does with a container that doesn't run: back off, then start it. */
  | { readonly do: 'proceed'; readonly container: number }
  | { readonly do: 'wait'; readonly container: number; readonly reason: string }
  /** The runtime forgot a running container. */
  | { readonly do: 'lose'; readonly container: number }
  | { readonly do: 'edit-image'; readonly container: number }
  /** A label changes: an update that says nothing new. */
  | { readonly do: 'touch' }
  /** A readiness probe begins to succeed, or to fail. */
  | { readonly do: 'ready'; readonly container: number }
  | { readonly do: 'delete' }
  | { readonly do: 'evict' };

export interface RealExit {
  readonly container: string;
  readonly id: string;
  readonly code: number;
}

const SECOND = 1000;

export interface ModelOptions {
  readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never';
  readonly name?: string;
  readonly uid?: string;
  /** Without one, a second passes with each action. */
  readonly nowMs?: () => number;
}

export class KubeletModel {
  /** Every exit with an id, in order. */
  readonly exits: RealExit[] = [];
  #facts: PodFacts;
  readonly #clockMs: (() => number) | undefined;
  #nowMs = CREATED_MS;
  #nextId = 0;
  #touched = 0;

  constructor({ restartPolicy = 'Always', name = 'web-5d8f7c9b4-x2x9p', uid = 'uid-1', nowMs }: ModelOptions = {}) {
    this.#clockMs = nowMs;
    this.#nowMs = nowMs?.() ?? CREATED_MS;
    const waiting = [init(), sidecar(), app('web'), app('api')].map((container) =>
      container.waiting('ContainerCreating'),
    );
    this.#facts = pod({ restartPolicy, phase: 'Pending', name, uid, createdAtMs: this.#nowMs })
      .with(...waiting)
      .facts();
  }

  get facts(): PodFacts {
    return this.#facts;
  }

  /** Does the action if it makes sense now; what is shown after it, changed or not. */
  apply(action: Action): PodFacts {
    this.#nowMs = this.#clockMs?.() ?? this.#nowMs + SECOND;
    if (this.#facts.phase !== 'Failed') this.#perform(action);
    this.#facts = { ...this.#facts, resourceVersion: String(Number(this.#facts.resourceVersion) + 1) };
    return this.#facts;
  }

  /** The runtime has forgotten a container, whose exit names no id. */
  get hasLost(): boolean {
    return this.#facts.containers.some(
      ({ lastState }) => lastState.kind === 'terminated' && lastState.containerId === '',
    );
  }

  /** Exits of one container until now, as restartCount and state have them. */
  exitsOf(container: string): number {
    return this.exits.filter((exit) => exit.container === container).length;
  }

  #perform(action: Action): void {
    switch (action.do) {
      case 'exit': {
        this.#change(action.container, (c) =>
          c.state.kind === 'running' ? this.#exit(c, action.code, action.isOom) : c,
        );
        return;
      }
      case 'proceed': {
        this.#change(action.container, (c) => this.#proceed(c));
        return;
      }
      case 'wait': {
        this.#change(action.container, (c) => (isBetweenRuns(c) ? waitingFor(c, action.reason) : c));
        return;
      }
      case 'lose': {
        this.#change(action.container, (c) => (c.state.kind === 'running' ? lose(c) : c));
        return;
      }
      case 'edit-image': {
        this.#change(action.container, (c) => ({ ...c, image: `${c.image}x` }));
        return;
      }
      case 'ready': {
        this.#change(action.container, (c) => (c.state.kind === 'running' ? { ...c, ready: !c.ready } : c));
        this.#followReady();
        return;
      }
      case 'touch':
        this.#facts = { ...this.#facts, labels: new Map([['touched', String(++this.#touched)]]) };
        return;
      case 'delete':
        if (this.#facts.deletionAtMs === 0) {
          this.#facts = { ...this.#facts, deletionAtMs: this.#nowMs + 30 * SECOND, deletionGraceSeconds: 30 };
        }
        return;
      case 'evict': {
        this.#evict();
        return;
      }
    }
  }

  #change(index: number, change: (container: ContainerFacts) => ContainerFacts): void {
    const containers = this.#facts.containers.map((container, at) => (at === index ? change(container) : container));
    const isOver =
      this.#facts.restartPolicy === 'Never' &&
      containers.some(({ state, role }) => role !== 'sidecar' && hasFailed(state));
    const isDone = isOver && containers.every(({ state }) => state.kind !== 'running');
    this.#facts = { ...this.#facts, containers, phase: isDone ? 'Failed' : 'Running' };
  }

  /** The pod's own condition: there from the first probe that failed on. */
  #followReady(): void {
    const isReady = this.#facts.containers.every(({ ready, role }) => ready || role === 'init');
    const known = this.#facts.conditions.find(({ type }) => type === 'Ready');
    const status = isReady ? 'True' : 'False';
    if (known?.status === status) return;
    const others = this.#facts.conditions.filter(({ type }) => type !== 'Ready');
    const ready = { type: 'Ready', status, reason: '', message: '', lastTransitionAtMs: this.#nowMs };
    this.#facts = { ...this.#facts, conditions: [...others, ready] };
  }

  #exit(container: ContainerFacts, code: number, isOom: boolean): ContainerFacts {
    this.exits.push({ container: container.name, id: container.containerId, code });
    const state: Termination = {
      kind: 'terminated',
      reason: isOom ? 'OOMKilled' : code === 0 ? 'Completed' : 'Error',
      message: '',
      exitCode: isOom ? 137 : code,
      signal: 0,
      startedAtMs: container.state.kind === 'running' ? container.state.startedAtMs : 0,
      finishedAtMs: this.#nowMs,
      containerId: container.containerId,
    };
    return { ...container, state, ready: false };
  }

  #proceed(container: ContainerFacts): ContainerFacts {
    const { state } = container;
    if (state.kind === 'running' || this.#facts.deletionAtMs !== 0) return container;
    if (state.kind !== 'terminated') return this.#start(container);
    if (!this.#mayRestart(container, state)) return container;
    return { ...waitingFor(container, 'CrashLoopBackOff'), lastState: state };
  }

  #mayRestart({ role }: ContainerFacts, { exitCode }: Termination): boolean {
    if (role === 'sidecar') return true;
    const { restartPolicy } = this.#facts;
    if (restartPolicy === 'Never') return false;
    return exitCode !== 0 || (role === 'app' && restartPolicy === 'Always');
  }

  #start(container: ContainerFacts): ContainerFacts {
    const { lastState, containerId, restartCount } = container;
    const isRestart = lastState.kind === 'terminated' && lastState.containerId === containerId && containerId !== '';
    const state: ContainerState = { kind: 'running', startedAtMs: this.#nowMs };
    const id = `containerd://${container.name}-${++this.#nextId}`;
    return { ...container, state, containerId: id, restartCount: restartCount + (isRestart ? 1 : 0), ready: true };
  }

  /** The kubelet stops what runs, and marks the rest as lost. */
  #evict(): void {
    const lost: Termination = { ...LOST };
    const containers = this.#facts.containers.map((container) => {
      if (container.state.kind === 'running') return this.#exit(container, 137, false);
      return container.state.kind === 'terminated' ? container : { ...container, state: lost };
    });
    const conditions = [
      ...this.#facts.conditions,
      {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'TerminationByKubelet',
        message: '',
        lastTransitionAtMs: this.#nowMs,
      },
    ];
    this.#facts = { ...this.#facts, containers, conditions, phase: 'Failed', reason: 'Evicted' };
  }
}

const LOST: Termination = {
  kind: 'terminated',
  reason: 'ContainerStatusUnknown',
  message: '',
  exitCode: 137,
  signal: 0,
  startedAtMs: 0,
  finishedAtMs: 0,
  containerId: '',
};

function lose(container: ContainerFacts): ContainerFacts {
  if (container.lastState.kind === 'terminated') return container;
  const { restartCount } = container;
  return {
    ...waitingFor(container, 'ContainerCreating'),
    containerId: '',
    lastState: LOST,
    restartCount: restartCount + 1,
  };
}

function waitingFor(container: ContainerFacts, reason: string): ContainerFacts {
  return { ...container, state: { kind: 'waiting', reason, message: '' }, ready: false };
}

function isBetweenRuns({ state, lastState }: ContainerFacts): boolean {
  return state.kind === 'waiting' && (lastState.kind !== 'terminated' || state.reason !== 'CrashLoopBackOff');
}

function hasFailed(state: ContainerState): boolean {
  return state.kind === 'terminated' && state.exitCode !== 0;
}
