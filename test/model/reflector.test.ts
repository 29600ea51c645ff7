/**
 * Whatever happens to objects and to the connection, in whatever order: once the faults are over the sink equals the
 * server, no object has ever gone back in time, and none was removed that the server had not removed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Reflector } from '../../internal/kubernetes/reflector.ts';
import type { ReflectorLimits } from '../../internal/kubernetes/reflector-types.ts';
import { silentLogger } from '../../internal/platform/log.ts';
import { HistoryServer, type Fault } from '../support/history-server.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RecordingSink, things } from '../support/reflector-rig.ts';

type Action =
  | { readonly kind: 'put' | 'remove'; readonly uid: string }
  | { readonly kind: 'fault'; readonly fault: Fault }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'compact' | 'bookmark' | 'resync' };

const uid = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g');
const status = fc.constantFrom(400, 401, 403, 404, 406, 410, 422, 429, 500, 503, 504);
const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ kind: fc.constant('status' as const), status }),
  fc.record({ kind: fc.constant('status in stream' as const), status }),
  fc.record({ kind: fc.constantFrom('hang', 'reset', 'reset in a frame', 'end', 'garbage', 'freeze') }),
);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom('put', 'remove'), uid }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('fault' as const), fault }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 900, 5000, 200_000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('compact', 'bookmark', 'resync') }) },
);

interface World {
  readonly server: HistoryServer;
  readonly clock: ManualClock;
  readonly sink: CheckingSink;
  readonly reflector: Reflector<{ uid: string; resourceVersion: string; name: string }>;
}

/** A sink that sees to it that no object goes back in time. */
class CheckingSink extends RecordingSink {
  readonly #latest = new Map<string, number>();

  constructor() {
    super();
    this.onCall = (words) => {
      const [verb, what = ''] = words.split(' ');
      if (verb === 'upsert') {
        const [id = '', version = ''] = what.split('@');
        assert.ok(Number(version) >= (this.#latest.get(id) ?? 0), `${words} goes back in time`);
        this.#latest.set(id, Number(version));
      }
      this.calls.length = 0;
    };
  }
}

function world(limits: Partial<ReflectorLimits>, streamsLists: boolean, seed: number): World {
  const clock = new ManualClock();
  const server = new HistoryServer(clock);
  server.streamsLists = streamsLists;
  for (const id of ['a', 'b', 'c', 'd', 'e']) server.put(id);
  const sink = new CheckingSink();
  let roll = seed;
  const random = { next: () => (roll = (roll * 16_807) % 2_147_483_647) / 2_147_483_647, hex: () => '' };
  const logger = silentLogger();
  const reflector = new Reflector({ resource: things, sink, transport: server, clock, random, logger, limits });
  return { server, clock, sink, reflector };
}

async function perform({ server, clock, reflector }: World, next: Action): Promise<void> {
  switch (next.kind) {
    case 'put':
      server.put(next.uid);
      break;
    case 'remove':
      server.remove(next.uid);
      break;
    case 'fault':
      server.break(next.fault);
      break;
    case 'wait':
      await clock.advance(next.ms);
      break;
    case 'compact':
      server.compact();
      break;
    case 'bookmark':
      server.bookmark();
      break;
    case 'resync':
      reflector.resync('model');
      break;
  }
}

const arbitraryWorld = fc.record({
  actions: fc.array(action, { maxLength: 40 }),
  streamsLists: fc.boolean(),
  asksForStreams: fc.boolean(),
  pageItems: fc.constantFrom(1, 2, 500),
  seed: fc.integer({ min: 1, max: 2_147_483_646 }),
});

test('the sink converges to the server whatever happens in between', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryWorld, async ({ actions, streamsLists, asksForStreams, pageItems, seed }) => {
      const limits = { pageItems, streamingList: asksForStreams ? 'try' : 'never' } as const;
      const it = world(limits, streamsLists, seed);
      it.reflector.start();
      for (const next of actions) await perform(it, next);
      it.server.heal();
      // The longest back-off there is, behind the longest time until a dead connection is noticed, and once more.
      for (let round = 0; round < 4; round++) await it.clock.advance(200_000);
      assert.equal(it.reflector.state.kind, 'Watching');
      assert.deepEqual(new Map([...it.sink.kept].sort()), truth(it.server));
      await it.reflector.stop();
      assert.equal(it.clock.pendingTimers, 0);
    }),
    { numRuns: 300 },
  );
});

test('a server that answers nothing but errors is asked no more than 0.3 times a second', async () => {
  await fc.assert(
    fc.asyncProperty(status, fc.integer({ min: 1, max: 1e9 }), async (code, seed) => {
      const it = world({ streamingList: 'never' }, false, seed);
      for (let fill = 0; fill < 2000; fill++) it.server.break({ kind: 'status', status: code });
      it.reflector.start();
      await it.clock.advance(300_000);
      assert.ok(it.server.requests <= 0.3 * 300, `${it.server.requests} requests in 300 s`);
      await it.reflector.stop();
    }),
    { numRuns: 11 },
  );
});

function truth(server: HistoryServer): Map<string, string> {
  return new Map([...server.things].sort().map(([id, version]) => [id, String(version)]));
}
