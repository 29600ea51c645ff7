import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  absentIncidents,
  decideAll,
  dispositions,
  entriesOf,
  prepare,
  type Code,
  type OpenSet,
} from '../../../cmd/plane/project/decide.ts';
import { nameOf } from '../../../cmd/plane/project/entry.ts';
import { ClusterMemory } from '../../../cmd/plane/project/memory.ts';
import type { WireEvent } from '../../../internal/restate/wire-event.ts';
import { anEvent } from '../../support/event-builder.ts';

const COOLDOWN_MS = 180_000;
const startMs = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number): string => new Date(startMs + seconds * 1000).toISOString();

/** What becomes of events that arrive one after the other, each `[event, seconds it was observed at]`. */
function told(...events: readonly WireEvent[]): string[] {
  const memory = new ClusterMemory();
  return [...decide(memory, events)].map((code) => dispositions[code as Code]);
}

function* decide(memory: ClusterMemory, events: readonly WireEvent[], nowMs = startMs): Generator<string> {
  for (const event of events) yield decideAll(memory, [prepare(event)], nowMs, COOLDOWN_MS).codes;
}

const seen = (name: string, seconds: number, parts: Partial<WireEvent> = {}): WireEvent =>
  anEvent(name, { incident_key: 'incident', observed_at: at(seconds), ...parts });

describe('an event', () => {
  test('is told the first time and known from then on, whatever else it says', () => {
    const again = { ...anEvent('a'), message: 'another', restart_count: 9 };
    assert.deepEqual(told(anEvent('a'), anEvent('a'), again), ['told', 'known', 'known']);
  });

  test('that is repeated within one delivery counts once', () => {
    const events = [anEvent('a'), anEvent('b'), anEvent('a')].map(prepare);
    assert.equal(decideAll(new ClusterMemory(), events, startMs, COOLDOWN_MS).codes, 'ttk');
  });

  test('of an agent that names no incidents is told each time: that agent has its own cooldown', () => {
    const event = (name: string): WireEvent => {
      const { incident_key: _, ...rest } = anEvent(name, { type: '' as 'failure' });
      return rest as WireEvent;
    };
    assert.deepEqual(told(event('a'), event('b'), event('a')), ['told', 'told', 'known']);
  });

  test('of a kind that is no failure is noted', () => {
    assert.deepEqual(told(anEvent('a', { type: 'digest' })), ['noted']);
  });

  test('that another one covered was told with it, and is recorded all the same', () => {
    assert.deepEqual(told(anEvent('loop', { covers: ['event-exit'] }), anEvent('exit')), ['told', 'covered']);
    assert.deepEqual(
      told(anEvent('exit'), anEvent('loop', { covers: ['event-exit'] }), anEvent('exit')).at(-1),
      'known',
    );
  });

  test('seen again on another day is remembered for longer', () => {
    const memory = new ClusterMemory();
    decideAll(memory, [prepare(anEvent('a'))], startMs, COOLDOWN_MS);
    const nextDayMs = startMs + 86_400_000;
    assert.equal(decideAll(memory, [prepare(anEvent('a'))], nextDayMs, COOLDOWN_MS).codes, 'K');
    assert.equal(decideAll(memory, [prepare(anEvent('a'))], nextDayMs, COOLDOWN_MS).codes, 'k');
  });
});

describe('an incident', () => {
  test('is kept quiet within its cooldown, whoever tells of it, and told again after it', () => {
    assert.deepEqual(told(seen('a', 0), seen('b', 60), seen('c', 179.999), seen('d', 180)), [
      'told',
      'cooling-down',
      'cooling-down',
      'told',
    ]);
  });

  test('has its cooldown by the time of its events, so a backlog of hours is told as it happened', () => {
    assert.deepEqual(told(seen('a', 0), seen('b', 3600), seen('c', 7200)), ['told', 'told', 'told']);
  });

  test('is kept quiet for an event that comes late from another replica', () => {
    assert.deepEqual(told(seen('a', 100), seen('b', 20)), ['told', 'cooling-down']);
  });

  test('is not silenced for ever by a clock that was far ahead', () => {
    assert.deepEqual(told(seen('a', 0, { observed_at: '2099-01-01T00:00:00Z' }), seen('b', 60)), ['told', 'told']);
  });

  test('tells its first escalation within the cooldown, and only that', () => {
    const loop = (name: string, seconds: number): WireEvent => seen(name, seconds, { reason: 'CrashLoopBackOff' });
    assert.deepEqual(
      told(seen('exit', 0), loop('loop', 10), seen('exit-2', 20), loop('loop-2', 30), loop('loop-3', 190)),
      ['told', 'told-escalated', 'cooling-down', 'cooling-down', 'told-escalated'],
    );
  });

  test('of one pod never hides that of another', () => {
    assert.deepEqual(told(anEvent('a'), anEvent('b')), ['told', 'told']);
  });

  test('that was resolved is told when it begins again, and not reopened by what is older', () => {
    const resolved = seen('r', 100, { type: 'resolved' });
    assert.deepEqual(told(seen('a', 0), resolved, seen('late', 50), seen('b', 200)), [
      'told',
      'resolved',
      'late',
      'told',
    ]);
  });

  test('that a clock far ahead resolved is told when it fails again, and not only once time has caught up', () => {
    const memory = new ClusterMemory();
    const events = [seen('a', 0), seen('r', 3_600, { type: 'resolved' })];
    assert.equal([...decide(memory, events)].join(''), 'tr');
    assert.equal([...decide(memory, [seen('b', 600)], startMs + 600_000)].join(''), 't');
  });

  test('nobody knew leaves a mark when it is resolved, so that its failure comes late', () => {
    assert.deepEqual(told(seen('r', 100, { type: 'resolved' }), seen('a', 50)), ['resolved', 'late']);
  });

  test('ends once, though two replicas that led at a time tell its end by ids of their own', () => {
    const ends = [seen('r', 100, { type: 'resolved' }), seen('s', 101, { type: 'resolved' })];
    assert.deepEqual(told(seen('a', 0), ...ends, seen('b', 200), seen('t', 300, { type: 'resolved' })), [
      ...['told', 'resolved', 'late', 'told', 'resolved'],
    ]);
  });

  test('is not resolved by what is older than its last event', () => {
    assert.deepEqual(told(seen('a', 100), seen('r', 50, { type: 'resolved' })), ['told', 'late']);
  });
});

