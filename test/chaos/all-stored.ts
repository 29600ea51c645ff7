/** Waits until the outbox of an agent holds what a scenario injected. */
import { until } from '../support/e2e-until.ts';
import type { ChaosAgent } from './chaos-agent.ts';
/** Resolves when the outbox holds so many and no more are on their way: what is over is told as well. */
export async function allStored(agent: ChaosAgent, failures: number): Promise<void> {
  let before = 0;
  await until(
    'all are in the outbox',
    async () => {
      const now = (await agent.metric('watcher_queue_depth')) ?? 0;
      const isSettled = now >= failures && now === before;
      before = now;
      return isSettled;
    },
    120_000,
  );
}
