/**
 * What happens to the agents of a soak themselves: one of the two is killed or told to end at random and started again, the
 * other lives on; and the Lease goes wrong, so that each of them leads from time to time.
 */
import type { Random } from '../../internal/platform/random.ts';
import { leaseAt, leaseTroubles } from '../chaos/lease-trouble.ts';
import { pause } from './every.ts';
import { oneOf } from './pace.ts';
import type { SoakAgent } from './soak-agent.ts';

/** A new process begins so much later, at most. */
const LONGEST_PAUSE_MS = 3_000;

/** Ends the agent one way or the other, and starts it again; how. */
export async function endAndStart(agent: SoakAgent, random: Random, signal: AbortSignal): Promise<string> {
  const led = agent.isLeading() ? 'leader' : 'follower';
  const isKill = random.next() < 0.6;
  await agent.end(isKill ? 'SIGKILL' : 'SIGTERM');
  await pause(random.next() * LONGEST_PAUSE_MS, signal);
  await agent.start();
  return `${led} ${isKill ? 'killed' : 'told to end'}`;
}

/** The Lease is deleted, emptied, taken or wordless; what it is. */
export async function troubleLease(
  places: { readonly url: string; readonly token: string },
  random: Random,
): Promise<string> {
  await using lease = leaseAt(places);
  const { name, spec } = oneOf(leaseTroubles, random);
  await lease.make(spec);
  return `Lease ${name}`;
}
