/** What waits for its context is told with it or without, in time and in order, and is not known as told before. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AskedKind, ContextAnswer, ContextKind, ContextSubject } from '../../../internal/pipeline/context.ts';
import type { Finding } from '../../../internal/pipeline/finding.ts';
import { CONTEXT_FINDINGS_HELD, CONTEXT_GATHERED } from '../../../internal/platform/limits.ts';
import { PipelineRig, ScriptedOutbox, type RigOptions } from '../../support/pipeline-rig.ts';
import { app, CREATED_MS, pod, type PodBuilder } from '../../support/pod-builder.ts';

const TIMEOUT_MS = 2_000;
const log: ContextAnswer = { outcome: 'read', part: { log: { text: 'boom', isCut: false } } };

interface Question {
  readonly kind: AskedKind;
  readonly about: ContextSubject;
  readonly signal: AbortSignal;
  readonly answer: (answer: ContextAnswer) => void;
}

/** A pipeline whose questions the test answers. */
function rigThatAsks(kinds: readonly ContextKind[] = ['logs'], options: RigOptions = {}) {
  const questions: Question[] = [];
  const encoded: Finding[] = [];
  const outcomes: string[] = [];
  const rig: PipelineRig = new PipelineRig({
    ...options,
    podOf: (uid) => rig.pods.find((one) => one.uid === uid),
    context: {
      ...{ kinds: new Set(kinds), timeoutMs: TIMEOUT_MS },
      source: {
        ask: (kind, about, signal) => new Promise((answer) => questions.push({ kind, about, signal, answer })),
      },
      asked: (kind, outcome) => outcomes.push(`${kind} ${outcome}`),
    },
    encode: (finding) => {
      encoded.push(finding);
      return new TextEncoder().encode(finding.eventId);
    },
  });
  const see = (one: PodBuilder): void => {
    const facts = one.facts();
    rig.pods = [...rig.pods.filter(({ uid }) => uid !== facts.uid), facts];
    rig.pipeline.process({ type: 'modified', cause: 'watch', pod: facts });
  };
  return { rig, questions, encoded, outcomes, see };
}

const failing = (uid = 'a', id = uid): PodBuilder =>
  pod({ uid }).with(app().exited({ id, code: 1, finishedAtMs: CREATED_MS }));

describe('a failure whose context is asked for', () => {
  test('is told once it is there, with it', async () => {
    const { rig, questions, encoded, outcomes, see } = rigThatAsks();
    see(failing());
    assert.deepEqual([rig.told(), questions.length], [[], 1]);
    questions[0]?.answer(log);
    await rig.pipeline.settled();
    assert.deepEqual(rig.told(), ['failure Error']);
    assert.deepEqual(encoded[0]?.context, { log: { text: 'boom', isCut: false }, notes: [] });
    assert.deepEqual(outcomes, ['logs read']);
  });

  test('waits no longer than its time, is told with what came, and says what did not', async () => {
    const { rig, questions, encoded, see } = rigThatAsks(['events', 'logs', 'limits']);
    see(failing());
    questions.find(({ kind }) => kind === 'logs')?.answer(log);
    await rig.clock.advance(TIMEOUT_MS - 1);
    assert.deepEqual(rig.told(), []);
    await rig.clock.advance(1);
    assert.deepEqual(rig.told(), ['failure Error']);
    assert.equal(encoded[0]?.context?.log?.text, 'boom');
    assert.deepEqual(encoded[0].context.notes, ['events: timed out', 'limits: timed out']);
    assert.ok(questions.every(({ signal }) => signal.aborted));
    questions[0]?.answer(log);
    await rig.clock.advance(1);
    assert.equal(rig.clock.pendingTimers, 0, 'a late answer changes nothing');
  });

  test('is told without what may not be read, and says so', async () => {
    const { rig, questions, encoded, see } = rigThatAsks(['logs', 'hint']);
    see(failing());
    questions[0]?.answer({ outcome: 'forbidden' });
    await rig.pipeline.settled();
    assert.deepEqual(encoded[0]?.context?.notes, ['logs: forbidden']);
    assert.match(encoded[0].context.hint ?? '', /log says why/);
  });

  test('is not remembered as told while it waits: after a kill it shows again, and is told once', async () => {
    const outbox = new ScriptedOutbox();
    const killed = rigThatAsks(['logs'], { outbox });
    killed.rig.pipeline.synced();
    killed.see(failing());
    assert.equal(killed.rig.pipeline.isAllStored, false);
    await killed.rig.clock.advance(0);
    assert.deepEqual([outbox.events, [...outbox.state.values()].flatMap((one) => [...one.keys()])], [[], []]);

    const next = rigThatAsks(['logs'], { outbox });
    await next.rig.pipeline.load();
    next.see(failing());
    next.questions[0]?.answer(log);
    await next.rig.pipeline.settled();
    next.see(failing());
    await next.rig.pipeline.settled();
    assert.deepEqual(next.rig.told(), ['failure Error']);
    assert.deepEqual(next.questions.length, 1, 'nobody asks about what was told');
    await next.rig.pipeline.stop();
  });

  test('is told with what it has when the agent ends', async () => {
    const { rig, encoded, see } = rigThatAsks();
    see(failing());
    await rig.pipeline.stop();
    assert.deepEqual([rig.told(), encoded[0]?.context?.notes], [['failure Error'], ['logs: stopped']]);
    see(failing('b'));
    await rig.pipeline.settled();
    assert.deepEqual(encoded[1]?.context?.notes, ['logs: stopped']);
  });

  test('goes to where a follower keeps its findings if the term ends meanwhile, and is asked about by the next', async () => {
    const { rig, questions, encoded, see } = rigThatAsks();
    see(failing());
    rig.isTelling = false;
    questions[0]?.answer(log);
    await rig.clock.advance(1);
    assert.deepEqual(rig.told(), []);
    rig.isTelling = true;
    rig.pipeline.beginTerm(undefined);
    questions[1]?.answer(log);
    await rig.pipeline.settled();
    assert.deepEqual([rig.told(), encoded.at(-1)?.context?.log?.text], [['failure Error'], 'boom']);
  });

  test('is not asked about by a follower, nor where it is filtered or cools down', async () => {
    const { rig, questions, see } = rigThatAsks(['logs'], { settings: { enabledReasons: ['Evicted'] } });
    see(failing('filtered'));
    rig.settings = { ...rig.settings, enabledReasons: ['*'] };
    rig.isTelling = false;
    see(failing('follower'));
    assert.equal(questions.length, 0);
    rig.isTelling = true;
    see(failing('c', 'first'));
    questions[0]?.answer(log);
    await rig.pipeline.settled();
    see(failing('c', 'second'));
    await rig.pipeline.settled();
    assert.equal(questions.length, 1);
  });
});

