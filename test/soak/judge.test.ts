/** The judge of the soak can say no: each test gives it books in which something is wrong. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ReceivedItem } from '../../cmd/plane/project/received.ts';
import { resolvedId } from '../../internal/pipeline/identity.ts';
import { healthOf, GROWTH_BOUND_BYTES } from './health.ts';
import { judgeSoak, type Seen, type SoakVerdict } from './judge.ts';
import { recordSoakInto } from './record-soak.ts';
import { slopePerHour } from './slope.ts';
import type { Vitals } from './vitals.ts';

const COOLDOWN_MS = 180_000;
const T0 = Date.parse('2026-01-01T00:00:00Z');

type EventChanges = Partial<ReceivedItem['event']>;

function item(id: string, event: EventChanges = {}, disposition: ReceivedItem['disposition'] = 'told'): ReceivedItem {
  const at = new Date(T0).toISOString();
  const words = { type: 'failure', namespace: 'team', name: 'pod', reason: 'Error', incident_key: `of ${id}` };
  const whole = { event_id: id, ...words, observed_at: at, ...event } as ReceivedItem['event'];
  return { delivery: 1, received_at: at, disposition, event: whole };
}

function seenOf(ids: readonly string[], changes: Partial<Seen> = {}): Map<string, Seen> {
  return new Map(ids.map((id) => [id, { words: id, uid: `uid of ${id}`, isDue: true, lastShownMs: T0, ...changes }]));
}

const counts = ({ failures, told, missed, doubled, wrong }: SoakVerdict): readonly number[] => {
  return [failures, told, missed.length, doubled.length, wrong.length];
};

const judged = (seen: ReadonlyMap<string, Seen>, held: readonly ReceivedItem[]): readonly number[] =>
  counts(judgeSoak(seen, held, COOLDOWN_MS));

describe('the judge of the soak', () => {
  test('finds nothing where each failure was told: by itself, covered, or in a digest', () => {
    const digest = {
      failures: 1,
      covered: [{ event_id: 'c', incident_key: 'k', observed_at: '2026-01-01T00:00:00Z' }],
    };
    const held = [item('a', { covers: ['b'] }), item('d', { type: 'digest', digest } as unknown as EventChanges)];
    assert.deepEqual(judged(seenOf(['a', 'b', 'c']), held), [3, 3, 0, 0, 0]);
  });

  test('misses what was due and not told, and not what was not due', () => {
    assert.deepEqual(judged(seenOf(['a', 'b']), [item('a')]), [2, 1, 1, 0, 0]);
    assert.deepEqual(judged(seenOf(['a'], { isDue: false }), []), [0, 0, 0, 0, 0]);
  });

  test('does not take the end of a failure for its telling', () => {
    const end = item(resolvedId('a'), { type: 'resolved', closes: ['a'] }, 'resolved');
    assert.deepEqual(judged(seenOf(['a']), [end]), [1, 0, 1, 0, 0]);
  });

  test('sees a plane that took an event twice', () => {
    assert.deepEqual(judged(seenOf(['a']), [item('a'), item('a', {}, 'cooling-down')]), [1, 1, 0, 1, 0]);
  });

  test('sees an incident that was told of again within its cooldown, and not one told of after it', () => {
    const again = (afterMs: number): ReceivedItem =>
      item('b', { incident_key: 'of a', observed_at: new Date(T0 + afterMs).toISOString() });
    assert.deepEqual(judged(seenOf(['a', 'b']), [item('a'), again(COOLDOWN_MS - 1)]), [2, 2, 0, 1, 0]);
    assert.deepEqual(judged(seenOf(['a', 'b']), [item('a'), again(COOLDOWN_MS)]), [2, 2, 0, 0, 0]);
  });

  test('sees an incident that was closed twice', () => {
    const end = (id: string): ReceivedItem =>
      item(resolvedId(id), { type: 'resolved', closes: [id], incident_key: 'one' }, 'resolved');
    assert.deepEqual(judged(seenOf(['a', 'b']), [item('a'), item('b'), end('a'), end('b')]), [2, 2, 0, 1, 0]);
  });

  test('sees an end that names failures of another pod, or that follows from none of those it names', () => {
    const end = (...closes: string[]): ReceivedItem => item(resolvedId('a'), { type: 'resolved', closes }, 'resolved');
    const both = [item('a'), item('b')];
    const ofOne = seenOf(['a', 'b'], { uid: 'one' });
    assert.deepEqual(judged(ofOne, [...both, end('a', 'b')]), [2, 2, 0, 0, 0]);
    assert.deepEqual(judged(ofOne, [...both, end('b')]), [2, 2, 0, 0, 1]);
    assert.deepEqual(judged(seenOf(['a', 'b']), [...both, end('a', 'b')]), [2, 2, 0, 0, 1]);
  });

  test('sees what nobody can have seen, and what goes on of nothing', () => {
    assert.deepEqual(judged(seenOf(['a']), [item('a'), item('x')]), [1, 1, 0, 0, 1]);
    assert.deepEqual(judged(seenOf(['a']), [item('a'), item('x', { type: 'ongoing' })]), [1, 1, 0, 0, 1]);
    const goesOn = item('x', { type: 'ongoing', incident_key: 'of a' }, 'cooling-down');
    assert.deepEqual(judged(seenOf(['a']), [item('a'), goesOn]), [1, 1, 0, 0, 0]);
  });

  test('sees an end that was told while the failure still showed', () => {
    const end = (afterMs: number): ReceivedItem => {
      const at = new Date(T0 + afterMs).toISOString();
      return item(resolvedId('a'), { type: 'resolved', closes: ['a'], observed_at: at }, 'resolved');
    };
    const shownForAMinute = seenOf(['a'], { lastShownMs: T0 + 60_000 });
    assert.deepEqual(judged(shownForAMinute, [item('a'), end(61_000)]), [1, 1, 0, 0, 0]);
    assert.deepEqual(judged(shownForAMinute, [item('a'), end(20_000)]), [1, 1, 0, 0, 1]);
  });

  test('sees what was told of a namespace that was long managed no more', () => {
    const elsewhere = { isDue: false, unmanagedHeardUntilMs: T0 + 1_000 };
    const told = (afterMs: number): ReceivedItem => item('a', { observed_at: new Date(T0 + afterMs).toISOString() });
    assert.deepEqual(judged(seenOf(['a'], elsewhere), [told(1_000)]), [0, 0, 0, 0, 0]);
    assert.deepEqual(judged(seenOf(['a'], elsewhere), [told(1_001)]), [0, 0, 0, 0, 1]);
  });
});

const HOUR_MS = 3_600_000;

/** A process read each minute for an hour. */
function lived(of: (minute: number) => Partial<Vitals>): Vitals[] {
  const usual = { rssBytes: 100 * 2 ** 20, heapBytes: 20 * 2 ** 20, handles: 9, files: 30, loopP99Ms: 12 };
  return Array.from({ length: 61 }, (_, minute) => ({ ageMs: minute * 60_000, ...usual, ...of(minute) }));
}