describe('a complete set of open incidents', () => {
  const setOf = (seconds: number, ...keys: string[]): OpenSet => {
    return { keys, observedAtMs: startMs + seconds * 1000, scope: undefined };
  };
  const memory = new ClusterMemory();
  const events = [seen('a', 0, { incident_key: 'one' }), seen('b', 10, { incident_key: 'two' })];
  assert.equal([...decide(memory, events)].join(''), 'tt');

  test('closes what is absent and older', () => {
    assert.deepEqual(absentIncidents(memory, setOf(60, 'two')), [nameOf('one')]);
    assert.deepEqual(absentIncidents(memory, setOf(60)), [nameOf('one'), nameOf('two')]);
  });

  test('of a part of the cluster closes what was told as of that part, and nothing of another or of no part', () => {
    const parts = new ClusterMemory();
    const ofNode = (name: string, scope?: string): WireEvent =>
      seen(name, 0, { incident_key: name, ...(scope === undefined ? {} : { scope }) });
    const all = [...decide(parts, [ofNode('a', 'node/1'), ofNode('b', 'node/2'), ofNode('c')])].join('');
    assert.equal(all, 'ttt');
    assert.deepEqual(absentIncidents(parts, { ...setOf(60), scope: 'node/1' }), [nameOf('a')]);
    assert.deepEqual(absentIncidents(parts, { ...setOf(60), scope: 'node/3' }), []);
    assert.deepEqual(absentIncidents(parts, setOf(60)), [nameOf('a'), nameOf('b'), nameOf('c')]);
  });

  test('closes nothing that was heard of since it was true', () => {
    assert.deepEqual(absentIncidents(memory, setOf(5)), [nameOf('one')]);
  });
});

describe('whatever arrives', () => {
  const names = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const histories = fc.array(
    fc.record({
      event_id: names,
      incident_key: fc.constantFrom('one', 'two'),
      type: fc.constantFrom('failure', 'ongoing', 'resolved'),
      reason: fc.constantFrom('OOMKilled', 'CrashLoopBackOff'),
      observed_at: fc.nat(600).map(at),
      covers: fc.array(names, { maxLength: 2 }),
    }),
    { maxLength: 40 },
  );

  test('each id is recorded at most once, however it is split into deliveries, and always with the same result', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: 1, max: 40 }), (history, size) => {
        const events = history.map((parts) => prepare(anEvent('x', parts as Partial<WireEvent>)));
        const whole = decideAll(new ClusterMemory(), events, startMs, COOLDOWN_MS).codes;
        const memory = new ClusterMemory();
        let split = '';
        for (let from = 0; from < events.length; from += size) {
          split += decideAll(memory, events.slice(from, from + size), startMs, COOLDOWN_MS).codes;
        }
        assert.equal(split, whole);
        const recorded = events.filter((_, index) => whole[index] !== 'k').map(({ name }) => name);
        assert.equal(new Set(recorded).size, recorded.length);
      }),
    );
  });

  test('what is remembered is the same whether it is kept in memory or read back from its entries', () => {
    fc.assert(
      fc.property(histories, histories, (before, after) => {
        const all = (history: typeof before): ReturnType<typeof prepare>[] =>
          history.map((parts) => prepare(anEvent('x', parts as Partial<WireEvent>)));
        const kept = new ClusterMemory();
        const codes = decideAll(kept, all(before), startMs, COOLDOWN_MS).codes;
        const readBack = new ClusterMemory();
        readBack.add(
          all(before)
            .map((event, index) => entriesOf(event, codes[index] ?? '', startMs))
            .join(''),
        );
        const next = (memory: ClusterMemory): string => decideAll(memory, all(after), startMs, COOLDOWN_MS).codes;
        assert.equal(next(readBack), next(kept));
      }),
    );
  });
});