describe('findings of one pod', () => {
  test('stay in order, and an incident is asked about once', async () => {
    const { rig, questions, encoded, see } = rigThatAsks(['logs'], { settings: { enabledReasons: ['*'] } });
    const two = failing('a', 'x').with(app('proxy').exited({ id: 'y', code: 2, finishedAtMs: CREATED_MS }));
    see(two);
    see(two.version('2'));
    assert.deepEqual(
      questions.map(({ about }) => about.container),
      ['app', 'proxy'],
    );
    questions[1]?.answer(log);
    await rig.clock.advance(1);
    assert.deepEqual(rig.told(), []);
    questions[0]?.answer({ outcome: 'gone' });
    await rig.pipeline.settled();
    const told = encoded.map(({ container, context }) => `${container?.name} ${context?.notes.join()}`);
    assert.deepEqual(told, ['app logs: gone', 'proxy ']);
  });

  test('are asked about where their log is by now', () => {
    const { questions, see } = rigThatAsks();
    see(failing('a', 'x'));
    const [question] = questions;
    assert.ok(question !== undefined);
    assert.equal(question.about.logOf(), 'current');
    see(pod({ uid: 'a' }).with(app().restarts(1).last({ id: 'x', code: 1 })));
    assert.equal(question.about.logOf(), 'previous');
    see(pod({ uid: 'a' }).with(app().restarts(2).last({ id: 'z', code: 1 })));
    assert.equal(question.about.logOf(), undefined);
  });
});

describe('a storm', () => {
  test('is told at once beyond so many that are asked about, and says so', async () => {
    const { rig, questions, encoded, outcomes, see } = rigThatAsks();
    for (let at = 0; at < CONTEXT_GATHERED + 10; at++) see(failing(`p${at}`));
    await rig.clock.advance(0);
    assert.deepEqual([questions.length, encoded.length], [CONTEXT_GATHERED, 10]);
    assert.deepEqual(encoded[0]?.context?.notes, ['logs: too many']);
    assert.deepEqual(outcomes, Array<string>(10).fill('logs too-many'));
    await rig.clock.advance(TIMEOUT_MS);
    assert.equal(rig.told().length, CONTEXT_GATHERED + 10);
  });

  test('of one pod lets all go once too many are held', async () => {
    const { rig, encoded, see } = rigThatAsks();
    for (let at = 0; at < CONTEXT_FINDINGS_HELD; at++) see(failing('a', `exit-${at}`));
    await rig.clock.advance(0);
    assert.equal(rig.told()[0], 'failure Error');
    assert.deepEqual(encoded[0]?.context?.notes, ['logs: too many']);
    await rig.pipeline.settled();
  });
});

describe('without --event-context', () => {
  test('nothing is asked, and what is known anyway takes no time', async () => {
    const { rig, questions, encoded, see } = rigThatAsks(['hint', 'image']);
    see(failing());
    await rig.pipeline.settled();
    assert.deepEqual([questions.length, rig.told().length, encoded[0]?.context?.notes], [0, 1, []]);
    const none = rigThatAsks([]);
    none.see(failing());
    await none.rig.pipeline.settled();
    assert.equal(none.encoded[0]?.context, undefined);
  });
});
