// What a plane makes of a digest: as if each of its failures had come by itself, and one telling for all of them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  absentIncidents,
  decideAll,
  dispositions,
  entriesOfAll,
  prepare,
  type Code,
} from '../../../cmd/plane/project/decide.ts';
import { nameOf } from '../../../cmd/plane/project/entry.ts';
import { ClusterMemory, isOpen } from '../../../cmd/plane/project/memory.ts';
import { digestId } from '../../../internal/pipeline/identity.ts';
import { digestOf } from '../../../internal/restate/wire-digest.ts';
import type { WireEvent } from '../../../internal/restate/wire-event.ts';
import { anEvent } from '../../support/event-builder.ts';

const COOLDOWN_MS = 180_000;
const startMs = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number): string => new Date(startMs + seconds * 1000).toISOString();

function aDigest(...events: readonly WireEvent[]): WireEvent {
  const stored = events.map((event) => ({
    ...{ eventId: event.event_id, podUid: event.pod_uid, namespace: 'shop', pod: event.name, phase: event.phase },
    ...{ fingerprint: 'f', bytes: new TextEncoder().encode(JSON.stringify(event)), observedAtMs: startMs },
  }));
  const digest = digestOf(stored, digestId);
  assert.equal(digest?.taken, events.length);
  return JSON.parse(new TextDecoder().decode(digest.bytes)) as WireEvent;
}

class Plane {
  readonly memory = new ClusterMemory();

  takes(...events: readonly WireEvent[]): string[] {
    const { codes } = decideAll(this.memory, events.map(prepare), startMs, COOLDOWN_MS);
    return Array.from(codes, (code) => dispositions[code as Code]);
  }

  isOpen(incidentKey: string): boolean {
    return isOpen(this.memory.incident(nameOf(incidentKey)));
  }
}

const seen = (name: string, seconds = 0, parts: Partial<WireEvent> = {}): WireEvent =>
  anEvent(name, { observed_at: at(seconds), ...parts });

const overAt = (seconds: number, name: string): WireEvent =>
  anEvent(`r-${name}`, { type: 'resolved', incident_key: `incident-${name}`, observed_at: at(seconds) });

describe('a digest', () => {
  test('is told once, opens the incident of each of its failures, and makes all its ids known', () => {
    const plane = new Plane();
    const digest = aDigest(seen('a'), seen('b', 0, { covers: ['event-b0'] }), seen('c'));
    assert.deepEqual(plane.takes(digest), ['told']);
    assert.deepEqual(plane.takes(digest), ['known']);
    assert.deepEqual(
      ['a', 'b', 'c'].map((name) => plane.isOpen(`incident-${name}`)),
      [true, true, true],
    );
    assert.deepEqual(plane.takes(seen('a'), seen('b0'), seen('c')), ['known', 'covered', 'known']);
  });

  test('has no effect for the ids that came before it, and is covered where all of them did', () => {
    const plane = new Plane();
    plane.takes(
      seen('a'),
      seen('b'),
      anEvent('r', { type: 'resolved', incident_key: 'incident-a', observed_at: at(9) }),
    );
    assert.deepEqual(plane.takes(aDigest(seen('a'), seen('b'))), ['covered']);
    assert.equal(plane.isOpen('incident-a'), false);
    assert.deepEqual(plane.takes(aDigest(seen('b'), seen('c'))), ['told']);
  });

  test('cools down with the incidents it tells of, and is told as escalated where one of them is', () => {
    const plane = new Plane();
    const incident = { incident_key: 'same' };
    plane.takes(seen('a', 0, incident));
    assert.deepEqual(plane.takes(aDigest(seen('b', 1, incident), seen('c', 2, incident))), ['cooling-down']);
    const loop = { ...incident, reason: 'CrashLoopBackOff' };
    assert.deepEqual(plane.takes(aDigest(seen('d', 3, incident), seen('e', 4, loop))), ['told-escalated']);
  });

  test('that comes after the end of a failure it tells of reopens nothing, and opens what goes on', () => {
    const plane = new Plane();
    plane.takes(anEvent('r', { type: 'resolved', incident_key: 'incident-a', observed_at: at(10) }));
    assert.deepEqual(plane.takes(aDigest(seen('a', 5), seen('b', 60))), ['told']);
    assert.deepEqual([plane.isOpen('incident-a'), plane.isOpen('incident-b')], [false, true]);
  });

  test('is told where the end of each of its failures came first, as far as it is news', () => {
    const plane = new Plane();
    const ofA = { incident_key: 'incident-a' };
    plane.takes(...['a', 'b'].map((name) => overAt(10, name)));
    assert.deepEqual(plane.takes(aDigest(seen('a', 5), seen('b', 6))), ['told']);
    assert.deepEqual([plane.isOpen('incident-a'), plane.isOpen('incident-b')], [false, false]);
    assert.deepEqual(plane.takes(aDigest(seen('a2', 6, ofA), seen('a3', 7, ofA))), ['cooling-down']);
    assert.deepEqual(plane.takes(aDigest(seen('a0', 1, ofA), seen('a1', 2, ofA))), ['late']);
    assert.deepEqual(plane.takes(seen('a4', 8, ofA)), ['late']);
    assert.equal(plane.isOpen('incident-a'), false);
  });

  test('leaves each of its failures to be resolved, or to be closed by the set of its own scope', () => {
    const plane = new Plane();
    plane.takes(aDigest(seen('a', 0, { scope: 'node 1' }), seen('b', 0, { scope: 'node 2' }), seen('c')));
    const resolved = { type: 'resolved', incident_key: 'incident-c', observed_at: at(5) } as const;
    assert.deepEqual(plane.takes(anEvent('r', resolved)), ['resolved']);
    const absent = (scope: string): string[] =>
      absentIncidents(plane.memory, { keys: [], observedAtMs: startMs + 9000, scope });
    assert.deepEqual(absent('node 1'), [nameOf('incident-a')]);
    assert.deepEqual(absent('node 2'), [nameOf('incident-b')]);
    assert.deepEqual(plane.isOpen('incident-c'), false);
  });

  test('without failures is noted', () => {
    assert.deepEqual(new Plane().takes(anEvent('a', { type: 'digest' })), ['noted']);
  });
});

test('failures have the same effect in digests as by themselves, and it is remembered alike', () => {
  const failure = fc.record({ id: fc.nat(20), incident: fc.nat(5), seconds: fc.nat(400), isLoop: fc.boolean() });
  const stepsOf = fc.array(fc.array(failure, { minLength: 2, maxLength: 6 }), { maxLength: 6 });
  fc.assert(
    fc.property(stepsOf, (steps) => {
      const events = steps.map((step) =>
        step.map(({ id, incident, seconds, isLoop }) =>
          seen(String(id), seconds, {
            ...{ incident_key: String(incident), reason: isLoop ? 'CrashLoopBackOff' : 'Error' },
          }),
        ),
      );
      const [alone, together] = [new Plane(), new Plane()];
      const stored = new ClusterMemory();
      alone.takes(...events.flat());
      for (const step of events) {
        const prepared = [prepare(aDigest(...step))];
        stored.add(entriesOfAll(prepared, decideAll(together.memory, prepared, startMs, COOLDOWN_MS), startMs));
      }
      const incidents = (memory: ClusterMemory): unknown[] => [...memory.incidents()].sort();
      assert.deepEqual(incidents(together.memory), incidents(alone.memory));
      assert.deepEqual(incidents(stored), incidents(together.memory));
      for (const { event_id } of events.flat()) assert.ok(stored.receivedMs(nameOf(event_id)) !== undefined);
    }),
    { numRuns: 100 },
  );
});
