/**
 * A plane in memory that behaves as Restate's ingress was measured to: what it answered to a key it answers to that key
 * again, whatever the body; a batch with one poison event is refused whole. Its mood can be set by the test.
 */
import type { Delivery, DeliveryOutcome, RefusalReason, Send } from '../../internal/pipeline/delivery.ts';
import { idsInBody } from './outbox-event.ts';

export type Mood =
  | { readonly is: 'well' }
  /** Nothing gets through: transport errors, as if it were down. */
  | { readonly is: 'down'; readonly afterMs?: number }
  /** It does what it is told, and its answers are lost. */
  | { readonly is: 'mute' }
  /** It takes nothing from us. */
  | { readonly is: 'refusing'; readonly reason: RefusalReason; readonly status?: number }
  /** Every invocation fails; the error is remembered under its key. */
  | { readonly is: 'failing' }
  /** Every invocation is called invalid; remembered too. */
  | { readonly is: 'rejecting' }
  /** Answers nothing until released or aborted. */
  | { readonly is: 'hanging' };

export const accepted: DeliveryOutcome = { kind: 'accepted', reason: 'executed', status: 200 };
export const invalid: DeliveryOutcome = { kind: 'split', reason: 'invalid', status: 422, detail: 'no such field' };
export const tooLarge: DeliveryOutcome = { kind: 'split', reason: 'too-large', status: 413, detail: 'over the limit' };
export const invocationFailed: DeliveryOutcome = {
  ...{ kind: 'retry', key: 'next-generation', reason: 'invocation-failed' },
  ...{ status: 500, afterMs: undefined, detail: 'handler threw' },
};
export const filtered: DeliveryOutcome = {
  ...{ kind: 'refused', reason: 'unauthorized', status: 403, detail: 'blocked by a rule' },
};

export function networkError(afterMs?: number): DeliveryOutcome {
  return { kind: 'retry', key: 'same', reason: 'network', status: 0, afterMs, detail: 'connection refused' };
}

export class ScriptedPlane {
  mood: Mood = { is: 'well' };
  /** Bodies above this are answered with 413. */
  largestBody = Infinity;
  /** Events that make any batch with them invalid. */
  readonly poison = new Set<string>();
  /** Events that make any invocation with them fail. */
  readonly crashing = new Set<string>();
  /** Events whose words a proxy before the ingress refuses, and any batch with them. */
  readonly filtered = new Set<string>();
  /** Events at whose words a firewall before the ingress cuts the connection. */
  readonly cut = new Set<string>();
  /** Every request, in order. */
  readonly requests: Delivery[] = [];
  /** Ids as they took effect, each once; and how often a known id came again. */
  readonly told: string[] = [];
  repeated = 0;
  inFlight = 0;
  mostInFlight = 0;
  readonly #answers = new Map<string, DeliveryOutcome>();
  readonly #held = new Set<() => void>();

  readonly send: Send = async (delivery, signal) => {
    this.requests.push(delivery);
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      if (this.mood.is === 'hanging') await this.#hold(signal);
      return signal.aborted ? networkError() : this.#answer(delivery);
    } finally {
      this.inFlight -= 1;
    }
  };

  /** Lets what hangs go on. */
  releaseAll(): void {
    this.mood = { is: 'well' };
    for (const go of this.#held) go();
  }

  #hold(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        this.#held.delete(go);
        resolve();
      };
      this.#held.add(go);
      signal.addEventListener('abort', go, { once: true });
    });
  }

  #answer(delivery: Delivery): DeliveryOutcome {
    const { mood } = this;
    if (mood.is === 'down') return networkError(mood.afterMs);
    if (mood.is === 'refusing') {
      return { kind: 'refused', reason: mood.reason, status: mood.status ?? 401, detail: 'go away' };
    }
    if (idsInBody(delivery.body).some((id) => this.cut.has(id))) return networkError();
    if (idsInBody(delivery.body).some((id) => this.filtered.has(id))) return filtered;
    if (delivery.body.length > this.largestBody) return tooLarge;
    const known = this.#answers.get(delivery.idempotencyKey);
    const answer = known ?? this.#execute(delivery);
    this.#answers.set(delivery.idempotencyKey, answer);
    return mood.is === 'mute' ? networkError() : answer;
  }

  #execute(delivery: Delivery): DeliveryOutcome {
    const ids = idsInBody(delivery.body);
    if (this.mood.is === 'rejecting' || ids.some((id) => this.poison.has(id))) return invalid;
    if (this.mood.is === 'failing' || ids.some((id) => this.crashing.has(id))) return invocationFailed;
    for (const id of ids) {
      if (this.told.includes(id)) this.repeated += 1;
      else this.told.push(id);
    }
    return accepted;
  }
}
