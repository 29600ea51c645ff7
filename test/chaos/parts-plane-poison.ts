/**
 * R-24 on the reference plane and a real Restate server: one event of a hundred that the plane calls invalid. R-25: bodies
 * too large for the ingress, batches and single events. R-26-words: a firewall before the ingress that refuses one event for
 * its words, with the answers that refused credentials give.
 */
import assert from 'node:assert/strict';
import { anEvent } from '../support/event-builder.ts';
import type { Fault } from '../support/scripted-ingress.ts';
import { startPlaneServer, type PlaneServer } from '../support/plane-server.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';
import { startDelivery } from './parts-delivery.ts';
import { addTallies, tally, type Tally } from './parts-tally.ts';
import type { Scenario, ScenarioRow, ScenarioRun } from './scenario.ts';

const EVENTS = 100;
/** Halving a hundred takes seven steps of two requests. */
const MORE_REQUESTS = 14;

async function poison({ form }: ScenarioRun): Promise<ScenarioRow> {
  const plane = await startPlaneServer();
  try {
    const places = form === 'long' ? Array.from({ length: 20 }, (_, index) => index * 5 + 2) : [0, 37, 99];
    const tallies: Tally[] = [];
    for (const place of places) tallies.push(await onePoison(plane, place));
    const note = `one of ${EVENTS} quarantined as invalid, found in at most ${MORE_REQUESTS} more requests`;
    return { faultsInjected: places.length, ...addTallies(tallies), recoveriesMs: [], note };
  } finally {
    await plane.stop();
  }
}

async function onePoison(plane: PlaneServer, place: number): Promise<Tally> {
  const clusterId = `poison-${place}`;
  await using rig = await startDelivery({ speed: 1, url: plane.url, clusterId, timeoutMs: 20_000 });
  const poisoned = anEvent(`poison-${place}`, {
    pod_uid: `uid-poison-${place}`,
    restart_count: 'x' as unknown as number,
  });
  await rig.appendAround(EVENTS, place, poisoned);
  await rig.drained();
  const quarantined = await rig.outbox.quarantined();
  assert.deepEqual(
    quarantined.map(({ eventId, reason }) => [eventId, reason]),
    [[poisoned.event_id, 'invalid']],
  );
  // What is appended may leave in two batches, of which only one is ill.
  assert.ok(rig.attempts.length <= MORE_REQUESTS + 2, `${rig.attempts.length} requests at place ${place}`);
  await rig.append(EVENTS / 2);
  await rig.drained();
  const received = (await plane.received(clusterId)).map(({ event }) => event.event_id);
  return tally(rig.appended, received, [poisoned.event_id]);
}

const KIBIBYTE = 1024;
const LIMIT_BYTES = 64 * KIBIBYTE;

async function tooLarge({ form }: ScenarioRun): Promise<ScenarioRow> {
  const tallies: Tally[] = [];
  const times = form === 'long' ? 20 : 3;
  for (let time = 0; time < times; time++) {
    await using rig = await startDelivery({ speed: 20, timeoutMs: 60_000, bodyLimitBytes: LIMIT_BYTES });
    await rig.append(EVENTS, 2 * KIBIBYTE);
    await rig.append(1, 2 * LIMIT_BYTES);
    await rig.append(EVENTS, 2 * KIBIBYTE);
    await rig.drained();
    assert.equal(rig.outbox.stats().quarantined, 0);
    const bodies = rig.ingress.executed.map(({ body }) => body);
    assert.ok(bodies.every((body) => body.length <= LIMIT_BYTES));
    assert.equal(
      bodies.filter((body) => body.includes('"truncated":true')).length,
      1,
      'the large one is trimmed and says so',
    );
    tallies.push(tally(rig.appended, rig.executed()));
  }
  const note = 'split until it fits; an event too large by itself is trimmed and says so';
  return { faultsInjected: times, ...addTallies(tallies), recoveriesMs: [], note };
}

const WORDS = 'select * from users where 1=1';
const blocks: readonly Fault[] = [
  { kind: 'answer', status: 403 },
  { kind: 'answer', status: 400, headers: { 'content-type': 'application/json' }, body: '{"blocked":true}' },
  { kind: 'answer', status: 403, headers: { 'content-type': 'text/html' }, body: '<html>Request blocked</html>' },
];

async function forItsWords({ form }: ScenarioRun): Promise<ScenarioRow> {
  const places = form === 'long' ? [0, 1, 37, 50, 98, 99] : [37];
  const runs = places.flatMap((place) => blocks.map((block) => ({ place, block })));
  const tallies = await Promise.all(runs.map(({ place, block }) => oneRefused(block, place)));
  const note = 'one of 100 set aside as refused once another got through; the others delivered';
  return { faultsInjected: runs.length, ...addTallies(tallies), recoveriesMs: [], note };
}

async function oneRefused(block: Fault, place: number): Promise<Tally> {
  await using rig = await startDelivery({ speed: 50, timeoutMs: 60_000 });
  rig.ingress.onWords(WORDS, block);
  const refused = anEvent(`refused-${place}`, { pod_uid: `uid-refused-${place}`, message: WORDS });
  await rig.appendAround(EVENTS, place, refused);
  await rig.append(EVENTS);
  await rig.drained(1);
  await rig.append(1);
  await rig.drained();
  const quarantined = await rig.outbox.quarantined();
  assert.deepEqual(
    quarantined.map(({ eventId, reason }) => [eventId, reason]),
    [[refused.event_id, 'refused']],
  );
  return tally(rig.appended, rig.executed(), [refused.event_id]);
}

export const poisonAndSize: readonly Scenario[] = [
  {
    id: 'R-24',
    fault: 'one invalid event of a hundred',
    unavailable: () => skipWithoutRestate() || undefined,
    run: poison,
  },
  { id: 'R-26-words', fault: 'a firewall refuses one event for its words', run: forItsWords },
  { id: 'R-25', fault: 'too large for the ingress (413)', run: tooLarge },
];
