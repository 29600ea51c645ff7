/** The bounded memory by subject: what makes room, and that it goes on costing the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FollowerRing } from '../../../internal/pipeline/pipeline-ring.ts';
import { SubjectMap } from '../../../internal/pipeline/subject-map.ts';
import { aFinding } from '../../support/finding-builder.ts';
import { threadMs } from '../../support/thread-time.ts';

function mapOf(limit: number): SubjectMap<number> {
  return new SubjectMap({ space: 's', limit, goneKeptMs: 1000, encode: String, decode: Number });
}

test('beyond its limit the longest untouched are forgotten, counted, and forgotten on disk as well', () => {
  const map = mapOf(3);
  for (const [value, subject] of ['a', 'b', 'c'].entries()) map.set(subject, value);
  map.set('a', 7);
  map.takeWrites(() => false);
  map.set('d', 3);
  assert.deepEqual([...map.subjects()], ['c', 'a', 'd']);
  assert.equal(map.evicted, 1);
  assert.deepEqual(
    map.takeWrites(() => false).map(({ key, value }) => `${key} ${value}`),
    ['d 3', 'b undefined'],
  );
});

test('a large map makes room for a few at a time, and never for more than a share of it', () => {
  const map = mapOf(6400);
  for (let made = 0; made < 6401; made++) map.set(`s${made}`, made);
  assert.equal(map.size, 6300);
  assert.equal(map.evicted, 101);
  assert.equal(map.get('s100'), undefined);
  assert.equal(map.get('s101'), 101);
});

/** Microseconds for each call after so many. */
function costAfter(before: number, call: (index: number) => void): number {
  const count = 10_000;
  let index = 0;
  while (index < before) call(index++);
  const tookMs = threadMs(() => {
    for (let done = 0; done < count; done++) call(index++);
  });
  return (tookMs * 1000) / count;
}

test('what is full costs no more than some times what has room', () => {
  const [roomy, full] = [mapOf(1_000_000), mapOf(50_000)];
  const roomyCost = costAfter(0, (index) => roomy.set(`s${index}`, index));
  const fullCost = costAfter(50_000, (index) => full.set(`s${index}`, index));
  assert.ok(fullCost < 10 * roomyCost, `${fullCost} µs full, ${roomyCost} µs with room`);
  const [roomyRing, fullRing] = [new FollowerRing(1_000_000), new FollowerRing(50_000)];
  const candidate = { subject: 's', cause: 'watch', sinceMs: 0 } as const;
  const addTo = (ring: FollowerRing) => (index: number) =>
    void ring.add({ ...candidate, finding: aFinding({ eventId: `e${index}` }) });
  const roomyAdd = costAfter(0, addTo(roomyRing));
  const fullAdd = costAfter(50_000, addTo(fullRing));
  assert.ok(fullAdd < 10 * roomyAdd, `${fullAdd} µs full, ${roomyAdd} µs with room`);
});
