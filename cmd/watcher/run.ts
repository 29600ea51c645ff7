/**
 * The life of an agent: start, run until told to stop, stop in order. The order of stopping is that of the path of a
 * failure: first nothing new is seen, then what was seen is stored, then the Lease is free for another replica, then
 * what is stored is delivered as far as the deadline allows, then everything is closed.
 */
import type { Clock } from '../../internal/platform/clock.ts';
import { aborted, stopInOrder, type Stoppable, type StopResult } from '../../internal/platform/lifecycle.ts';
import type { Logger } from '../../internal/platform/log.ts';

export interface Agent {
  /** Resolves once everything is under way; nothing has to answer yet. */
  start(): Promise<void>;
  /** In the order in which they are to stop. */
  readonly parts: readonly Stoppable[];
  /** How long an orderly end may take as a whole (--drain-timeout). */
  readonly stopDeadlineMs: number;
}

export interface RunOptions {
  readonly shutdown: AbortSignal;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Starts the agent and resolves when it has stopped after `shutdown`. What was started is stopped, also when starting fails. */
export async function runAgent(agent: Agent, options: RunOptions): Promise<'in-order' | 'parts-left-behind'> {
  const { shutdown, logger } = options;
  try {
    await agent.start();
    await aborted(shutdown);
    logger.info({ signal: String(shutdown.reason) }, 'stopping: again to stop at once');
  } catch (error) {
    await stop(agent, options);
    throw error;
  }
  return stop(agent, options);
}

async function stop(agent: Agent, { clock, logger }: RunOptions): Promise<'in-order' | 'parts-left-behind'> {
  const startedMs = clock.monotonicMs();
  const results = await stopInOrder(clock, agent.stopDeadlineMs, agent.parts);
  for (const result of results) logStop(logger, result);
  logger.info({ tookMs: Math.round(clock.monotonicMs() - startedMs) }, 'stopped');
  return results.some(({ result }) => result === 'timed-out') ? 'parts-left-behind' : 'in-order';
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
        { part: result.name, deadlineMs: result.deadlineMs, code: 'STOP_TIMED_OUT' },
        'part did not stop in time and was left behind',
      );
      break;
  }
}
