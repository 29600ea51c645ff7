import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { Exchange } from '../../../internal/restate/exchange.ts';
import type { OpenIncidents } from '../../../internal/restate/open-incidents.ts';
import { startOpenIncidents } from '../../../internal/restate/open-incidents-duty.ts';
import { openIncidentsSchema } from '../../../internal/restate/wire-schema.ts';
import { collectingLogger } from '../../support/collecting-logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { answered, stubPlane, unreachable } from '../../support/stub-plane.ts';

const MINUTE_MS = 60_000;
/** Ms until the next look has surely come. */
const SOON_MS = 6_000;

function rig(t: TestContext, ...answers: readonly Exchange[]) {
  const clock = new ManualClock();
  const plane = stubPlane(...answers);
  const { logger, lines } = collectingLogger();
  const agent: {
    term: string | undefined;
    sets: readonly OpenIncidents[] | undefined;
    whileGathering?: () => void;
  } = {
    term: '1',
    sets: [{ incidentKeys: ['a', 'b'], observedAtMs: clock.now() }],
  };
  const duty = startOpenIncidents({
    ...{ client: plane.client, clusterId: 'c-1', clock, logger, random: { next: () => 0.5, hex: () => '' } },
    term: () => agent.term,
    collect: () => {
      agent.whileGathering?.();
      return Promise.resolve(agent.sets);
    },
  });
  t.after(() => duty.stop());
  return { ...plane, clock, agent, lines, duty };
}

describe('what is open', () => {
  test('is told at the start of a term and every ten minutes, with the time it was true at', async (t) => {
    const { clock, calls, bodies, duty } = rig(t, answered(200));
    await clock.advance(0);
    assert.deepEqual(calls[0]?.target, ['ProjectService', 'c-1', 'onOpenIncidents']);
    const expected = { observed_at: '2026-01-01T00:00:00.000Z', incident_keys: ['a', 'b'] };
    assert.deepEqual(bodies()[0], expected);
    assert.ok(openIncidentsSchema.safeParse(bodies()[0]).success);
    await clock.advance(9 * MINUTE_MS);
    assert.equal(calls.length, 1);
    await clock.advance(20 * MINUTE_MS);
    assert.equal(calls.length, 3);
    await duty.stop();
    assert.equal(clock.pendingTimers, 0);
  });

  test('is told anew as soon as another term begins', async (t) => {
    const { clock, calls, agent } = rig(t, answered(200));
    await clock.advance(MINUTE_MS);
    agent.term = undefined;
    await clock.advance(20 * MINUTE_MS);
    assert.equal(calls.length, 1);
    agent.term = '2';
    await clock.advance(SOON_MS);
    assert.equal(calls.length, 2);
  });

  test('is not told while it is not surely complete, and then at once', async (t) => {
    const { clock, calls, agent } = rig(t, answered(200));
    const { sets } = agent;
    agent.sets = undefined;
    await clock.advance(30 * MINUTE_MS);
    const before = calls.length;
    agent.sets = sets;
    await clock.advance(SOON_MS);
    assert.deepEqual([before, calls.length], [1, 2]);
  });

  test('is not told where the term ended while it was gathered', async (t) => {
    const { clock, calls, agent } = rig(t, answered(200));
    await clock.advance(0);
    agent.term = '2';
    agent.whileGathering = () => (agent.term = undefined);
    await clock.advance(MINUTE_MS);
    assert.equal(calls.length, 1);
  });

  test('names the part of the cluster it is complete for', async (t) => {
    const { clock, bodies, agent } = rig(t, answered(200));
    agent.term = '2';
    agent.sets = ['node 1', 'no node'].map((scope) => ({ incidentKeys: [], observedAtMs: clock.now(), scope }));
    await clock.advance(SOON_MS);
    const scopes = bodies().map((body) => (body as { scope?: string }).scope);
    assert.deepEqual(scopes.slice(-2), ['node 1', 'no node']);
  });

  test('is tried again in a minute where it failed, and in an hour where the plane has no handler for it', async (t) => {
    const { clock, calls, lines } = rig(t, unreachable, answered(404, {}, 'ingress'), answered(200));
    await clock.advance(2 * MINUTE_MS);
    assert.equal(calls.length, 2);
    await clock.advance(55 * MINUTE_MS);
    assert.equal(calls.length, 2);
    await clock.advance(10 * MINUTE_MS);
    assert.equal(calls.length, 3);
    assert.ok(lines.every(({ level }) => level === 'debug'));
  });
});
