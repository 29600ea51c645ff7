// Why was I told, or not: the way of each failing pod, within bounds, whatever happens to it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PodTraces } from '../../../internal/pipeline/trace.ts';
import { aFinding } from '../../support/finding-builder.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { pod } from '../../support/pod-builder.ts';

const facts = pod().facts();
const finding = aFinding({ eventId: 'e1', pod: { ...aFinding().pod, ...facts, restartCount: 0 } });
const change = { type: 'modified', cause: 'watch', pod: facts } as const;
const decided = { finding, stage: 'dedupe', decision: 'append', reason: 'first' } as const;

describe('the trace of a pod', () => {
  test('tells its failure from the first look to the plane', () => {
    const traces = new PodTraces(new ManualClock());
    traces.processed(change, [finding]);
    traces.decided(decided);
    traces.stored([finding]);
    const { eventId, podUid, namespace, name } = { ...facts, eventId: 'e1', podUid: facts.uid };
    const event = {
      eventId,
      podUid,
      namespace,
      pod: name,
      phase: '',
      fingerprint: '',
      bytes: Buffer.of(),
      observedAtMs: 0,
    };
    traces.settled(event, 'delivered', 'executed');
    const [trace] = traces.explain(facts.namespace, facts.name);
    assert.deepEqual(
      trace?.entries.map(({ what }) => what.step),
      ['seen', 'found', 'decided', 'stored', 'settled'],
    );
  });

  test('counts what is repeated, with its first and last time', async () => {
    const clock = new ManualClock();
    const traces = new PodTraces(clock);
    const startedMs = clock.now();
    for (let look = 0; look < 1000; look++) {
      traces.processed(change, [finding]);
      await clock.advance(10);
    }
    const [trace] = traces.explain(facts.namespace, facts.name);
    assert.deepEqual(
      trace?.entries.map(({ what, times, atMs, untilMs }) => [what.step, times, atMs - startedMs, untilMs - startedMs]),
      [
        ['seen', 1000, 0, 9990],
        ['found', 1000, 0, 9990],
      ],
    );
  });

  test('of a healthy pod is none', () => {
    const traces = new PodTraces(new ManualClock());
    traces.processed(change, []);
    assert.deepEqual(traces.explain(facts.namespace, facts.name), []);
  });

  test('keeps to its bounds, and says what it forgot', () => {
    const traces = new PodTraces(new ManualClock(), { pods: 2, entries: 3 });
    for (let index = 0; index < 5; index++)
      traces.decided({ ...decided, finding: { ...finding, eventId: `e${index}` } });
    const [cut] = traces.explain(facts.namespace, facts.name);
    assert.deepEqual([cut?.isCut, cut?.entries.length], [true, 3]);
    for (const uid of ['u2', 'u3']) traces.processed({ ...change, pod: { ...facts, uid, name: uid } }, [finding]);
    assert.deepEqual(traces.explain(facts.namespace, facts.name), []);
  });

  test('tells pods of one name apart, the last touched at the end', () => {
    const traces = new PodTraces(new ManualClock());
    for (const uid of ['u1', 'u2', 'u1']) traces.processed({ ...change, pod: { ...facts, uid } }, [finding]);
    assert.deepEqual(
      traces.explain(facts.namespace, facts.name).map(({ uid }) => uid),
      ['u2', 'u1'],
    );
  });
});
