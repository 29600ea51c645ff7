/**
 * What the API server and the network before it do to the agents of a soak, one thing at a time. Nothing is done to the
 * judge's own lister but what takes the whole server away.
 */
import type { Random } from '../../internal/platform/random.ts';
import type { Fault } from '../support/simulated-apiserver/faults.ts';
import type { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';
import { pause } from './every.ts';
import { drawnMs, oneOf, type Pace } from './pace.ts';

/** The user that agents are; see also world-process.ts. */
export const AGENT_USER = 'agent';

interface ApiFault {
  readonly name: string;
  readonly isSlowToNotice?: boolean;
  readonly happen: (surroundings: Surroundings) => Promise<void> | void;
}

interface Surroundings {
  readonly server: SimulatedApiServer;
  readonly pace: Pace;
  readonly random: Random;
  readonly signal: AbortSignal;
}

const agents = { user: AGENT_USER };
const watches = { ...agents, verb: 'watch' };
const lists = { ...agents, verb: 'list' };

function endWatches({ server, random }: Surroundings): void {
  for (const watch of server.watches.open(agents)) if (random.next() < 0.7) watch.end();
}

/** The next watches break like that, and those open now end. */
const streams =
  (fault: (frames: number) => Fault): ApiFault['happen'] =>
  (around) => {
    around.server.faults.add(watches, fault(Math.floor(around.random.next() * 50)), { times: 2 });
    endWatches(around);
  };

/** The next requests are answered so, and watches end, so that there are some. */
const answers =
  (matcher: typeof lists | typeof agents, fault: Fault, times: number): ApiFault['happen'] =>
  (around) => {
    around.server.faults.add(matcher, fault, { times });
    endWatches(around);
  };

const apiFaults: readonly ApiFault[] = [
  { name: 'watches end', happen: endWatches },
  { name: 'connections reset', happen: ({ server }) => server.cutConnections() },
  {
    name: 'history compacted, watches end',
    happen: (around) => {
      around.server.compact();
      endWatches(around);
    },
  },
  { name: 'watch cut within a frame', happen: streams((afterFrames) => ({ kind: 'reset-in-frame', afterFrames })) },
  { name: 'watch ends within a frame', happen: streams((afterFrames) => ({ kind: 'end-in-frame', afterFrames })) },
  {
    name: 'watch that brings garbage',
    happen: streams((afterFrames) => ({ kind: 'inject', bytes: '!', afterFrames })),
  },
  {
    name: 'watch expires (410)',
    happen: streams((afterFrames) => ({
      kind: 'error-event',
      afterFrames,
      status: {
        ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' },
        ...{ message: 'too old resource version', reason: 'Expired', code: 410 },
      },
    })),
  },
  {
    name: 'silent watch',
    isSlowToNotice: true,
    happen: streams((afterFrames) => ({ kind: 'black-hole', afterFrames })),
  },
  { name: 'list cut short', happen: answers(lists, { kind: 'truncate' }, 2) },
  { name: 'list reset', happen: answers(lists, { kind: 'reset-body' }, 2) },
  { name: 'list page expired', happen: answers(lists, { kind: 'expired' }, 2) },
  { name: 'too many requests (429)', happen: answers(agents, { kind: 'status', code: 429, retryAfter: 1 }, 8) },
  { name: 'server errors (500)', happen: answers(agents, { kind: 'status', code: 500 }, 6) },
  { name: 'slow answers', happen: answers(agents, { kind: 'delay', ms: 1_500 }, 12) },
  { name: 'no answer', isSlowToNotice: true, happen: answers(agents, { kind: 'hang' }, 2) },
  {
    name: 'API server away',
    happen: async ({ server, pace, random, signal }) => {
      await server.stopListening();
      await pause(drawnMs(pace.apiAwayMs, random), signal);
      await server.listen();
    },
  },
];

/** One of them; its name. */
export async function oneApiFault(around: Surroundings): Promise<string> {
  const possible = apiFaults.filter((one) => around.pace.hasSilentWatches || one.isSlowToNotice !== true);
  const fault = oneOf(possible, around.random);
  await fault.happen(around);
  return fault.name;
}
