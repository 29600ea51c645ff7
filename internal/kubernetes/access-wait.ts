/**
 * Waits for a right before it is used, so that nothing is tried in vain: asks at once, then again and again, soon at
 * first, since an API server that has just started denies for some seconds what it allows.
 */
import { sleep, type Clock } from '../platform/clock.ts';
import { jitter, type Random } from '../platform/random.ts';
import { canIAll } from './access.ts';
import type { Subject } from './transport-status.ts';
import type { ApiTransport } from './transport.ts';

export interface AccessWaitOptions {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Every one of these verbs is needed. */
  readonly verbs: readonly Subject['verb'][];
  readonly about: Omit<Subject, 'verb'>;
  /** The longest pause between two questions. */
  readonly atLastMs: number;
  /** Called once, with the first no. */
  readonly onDenied: () => void;
}

const ASK_AGAIN_MS = 2_000;

/**
 * Resolves with true once it is allowed, with false once the signal is aborted. Where the question can't be asked it
 * counts as allowed: whoever uses the right finds out, with a back-off of its own.
 */
export async function waitForAccess(options: AccessWaitOptions): Promise<boolean> {
  const { transport, clock, random, signal, verbs, about, atLastMs, onDenied } = options;
  for (let pauseMs = ASK_AGAIN_MS, noes = 0; ; pauseMs = Math.min(2 * pauseMs, atLastMs)) {
    const isAllowed = await canIAll(transport, verbs, about, signal).catch(() => true);
    if (isAllowed || signal.aborted) return !signal.aborted;
    if (noes++ === 0) onDenied();
    await sleep(clock, jitter(pauseMs, 0.2, random), signal);
  }
}
