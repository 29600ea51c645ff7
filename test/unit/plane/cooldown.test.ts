/**
 * Whose cooldown an event falls under when events come late, or from clocks that differ: that of the latest telling is
 * never moved back.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepare } from '../../../cmd/plane/project/decide.ts';
import { Memories } from '../../../cmd/plane/project/memories.ts';
import { read } from '../../../cmd/plane/project/received.ts';
import { take } from '../../../cmd/plane/project/take.ts';
import type { WireEvent } from '../../../internal/restate/wire-event.ts';
import { anEvent } from '../../support/event-builder.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { Invocation, PlaneObject } from '../../support/plane-object.ts';

const startMs = Date.parse('2026-01-01T00:00:00Z');

interface Arrival extends Partial<WireEvent> {
  /** By the clock of the agent. */
  readonly second: number;
  /** By that of the plane, where it matters. */
  readonly atPlane?: number;
}

/** What becomes of events of one incident, observed at so many seconds, that arrive one after the other. */
async function told(arrivals: readonly (number | Arrival)[], memories = () => new Memories()): Promise<string[]> {
  const object = new PlaneObject();
  for (const [index, arrival] of arrivals.entries()) {
    const { second, atPlane = 0, ...parts } = typeof arrival === 'number' ? { second: arrival } : arrival;
    const clock = new ManualClock(startMs + atPlane * 1000);
    const options = { clock, cooldownMs: 180_000, deliveriesKept: 1000 };
    const observed_at = new Date(startMs + second * 1000).toISOString();
    const event = anEvent(String(index), { incident_key: 'incident', observed_at, ...parts });
    const delivery = { events: [prepare(event)], body: Buffer.from(JSON.stringify([event])) };
    await object.attempt(new Invocation(`inv-${index}`), (context) =>
      take(context, delivery, { ...options, memories: memories() }),
    );
  }
  const { items } = await object.attempt(new Invocation('read'), (context) => read(context, 0, 1000));
  return items.map(({ disposition }) => (disposition === 'cooling-down' ? 'quiet' : disposition));
}

test('an old event that comes late is told by its own time, and moves no cooldown back', async () => {
  const arrivals = [7200, 0, 7260, 7379, 7380];
  assert.deepEqual(await told(arrivals), ['told', 'told', 'quiet', 'quiet', 'told']);
  const kept = new Memories();
  assert.deepEqual(await told(arrivals, () => kept), await told(arrivals));
});

test('a backlog that comes late is told once in a cooldown, as it would have been in time', async () => {
  assert.deepEqual(await told([7200, 0, 60, 120, 180, 240, 360]), [
    ...['told', 'told', 'quiet', 'quiet', 'told', 'quiet', 'told'],
  ]);
});

test('replicas whose clocks differ by an hour each keep to the cooldown', async () => {
  assert.deepEqual(await told([3600, 10, 3620, 30, 3640, 200, 3790]), [
    ...['told', 'told', 'quiet', 'quiet', 'quiet', 'told', 'told'],
  ]);
});

test('an incident that was over and begins again is late, and untold, for as long as the clock of its agent was set back', async () => {
  const hour = 3600;
  const [over, again] = [2 * hour, 3 * hour];
  const setBack = (realSecond: number): Arrival => ({ second: realSecond - 2 * hour, atPlane: realSecond });
  assert.deepEqual(
    await told([
      { second: 0, atPlane: 0 },
      { second: over, atPlane: over, type: 'resolved' },
      setBack(again),
      setBack(over + 2 * hour - 1),
      setBack(over + 2 * hour + 1),
      { ...setBack(again), incident_key: 'another' },
    ]),
    ['told', 'resolved', 'late', 'late', 'told', 'told'],
  );
});
