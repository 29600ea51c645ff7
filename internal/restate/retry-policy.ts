/**
 * How often and when an attempt is repeated before its batch goes back to the outbox: after 0.5, 1 and 2 s, each moved by
 * up to a fifth so that agents don't march in step. Pure.
 *
 * Only what may heal within seconds and under the same key is repeated here. A handler's error needs another key, a
 * refusal a person, and an open breaker half a minute; those go back at once, and so does a batch whose plane asks for
 * a longer pause than a sender should be held for: the outbox keeps that time.
 */
import type { DeliveryOutcome } from '../pipeline/delivery.ts';
import { jitter, type Random } from '../platform/random.ts';

/** The pauses before the second, third and fourth attempt. */
export const RETRY_PAUSES_MS: readonly number[] = [500, 1000, 2000];

/** Longest pause asked for by Retry-After that is waited for with the batch in hand. */
const LONGEST_PAUSE_IN_HAND_MS = 5_000;

const JITTER_SHARE = 0.2;

export type RetryDecision =
  | { readonly retry: true; readonly reason: 'may-heal'; readonly pauseMs: number }
  | {
      readonly retry: false;
      readonly reason: 'settled' | 'needs-new-key' | 'breaker-open' | 'asked-to-wait' | 'attempts-spent';
    };

/** What to do after attempt `attempt` (the first is 1) came to `outcome`. */
export function decideRetry(outcome: DeliveryOutcome, attempt: number, random: Random): RetryDecision {
  if (outcome.kind !== 'retry') return { retry: false, reason: 'settled' };
  if (outcome.key === 'next-generation') return { retry: false, reason: 'needs-new-key' };
  if (outcome.reason === 'breaker-open') return { retry: false, reason: 'breaker-open' };
  const pauseMs = RETRY_PAUSES_MS[attempt - 1];
  if (pauseMs === undefined) return { retry: false, reason: 'attempts-spent' };
  const askedMs = outcome.afterMs ?? 0;
  if (askedMs > LONGEST_PAUSE_IN_HAND_MS) return { retry: false, reason: 'asked-to-wait' };
  return { retry: true, reason: 'may-heal', pauseMs: Math.max(askedMs, jitter(pauseMs, JITTER_SHARE, random)) };
}
