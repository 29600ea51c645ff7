/** What a Lease says of a leader that lags behind: how far back the next one has to look. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LeaderElector } from '../../../internal/kubernetes/leader.ts';
import type { Term } from '../../../internal/kubernetes/leader-term.ts';
import { silentLogger } from '../../../internal/platform/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryLease } from '../../support/memory-lease.ts';

function setUp() {
  const clock = new ManualClock();
  const server = new MemoryLease(clock);
  const candidate = (identity: string, isAllTold: () => boolean, transport = server.transportOf(identity)) => {
    const terms: Term[] = [];
    const events = {
      onStartedLeading: (term: Term) => void terms.push(term),
      onStoppedLeading: () => undefined,
      onNewLeader: () => undefined,
    };
    const elector = new LeaderElector({
      ...{ lease: { namespace: 'agents', name: 'lock' }, identity, transport },
      ...{ clock, random: { next: () => 0.999, hex: () => 'abc' }, logger: silentLogger(), events, isAllTold },
    });
    elector.start();
    return { elector, terms };
  };
  return { clock, server, candidate };
}

/** The leader dies, and another follows that does not know how far back anything was told. */
async function nextLooksBackOverAll({ clock, server, candidate }: ReturnType<typeof setUp>, dying: LeaderElector) {
  server.faults.set('dying', 'hang');
  const next = candidate('next', () => true);
  await clock.advance(60_000);
  assert.equal(next.terms.length, 1);
  assert.equal(next.terms[0]?.previousRenewAtMs, undefined);
  await Promise.all([dying.stop(), next.elector.stop()]);
}

test('a leader that dies with failures it could not store has the next one look back to before them', async () => {
  const { clock, server, candidate } = setUp();
  let isAllTold = true;
  const dying = candidate('dying', () => isAllTold);
  await clock.advance(60_000);
  const fullSinceMs = clock.now();
  isAllTold = false;
  await clock.advance(3_600_000);
  server.faults.set('dying', 'hang');
  const next = candidate('next', () => true);
  await clock.advance(60_000);
  const untilMs = next.terms[0]?.previousRenewAtMs ?? Infinity;
  assert.ok(untilMs <= fullSinceMs && untilMs > fullSinceMs - 10_000, `${fullSinceMs - untilMs} ms before`);
  await Promise.all([dying.elector.stop(), next.elector.stop()]);
});

test('a leader that dies before it has told anything leaves the look-back to the next as it was', async () => {
  const { clock, server, candidate } = setUp();
  const first = candidate('first', () => true);
  await clock.advance(60_000);
  await first.elector.stop();
  const endedMs = Math.trunc(clock.now());
  await clock.advance(3_600_000);
  const dying = candidate('dying', () => false);
  await clock.advance(0);
  server.faults.set('dying', 'hang');
  const next = candidate('next', () => true);
  await clock.advance(60_000);
  assert.equal(next.terms[0]?.previousRenewAtMs, endedMs);
  await Promise.all([dying.elector.stop(), next.elector.stop()]);
});

test('a replica that ends before it knows that it leads gives the Lease back with what it said before', async () => {
  const { clock, server, candidate } = setUp();
  const full = candidate('full', () => false);
  await clock.advance(60_000);
  const said = server.lease?.metadata['annotations'];
  server.faults.set('full', 'hang');
  const transport = server.transportOf('taker');
  const lost: string[] = [];
  const taker = candidate('taker', () => true, {
    ...transport,
    request: async (request, options) => {
      const answer = await transport.request(request, options);
      if (request.method !== 'PUT' || lost.length > 0) return answer;
      lost.push(request.path);
      return new Promise(() => undefined);
    },
  });
  while (lost.length === 0) await clock.advance(500);
  await taker.elector.stop();
  assert.equal(taker.terms.length, 0);
  assert.equal(server.holder, '');
  const next = candidate('next', () => true);
  await clock.advance(10_000);
  assert.equal(next.terms[0]?.previousRenewAtMs, undefined, `nothing was ever told: ${JSON.stringify(said)}`);
  await Promise.all([full.elector.stop(), next.elector.stop()]);
});

test('the first leader of all, or the one that makes a deleted Lease anew, claims to have told nothing until it has', async () => {
  const world = setUp();
  const { clock, candidate } = world;
  const dying = candidate('dying', () => false);
  await clock.advance(10_000);
  assert.equal(dying.terms[0]?.previousRenewAtMs, undefined);
  await nextLooksBackOverAll(world, dying.elector);
});

test('who takes a Lease without a word in it claims to have told nothing until it has', async () => {
  const world = setUp();
  const { clock, server, candidate } = world;
  const first = candidate('first', () => true);
  await clock.advance(10_000);
  await first.elector.stop();
  const fields = ['holderIdentity', 'renewTime', 'acquireTime', 'leaseTransitions', 'leaseDurationSeconds'];
  server.edit(Object.fromEntries(fields.map((field) => [field, undefined])));
  const dying = candidate('dying', () => true);
  await clock.advance(0);
  assert.equal(dying.terms.length, 1);
  await nextLooksBackOverAll(world, dying.elector);
});

test('once all is told, a Lease says no more than its renewTime', async () => {
  const { clock, server, candidate } = setUp();
  let isAllTold = false;
  const { elector } = candidate('a', () => isAllTold);
  await clock.advance(10_000);
  assert.ok(server.lease?.metadata['annotations'] !== undefined);
  isAllTold = true;
  await clock.advance(10_000);
  assert.deepEqual(server.lease.metadata['annotations'], {});
  await elector.stop();
});
