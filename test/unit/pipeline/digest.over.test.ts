// Storms whose pods are gone before the window is over: what was gathered of a failure is told before its end is, so that
// the plane tells of it too.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decideAll, dispositions, prepare, type Code } from '../../../cmd/plane/project/decide.ts';
import { nameOf } from '../../../cmd/plane/project/entry.ts';
import { ClusterMemory, isOpen } from '../../../cmd/plane/project/memory.ts';
import type { WireEvent } from '../../../internal/restate/wire-event.ts';
import type { PipelineRig } from '../../support/pipeline-rig.ts';
import { failingPod, idsToldBy, storm, stormRig, THRESHOLD, WINDOW_MS, wireEvents } from '../../support/storm-rig.ts';

const COOLDOWN_MS = 180_000;
const FAILURES = 50;

function remove(rig: PipelineRig, until: number, from = 0): void {
  for (let number = from; number < until; number++) {
    rig.pipeline.process({ type: 'deleted', cause: 'watch', pod: failingPod(number).facts() });
  }
}

/** Asserts that each failure is told before its end is, and once. */
function assertInOrder(events: readonly WireEvent[], count: number): void {
  const told = new Set<string>();
  for (const event of events) {
    if (event.type !== 'resolved') for (const id of idsToldBy([event])) told.add(id);
    for (const id of event.closes ?? []) assert.ok(told.has(id), `${id} was told as over before it was told`);
  }
  const failures = idsToldBy(events.filter(({ type }) => type !== 'resolved'));
  assert.deepEqual([failures.length, new Set(failures).size], [count, count]);
}

describe('a storm whose pods are gone within the window', () => {
  test('is told as a digest before the first of its failures is told as over', async () => {
    const rig = stormRig();
    await storm(rig, FAILURES);
    await rig.clock.advance(10_000);
    remove(rig, FAILURES);
    await rig.pipeline.settled();
    assertInOrder(wireEvents(rig.outbox), FAILURES);
    assert.deepEqual(rig.observer.digests, [FAILURES - THRESHOLD]);
    await rig.pipeline.stop();
  });

  test('that fails and goes at once, while the outbox is slow, is told in that order as well', async () => {
    const rig = stormRig();
    for (let number = 0; number < FAILURES; number++) {
      rig.pipeline.process({ type: 'added', cause: 'watch', pod: failingPod(number).facts() });
      remove(rig, number + 1, number);
    }
    await rig.pipeline.settled();
    await rig.clock.advance(WINDOW_MS);
    await rig.pipeline.settled();
    assertInOrder(wireEvents(rig.outbox), FAILURES);
    await rig.pipeline.stop();
  });

  test('leaves another storm to its own window', async () => {
    const rig = stormRig();
    await storm(rig, 20);
    await storm(rig, 20, 0, 'api');
    remove(rig, 20);
    await rig.pipeline.settled();
    assert.deepEqual(rig.observer.digests, [20 - THRESHOLD]);
    await rig.pipeline.stop();
  });

  test('is told by a plane that hears of the ends first, each id once and nothing left open', async () => {
    const rig = stormRig();
    await storm(rig, FAILURES);
    await rig.clock.advance(10_000);
    remove(rig, FAILURES);
    await rig.pipeline.settled();
    const events = wireEvents(rig.outbox);
    const ends = events.filter(({ type }) => type === 'resolved');
    const digests = events.filter(({ type }) => type === 'digest');
    const memory = new ClusterMemory();
    decideAll(memory, ends.map(prepare), rig.clock.now(), COOLDOWN_MS);
    const { codes, digested } = decideAll(memory, digests.map(prepare), rig.clock.now(), COOLDOWN_MS);
    assert.deepEqual(codes, 't');
    assert.deepEqual(
      Array.from(digested, (code) => dispositions[code as Code]),
      idsToldBy(digests).map(() => 'told'),
    );
    const keys = digests.flatMap(({ digest }) => digest?.covered.map(({ incident_key }) => incident_key) ?? []);
    assert.ok(keys.every((key) => !isOpen(memory.incident(nameOf(key)))));
    await rig.pipeline.stop();
  });
});
