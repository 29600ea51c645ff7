/**
 * Tells the plane what is open: at the start of each term, and every ten minutes from then on. What to tell, and whether
 * anything can be vouched for at all, is the caller's to say; here is when.
 *
 * An extra like the heartbeat: nothing waits for it, and failures cost a line at level debug. What fails is tried again
 * in a minute; a plane without the handler (404) is asked again in an hour. A set is never kept for later: it is made
 * anew, with its own time.
 */
import { sleep, type Clock } from '../platform/clock.ts';
import { describeError } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';
import { jitter, type Random } from '../platform/random.ts';
import { tellOpenIncidents, type OpenIncidents } from './open-incidents.ts';
import type { PlaneClient } from './plane-client.ts';

export interface OpenIncidentsOptions {
  readonly client: PlaneClient;
  readonly clusterId: string;
  /** Names the term we may tell in; undefined while we may not. Asked every few seconds. */
  readonly term: () => string | undefined;
  /** The sets as they are now; undefined while there is none that is surely complete. Asked when it is time to tell. */
  readonly collect: () => Promise<readonly OpenIncidents[] | undefined>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const EVERY_MS = 10 * 60_000;
const EVERY_MS_WITHOUT_HANDLER = 60 * 60_000;
const AGAIN_MS = 60_000;
/** How often it is looked whether it is time: a term has begun, or its first sync is over. */
const LOOK_MS = 5_000;
const JITTER_SHARE = 0.1;

/** Begins to look. Stopping resolves when the call under way has ended. */
export function startOpenIncidents(options: OpenIncidentsOptions): { stop(): Promise<void> } {
  const { clock, random } = options;
  const stopping = new AbortController();
  let told: { readonly term: string; readonly dueAtMs: number } | undefined;
  const look = async (): Promise<void> => {
    const term = options.term();
    if (term === undefined || (told?.term === term && clock.monotonicMs() < told.dueAtMs)) return;
    const pauseMs = await tellAll(options, term, stopping.signal);
    if (pauseMs === undefined) return;
    told = { term, dueAtMs: clock.monotonicMs() + jitter(pauseMs, JITTER_SHARE, random) };
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look();
      await sleep(clock, LOOK_MS, stopping.signal);
    }
  };
  const running = run();
  return {
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}

/** How long to wait for the next time; undefined where there is nothing to tell yet. Never rejects. */
async function tellAll(options: OpenIncidentsOptions, term: string, signal: AbortSignal): Promise<number | undefined> {
  const { logger } = options;
  try {
    const sets = await options.collect();
    if (sets === undefined || options.term() !== term) return undefined;
    const pauses: number[] = [];
    for (const set of sets) pauses.push(await tell(options, set, signal));
    return Math.min(EVERY_MS_WITHOUT_HANDLER, ...pauses);
  } catch (error) {
    logger.debug({ err: describeError(error) }, 'what is open could not be told');
    return AGAIN_MS;
  }
}

async function tell(options: OpenIncidentsOptions, set: OpenIncidents, signal: AbortSignal): Promise<number> {
  const outcome = await tellOpenIncidents(options, set, signal);
  const { incidentKeys, scope } = set;
  options.logger.debug(
    { open: incidentKeys.length, scope, outcome: outcome.kind, status: outcome.status },
    'what is open',
  );
  if (outcome.kind === 'accepted') return EVERY_MS;
  return outcome.status === 404 ? EVERY_MS_WITHOUT_HANDLER : AGAIN_MS;
}
