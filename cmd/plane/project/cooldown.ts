/**
 * A cluster's own cooldown, from its remote settings: kept in the head of its state, so that a delivery needs no further
 * read to know it.
 */
import type { ObjectContext } from '@restatedev/restate-sdk';
import type { Memories } from './memories.ts';
import { emptyHead, type Head } from './state.ts';

/** Sets it, or with undefined gives the cluster the plane's again. */
export async function useCooldown(
  context: ObjectContext,
  cooldownMs: number | undefined,
  memories: Memories,
): Promise<void> {
  const head = (await context.get<Head>('head')) ?? emptyHead();
  if (head.cooldownMs === cooldownMs) return;
  if (cooldownMs === undefined) delete head.cooldownMs;
  else head.cooldownMs = cooldownMs;
  const held = memories.take(context.key);
  const isUpToDate = held?.stamp === head.stamp;
  // A new stamp, since deliveries are decided from memory before they have read the head.
  head.stamp = String(context.request().id);
  context.set('head', head);
  if (isUpToDate) memories.put(context.key, { stamp: head.stamp, memory: held.memory, cooldownMs });
}
