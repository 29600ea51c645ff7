/**
 * Tells the plane the complete set of incidents open in a fully synced scope, so that it closes what is absent and older.
 * The caller vouches for "complete": a set from a partial sync would close what is still going on.
 *
 * One attempt; the caller tells the set again ten minutes later anyway. A plane without the handler (404) needs none.
 */
import type { Clock } from '../platform/clock.ts';
import { outcomeOf } from './outcome.ts';
import type { PlaneClient } from './plane-client.ts';
import type { DeliveryOutcome } from '../pipeline/delivery.ts';

export interface OpenIncidents {
  readonly incidentKeys: readonly string[];
  /** When the set was true. Ms since the epoch. */
  readonly observedAtMs: number;
  /** Of which part of the cluster the set is complete, as in the events of that part; undefined for all of it. */
  readonly scope?: string | undefined;
}

/** Sends the set. Never rejects. */
export async function tellOpenIncidents(
  { client, clusterId, clock }: { readonly client: PlaneClient; readonly clusterId: string; readonly clock: Clock },
  open: OpenIncidents,
  signal: AbortSignal,
): Promise<DeliveryOutcome> {
  const { incidentKeys: incident_keys, observedAtMs, scope } = open;
  const message = { observed_at: new Date(observedAtMs).toISOString(), incident_keys, scope };
  const target = ['ProjectService', clusterId, 'onOpenIncidents'];
  return outcomeOf(await client.call({ target, body: Buffer.from(JSON.stringify(message)) }, signal), clock.now());
}
