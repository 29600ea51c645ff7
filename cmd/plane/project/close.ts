/**
 * Closing what is absent from a complete set of open incidents and older than it. The set comes every ten minutes and
 * closes nothing most of the time; then nothing is written.
 */
import type { ObjectContext } from '@restatedev/restate-sdk';
import { absentIncidents, type OpenSet } from './decide.ts';
import { packed } from './entry.ts';
import type { Memories } from './memories.ts';
import { addEntries, emptyHead, readMemory, type Head } from './state.ts';

/** Closes and says how many. */
export async function closeAbsent(context: ObjectContext, open: OpenSet, memories: Memories): Promise<number> {
  const head = (await context.get<Head>('head')) ?? emptyHead();
  // Always from the state: what another process remembers must not change the steps of a replay.
  const memory = await readMemory(context, head);
  const absent = absentIncidents(memory, open);
  if (absent.length > 0) {
    const entries = absent.map((name) => packed('c', name, open.observedAtMs)).join('');
    addEntries(context, head, entries);
    memory.add(entries);
    head.counts.closed += absent.length;
    head.stamp = String(context.request().id);
    context.set('head', head);
  }
  memories.put(context.key, { stamp: head.stamp, memory, cooldownMs: head.cooldownMs });
  return absent.length;
}
