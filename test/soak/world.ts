/**
 * The cluster of a soak, as the judging process has it: a simulated API server in a process of its own
 * (world-process.ts), where pods come, go and fail by themselves. A pod that failed stays as it is until it is said to
 * have been told.
 */
import { fork } from 'node:child_process';
import path from 'node:path';
import { disconnected } from '../support/disconnected.ts';

export type WorldCommand =
  | { readonly kind: 'start'; readonly seed: number; readonly minutes: number }
  /** All failures of these pods are known and told: they may go on. */
  | { readonly kind: 'told'; readonly uids: readonly string[] }
  /** No more failures and no more faults; what fails now stays until it is told. */
  | { readonly kind: 'settle' };

export interface WorldPlaces {
  readonly kubeconfig: string;
  readonly url: string;
  readonly adminToken: string;
}

/** A pod, or node, that failed `failures` times so far and waits until each of them has been told. */
export interface Waiting {
  readonly uid: string;
  readonly failures: number;
  readonly what: string;
}

export type WorldReport =
  | ({ readonly kind: 'ready' } & WorldPlaces)
  | ({ readonly kind: 'waiting' } & Waiting)
  /** One more of this happened: a fault, a rollout, a namespace that came or went. */
  | { readonly kind: 'did'; readonly what: string }
  /** It broke: nothing of this run counts. */
  | { readonly kind: 'broke'; readonly why: string };

export interface World extends WorldPlaces, AsyncDisposable {
  readonly send: (command: WorldCommand) => void;
}

export interface WorldListener {
  readonly onWaiting: (waiting: Waiting) => void;
  readonly onDid: (what: string) => void;
  readonly onBroken: (why: string) => void;
}

/** Starts one, still: nothing happens in it before the command `start`. */
export async function startWorld({ onWaiting, onDid, onBroken }: WorldListener): Promise<World> {
  const child = fork(path.join(import.meta.dirname, 'world-process.ts'), [], { execArgv: [], env: {} });
  const ready = Promise.withResolvers<WorldPlaces>();
  let isEnding = false;
  child.on('message', (report: WorldReport) => {
    if (report.kind === 'ready') ready.resolve(report);
    else if (report.kind === 'waiting') onWaiting(report);
    else if (report.kind === 'did') onDid(report.what);
    else onBroken(report.why);
  });
  child.once('exit', (code) => {
    ready.reject(new Error(`the cluster of the soak ended with ${code ?? 'a signal'}`));
    if (!isEnding) onBroken(`it ended with ${code ?? 'a signal'}`);
  });
  const { kubeconfig, url, adminToken } = await ready.promise;
  return {
    ...{ kubeconfig, url, adminToken },
    send: (command) => {
      if (child.connected) child.send(command);
    },
    [Symbol.asyncDispose]: () => {
      isEnding = true;
      return disconnected(child);
    },
  };
}
