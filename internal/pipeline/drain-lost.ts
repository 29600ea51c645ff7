/**
 * The last word on what a memory outbox takes with it when the process ends: never lost in silence.
 */
import type { Logger } from '../platform/log.ts';
import type { DrainObserver } from './drain-observer.ts';
import type { Outbox } from './outbox.ts';

/** So many events are named in one log line; the rest is in the count. */
const NAMED = 100;

/** Counts and names what is lost of the `left` events; 0 for an outbox that keeps them. */
export async function nameTheLost(
  { outbox, observer, logger }: { readonly outbox: Outbox; readonly observer: DrainObserver; readonly logger: Logger },
  left: number,
): Promise<number> {
  if (outbox.promise === 'durable' || left === 0) return 0;
  const events = (await outbox.list(0, left).catch(() => [])).map((listed) => listed.event);
  observer.lost(events);
  const names = events.slice(0, NAMED).map(({ namespace, pod, eventId }) => `${namespace}/${pod} ${eventId}`);
  const lost = { lost: left, events: names, code: 'OUTBOX_IN_MEMORY' } as const;
  logger.error(lost, 'the outbox is in memory: these events were not delivered and are lost');
  return left;
}
