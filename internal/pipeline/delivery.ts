/**
 * What became of one attempt to deliver a batch. internal/restate makes it from the answer of the plane; drain.ts acts
 * on it. The kind says what to do, the reason why; the reason is the metric's label and the log's field.
 */

/** The handlers of the plane a batch may be for. */
export type PlaneHandler = 'onPodEvent' | 'onPodEvents';

/** A batch as it goes over the wire: these bytes under this key, at each attempt the same. */
export interface Delivery {
  readonly handler: PlaneHandler;
  /** SHA-256 over handler, generation and exact body bytes, in hexadecimal. */
  readonly idempotencyKey: string;
  readonly body: Uint8Array;
  readonly events: number;
}

export type DeliveryOutcome =
  | { readonly kind: 'accepted'; readonly reason: 'executed' | 'queued'; readonly status: number }
  | {
      /** Try again: under the same key, or, where the plane's error is remembered under that key, under the next one. */
      readonly kind: 'retry';
      readonly key: 'same' | 'next-generation';
      readonly reason: RetryReason;
      readonly status: number;
      /** What the plane asked for, bounded; undefined leaves the pause to the caller. */
      readonly afterMs: number | undefined;
      readonly detail: string;
    }
  | {
      /** Something in this batch cannot be taken as it is: halve it; what is alone and still not taken is quarantined or trimmed. */
      readonly kind: 'split';
      readonly reason: 'invalid' | 'too-large';
      readonly status: number;
      readonly detail: string;
    }
  | {
      /** The plane takes nothing from us as things stand. Keep all, say so, probe slowly. */
      readonly kind: 'refused';
      readonly reason: RefusalReason;
      readonly status: number;
      readonly detail: string;
    };

export type RetryReason =
  'network' | 'timeout' | 'breaker-open' | 'ingress-busy' | 'ingress-error' | 'invocation-failed' | 'unexpected-answer';

export type RefusalReason = 'unauthorized' | 'not-registered' | 'redirected' | 'not-the-plane' | 'bad-request';

/** Delivers once, with all retries of its own inside. Never rejects: whatever happens is an outcome. */
export type Send = (delivery: Delivery, signal: AbortSignal) => Promise<DeliveryOutcome>;