const leaksOf = (vitals: Vitals[]): readonly string[] | undefined =>
  healthOf({ agent: 'steady', pid: 1, vitals })?.leaks;

describe('the health of an agent', () => {
  test('its slope is that of the line through the readings', () => {
    assert.equal(slopePerHour([1, 2, 3].map((hour) => ({ atMs: hour * HOUR_MS, value: 7 * hour }))), 7);
    assert.equal(slopePerHour([{ atMs: 0, value: 1 }]), undefined);
  });

  test('memory that grows is a leak; memory that grew while it warmed up, or goes up and down, is none', () => {
    const growing = lived((minute) => ({ rssBytes: 1e8 + (minute / 60) * 1.1 * GROWTH_BOUND_BYTES }));
    assert.match(leaksOf(growing)?.join() ?? '', /resident memory grows by 26\.4 MB an hour/);
    const heap = lived((minute) => ({ heapBytes: 1e7 + (minute / 60) * 1.1 * GROWTH_BOUND_BYTES }));
    assert.match(leaksOf(heap)?.join() ?? '', /the heap grows/);
    assert.deepEqual(leaksOf(lived((minute) => ({ rssBytes: minute < 10 ? 5e7 : 1e8 }))), []);
    assert.deepEqual(leaksOf(lived((minute) => ({ heapBytes: 2e7 + (minute % 2) * 1e7 }))), []);
  });

  test('files that stay open are a leak', () => {
    assert.match(leaksOf(lived((minute) => ({ files: 30 + minute })))?.join() ?? '', /more files are open/);
    assert.deepEqual(leaksOf(lived((minute) => ({ files: 30 + (minute % 3) }))), []);
  });
});

test('the last soak takes the place of the one before it in the document, and touches nothing else', () => {
  const document = 'before\n<!-- recorded by make soak -->\n\nold\n\n<!-- end of the soak -->\nafter\n';
  const recorded = recordSoakInto(document, '| new |', { date: '2026-01-02', commit: 'abc' });
  assert.match(
    recorded,
    /^before\n[^]*Measured on 2026-01-02, at abc\.\n\n\| new \|\n\n<!-- end of the soak -->\nafter\n$/,
  );
  assert.ok(!recorded.includes('old'));
  assert.throws(() => recordSoakInto('nothing', '', { date: '', commit: '' }), /no part for the soak/);
});
