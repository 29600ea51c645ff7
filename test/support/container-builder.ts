/**
 * Containers for pod-builder.ts: `app('web').crashLooping({ code: 137, reason: 'OOMKilled' })`.
 */
import type { ContainerFacts, ContainerRole, ContainerState, Termination } from '../../internal/pipeline/pod-facts.ts';

/** How an attempt ended; the id of the container that did is `containerd://<id>`, '' for none. */
export interface ExitParts {
  readonly id?: string;
  readonly code?: number;
  readonly reason?: string;
  readonly signal?: number;
  readonly message?: string;
  readonly startedAtMs?: number;
  readonly finishedAtMs?: number;
}

export class ContainerBuilder {
  readonly #facts: ContainerFacts;

  constructor(facts: ContainerFacts) {
    this.#facts = facts;
  }

  facts(): ContainerFacts {
    return this.#facts;
  }

  but(parts: Partial<ContainerFacts>): ContainerBuilder {
    return new ContainerBuilder({ ...this.#facts, ...parts });
  }

  image(image: string): ContainerBuilder {
    return this.but({ image });
  }

  restarts(restartCount: number): ContainerBuilder {
    return this.but({ restartCount });
  }

  id(id: string): ContainerBuilder {
    return this.but({ containerId: containerId(id) });
  }

  running(id: string = 'a', startedAtMs = 0): ContainerBuilder {
    const state: ContainerState = { kind: 'running', startedAtMs };
    return this.but({ state, containerId: containerId(id), ready: true, started: true });
  }

  waiting(reason: string, message = ''): ContainerBuilder {
    return this.but({ state: { kind: 'waiting', reason, message }, ready: false, started: false });
  }

  /** Has exited and not been started again. */
  exited(exit: ExitParts = {}): ContainerBuilder {
    const state = termination(exit);
    const id = state.containerId === '' ? this.#facts.containerId : state.containerId;
    return this.but({ state, containerId: id, ready: false, started: false });
  }

  /** Exited before, as lastState shows. */
  last(exit: ExitParts = {}): ContainerBuilder {
    return this.but({ lastState: termination(exit) });
  }

  /** Waits for its next attempt after this exit, as the kubelet shows a back-off. */
  crashLooping(exit: ExitParts = {}): ContainerBuilder {
    const last = termination(exit);
    const message = 'back-off 10s restarting failed container';
    return this.waiting('CrashLoopBackOff', message).but({ lastState: last, containerId: last.containerId });
  }
}

export function containerFacts(container: ContainerBuilder | ContainerFacts): ContainerFacts {
  return container instanceof ContainerBuilder ? container.facts() : container;
}

export function containerId(id: string): string {
  return id === '' ? '' : `containerd://${id}`;
}

function termination(exit: ExitParts): Termination {
  const { id = 'a', code = 1, signal = 0, message = '', startedAtMs = 0, finishedAtMs = 0 } = exit;
  const reason = exit.reason ?? (code === 0 ? 'Completed' : 'Error');
  const ended = { exitCode: code, signal, reason, message, startedAtMs, finishedAtMs };
  return { kind: 'terminated', ...ended, containerId: containerId(id) };
}

function named(role: ContainerRole, name: string): ContainerBuilder {
  return new ContainerBuilder({
    name,
    role,
    image: `registry.example/${name}:1`,
    imageId: '',
    containerId: '',
    restartCount: 0,
    ready: false,
    started: false,
    state: { kind: 'none' },
    lastState: { kind: 'none' },
  });
}

/** Builders by role; the container has no status yet. */
export const app = (name = 'app'): ContainerBuilder => named('app', name);
export const init = (name = 'init'): ContainerBuilder => named('init', name);
export const sidecar = (name = 'sidecar'): ContainerBuilder => named('sidecar', name);
export const ephemeral = (name = 'debug'): ContainerBuilder => named('ephemeral', name);
