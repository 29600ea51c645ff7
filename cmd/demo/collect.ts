/**
 * Waits until the plane has received what is expected, and then a little longer: what is told twice or by mistake would
 * come late. Ends early where everything is there, where the agent is gone, and where the user wants to stop.
 */
import { sleep, type Clock } from '../../internal/platform/clock.ts';
import { judge, type Expectation, type Received, type Silence } from './verdict.ts';

export interface Collection {
  readonly expectations: readonly Expectation[];
  readonly silences: readonly Silence[];
  readonly patienceMs: number;
  /** Everything the plane has, in the order of arrival. */
  readonly ask: () => Promise<readonly Received[]>;
  /** True where nothing more can come. */
  readonly isOver: () => boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const ASK_EVERY_MS = 50;

/** Longer than the agent lets a failure linger for company (1 s). */
const SETTLE_MS = 1500;

/** What the plane has received in the end. */
export async function collect(collection: Collection): Promise<readonly Received[]> {
  const { expectations, silences, patienceMs, ask, isOver, clock, signal } = collection;
  const deadlineMs = clock.monotonicMs() + patienceMs;
  while (!signal.aborted && !isOver() && clock.monotonicMs() < deadlineMs) {
    if (judge(expectations, silences, await ask()).missing.length === 0) break;
    await sleep(clock, ASK_EVERY_MS, signal);
  }
  await sleep(clock, SETTLE_MS, signal);
  return ask();
}
