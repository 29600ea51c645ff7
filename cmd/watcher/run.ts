/**
 * The life of an agent: start, run until told to stop, stop in order. The order of stopping is that of the path of a
 * failure: first nothing new is seen, then what was seen is stored, then the Lease is free for another replica, then
 * what is stored is delivered as far as the deadline allows, then everything is closed.
 */
import type { Clock } from '../../internal/platform/clock.ts';
import { stopInOrder, type Stoppable, type StopResult } from '../../internal/platform/lifecycle.ts';
import type { Logger } from '../../internal/platform/log.ts';

export interface Agent {
  /** Resolves once everything is under way; nothing has to answer yet. */
  start(): Promise<void>;
  /** In the order in which they are to stop, each bounded by itself as well. */
  readonly parts: readonly Stoppable[];
}

/** Longest a single part may take to stop beyond what it bounds itself by. */
const PART_DEADLINE_MS = 30_000;

export interface RunOptions {
  readonly shutdown: AbortSignal;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Starts the agent and resolves when it has stopped after `shutdown`. What was started is stopped, also when starting fails. */
export async function runAgent(agent: Agent, { shutdown, clock, logger }: RunOptions): Promise<void> {
  try {
    await agent.start();
    await aborted(shutdown);
    logger.info({ signal: String(shutdown.reason) }, 'stopping: again to stop at once');
  } finally {
    const startedMs = clock.monotonicMs();
    const results = await stopInOrder(clock, PART_DEADLINE_MS, agent.parts);
    for (const result of results) logStop(logger, result);
    logger.info({ tookMs: Math.round(clock.monotonicMs() - startedMs) }, 'stopped');
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function logStop(logger: Logger, result: StopResult): void {
  switch (result.result) {
    case 'stopped':
      logger.debug({ part: result.name, tookMs: Math.round(result.tookMs) }, 'part stopped');
      break;
    case 'failed':
      logger.error({ part: result.name, err: result.error }, 'part failed to stop');
      break;
    case 'timed-out':
      logger.error(
        { part: result.name, deadlineMs: result.deadlineMs },
        'part did not stop in time and was left behind',
      );
      break;
  }
}
