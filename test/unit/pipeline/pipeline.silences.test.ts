/** What somebody wants silent for a while: counted, summed up at its end, and told then if it still shows. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RemoteSilenceRule } from '../../../internal/pipeline/silence.ts';
import { LabelSelector } from '../../../internal/platform/label-selector.ts';
import { PipelineRig, type RigOptions } from '../../support/pipeline-rig.ts';
import { app, CREATED_MS, pod, type PodBuilder } from '../../support/pod-builder.ts';

const HOUR_MS = 3_600_000;
const END_MS = CREATED_MS + HOUR_MS;
const END = new Date(END_MS).toISOString();

function aRule(parts: Partial<RemoteSilenceRule> = {}): RemoteSilenceRule {
  const rule = { id: 'upgrade', source: 'remote', owner: 'jane', untilMs: END_MS, comment: 'new disks' } as const;
  return { ...rule, match: { namespaces: ['shop'] }, ...parts };
}

function rig(options: RigOptions = {}, ...silences: readonly RemoteSilenceRule[]): PipelineRig {
  const settings = { eventTypes: ['silenced'], silences, ...options.settings };
  const made = new PipelineRig({ ...options, settings });
  made.pipeline.synced();
  return made;
}

/** Pod `name` with a container in its `attempt`th back-off. */
const looping = (name = 'web', attempt = 1): PodBuilder =>
  pod()
    .named('shop', name)
    .with(app().crashLooping({ id: `${name}-${attempt}` }));
const exited = (name = 'web'): PodBuilder =>
  pod()
    .named('shop', name)
    .with(
      app()
        .running('b')
        .last({ id: `${name}-a` }),
    );

async function show(at: PipelineRig, one: PodBuilder): Promise<void> {
  const facts = one.facts();
  at.pods = [...at.pods.filter(({ uid }) => uid !== facts.uid), facts];
  await at.change(one);
}

describe('a silence', () => {
  test('keeps silent what it means, counts each failure once, and names who wants it', async () => {
    const at = rig({}, aRule());
    await show(at, looping());
    await show(at, looping());
    await show(at, looping('web', 2));
    await at.change(pod().named('bank', 'till').with(app().crashLooping()));
    assert.deepEqual(at.told(), ['failure CrashLoopBackOff']);
    const [first, again] = at.observer.decisions;
    assert.ok(first?.stage === 'silence' && first.decision === 'suppress' && again?.stage === 'silence');
    assert.deepEqual([first.reason, first.silence.owner, first.isNew], ['silenced-by-remote', 'jane', true]);
    assert.ok(again.decision === 'suppress' && !again.isNew);
    await at.pipeline.stop();
  });

  test('is summed up when it ends, and what still shows is told under the id it always had', async () => {
    const undisturbed = rig();
    await undisturbed.change(looping('web', 2));
    const at = rig({}, aRule());
    for (const one of [exited('db'), looping('web', 1), looping('web', 2)]) await show(at, one);
    await at.clock.advance(HOUR_MS);
    await at.pipeline.settled();
    assert.deepEqual(at.told().sort(), ['failure CrashLoopBackOff', 'silenced Silenced']);
    const told = (type: string) => at.observer.storedFindings.find((finding) => finding.type === type);
    const [failure, summary] = [told('failure'), told('silenced')];
    assert.equal(failure?.eventId, undisturbed.observer.storedFindings[0]?.eventId);
    assert.deepEqual(
      [...(summary?.silenced?.reasons ?? [])],
      [
        ['Error', 1],
        ['CrashLoopBackOff', 2],
      ],
    );
    assert.deepEqual(summary?.silenced?.pods, ['shop/db', 'shop/web']);
    assert.match(summary.message, /^silence upgrade of jane has ended; 3 failures were not told: Error 1, /);
    assert.equal(at.observer.ended.length, 1);
    await show(at, exited('db'));
    assert.equal(at.observer.takeDecisions().at(-1), 'dedupe deduplicate silenced-before');
    await Promise.all([at.pipeline.stop(), undisturbed.pipeline.stop()]);
  });

  test('is only logged where the plane does not ask for summaries, and said nothing of where it silenced nothing', async () => {
    const at = rig({ settings: { eventTypes: [] } }, aRule(), aRule({ id: 'idle', match: { namespaces: ['bank'] } }));
    await show(at, looping());
    await at.clock.advance(HOUR_MS);
    await at.pipeline.settled();
    assert.deepEqual(at.told(), ['failure CrashLoopBackOff']);
    assert.deepEqual(
      at.observer.ended.map(({ id, failures }) => [id, failures]),
      [['upgrade', 1]],
    );
    await at.pipeline.stop();
  });

  test('that is taken back ends soon after', async () => {
    const at = rig({}, aRule());
    await show(at, looping());
    at.settings = { ...at.settings, silences: [] };
    await at.clock.advance(30_000);
    await at.pipeline.settled();
    assert.deepEqual(at.told(), ['silenced Silenced', 'failure CrashLoopBackOff']);
    assert.equal(at.observer.ended[0]?.ended, 'withdrawn');
    await at.pipeline.stop();
  });

  test('that is made longer goes on, with what it counted', async () => {
    const at = rig({}, aRule());
    await show(at, looping('web', 1));
    at.settings = { ...at.settings, silences: [aRule({ untilMs: END_MS + HOUR_MS })] };
    await at.clock.advance(HOUR_MS);
    await show(at, looping('web', 2));
    assert.deepEqual(at.told(), []);
    await at.clock.advance(HOUR_MS);
    await at.pipeline.settled();
    assert.deepEqual([at.observer.ended.length, at.observer.ended[0]?.failures], [1, 2]);
    await at.pipeline.stop();
  });

  test('that is made longer or shorter is summed up under its new end, with or without a failure since', async () => {
    for (const untilMs of [END_MS - HOUR_MS / 2, END_MS + HOUR_MS]) {
      const at = rig({}, aRule());
      await show(at, looping());
      at.settings = { ...at.settings, silences: [aRule({ untilMs })] };
      await at.clock.advance(3 * HOUR_MS);
      assert.deepEqual([at.observer.ended.length, at.observer.ended[0]?.untilMs], [1, untilMs]);
      await at.pipeline.stop();
    }
  });

  test('leaves no timer behind, whatever is found while the pipeline stops', async () => {
    const at = rig({}, aRule());
    const stopped = at.pipeline.stop();
    at.pipeline.process({ type: 'modified', cause: 'watch', pod: looping().facts() });
    await stopped;
    await at.clock.advance(2 * HOUR_MS);
    assert.deepEqual(at.observer.ended, []);
  });

  test('that nobody could sum up for a week is in the log at least', async () => {
    const at = rig({}, aRule());
    await show(at, looping());
    at.isTelling = false;
    await at.clock.advance(7 * 24 * HOUR_MS);
    assert.deepEqual([at.observer.ended.length, at.told()], [1, []]);
    await at.pipeline.stop();
  });

  test('survives a restart: nothing is counted or told twice', async () => {
    const at = rig({}, aRule());
    await show(at, looping());
    await at.pipeline.stop();
    const next = rig({ outbox: at.outbox, clock: at.clock }, aRule());
    next.pods = at.pods;
    await next.pipeline.load();
    await next.change(looping(), 'initial');
    await next.clock.advance(HOUR_MS);
    await next.pipeline.settled();
    assert.deepEqual(
      [next.told(), next.observer.ended[0]?.failures],
      [['silenced Silenced', 'failure CrashLoopBackOff'], 1],
    );
    await next.pipeline.stop();
  });

  test('that ended while nobody ran is summed up after the next start', async () => {
    const at = rig({}, aRule());
    await show(at, looping());
    await at.pipeline.stop();
    await at.clock.advance(2 * HOUR_MS);
    const next = rig({ outbox: at.outbox, clock: at.clock }, aRule());
    await next.pipeline.load();
    await next.clock.advance(30_000);
    await next.pipeline.settled();
    assert.deepEqual(next.told(), ['silenced Silenced']);
    await next.pipeline.stop();
  });

  test('is summed up under one id by two replicas, and by a follower only once it leads', async () => {
    const [one, other] = [rig({}, aRule()), rig({}, aRule())];
    await show(one, looping('a'));
    for (const name of ['a', 'b']) await show(other, looping(name));
    other.isTelling = false;
    for (const at of [one, other]) await at.clock.advance(HOUR_MS);
    await one.pipeline.settled();
    assert.deepEqual(other.told(), []);
    other.isTelling = true;
    other.pipeline.beginTerm(other.clock.now());
    await other.pipeline.settled();
    const idOf = (at: PipelineRig): string | undefined =>
      at.observer.storedFindings.find(({ type }) => type === 'silenced')?.eventId;
    assert.equal(typeof idOf(one), 'string');
    assert.equal(idOf(other), idOf(one));
    await Promise.all([one.pipeline.stop(), other.pipeline.stop()]);
  });

  test('of agents that tell of different parts of a cluster is summed up by each for itself', async () => {
    const ids = new Set<string>();
    for (const nodeName of ['', 'n1', 'n2']) {
      const at = rig({ silences: { part: { scope: nodeName, nodeName } } }, aRule());
      await show(at, looping());
      await at.clock.advance(HOUR_MS);
      await at.pipeline.stop();
      ids.add(at.observer.storedFindings[0]?.eventId ?? '');
    }
    assert.equal(ids.size, 3);
  });

  test('lets through the end of what was told before it began, and what goes on after it', async () => {
    const at = rig({ settings: { eventTypes: ['silenced', 'resolved'], resolvedAfterMs: 60_000 } });
    await show(at, looping('a'));
    await show(at, looping('b'));
    at.settings = { ...at.settings, silences: [aRule()] };
    await show(at, pod().named('shop', 'a').with(app().running('c')));
    await at.clock.advance(600_000);
    await at.pipeline.settled();
    assert.deepEqual(at.told().slice(2), ['resolved CrashLoopBackOff']);
    await at.clock.advance(HOUR_MS - 600_000);
    await at.pipeline.settled();
    assert.deepEqual(
      at.told().slice(3),
      ['ongoing CrashLoopBackOff'],
      'what was told already is not counted as silenced',
    );
    await at.pipeline.stop();
  });

  for (const [what, untilMs] of [
    ['with an end too far away', CREATED_MS + 8 * 24 * HOUR_MS],
    ['that is over', CREATED_MS],
  ] as const) {
    test(`${what} silences nothing`, async () => {
      const at = rig({}, aRule({ untilMs }));
      await show(at, looping('a'));
      await show(at, looping('b'));
      assert.deepEqual(at.told(), ['failure CrashLoopBackOff', 'failure CrashLoopBackOff']);
      assert.equal(at.observer.refused.length, untilMs === CREATED_MS ? 0 : 1, 'said once');
      await at.pipeline.stop();
    });
  }

  const selector = LabelSelector.parse('app=web,!canary');
  assert.ok(selector instanceof LabelSelector);
  const cases: [match: RemoteSilenceRule['match'], isMeant: boolean][] = [
    [{}, true],
    [{ namespaces: ['*'] }, true],
    [{ namespaces: ['dev', 'sh*'], selector, workloads: ['Deployment/c*'], reasons: ['OOM*'] }, true],
    [{ namespaces: ['dev'] }, false],
    [{ namespaces: ['shop'], reasons: ['Evicted'] }, false],
    [{ reasons: ['CrashLoopBackOff'] }, true],
    [{ workloads: ['shop/Deployment/cart'] }, true],
    [{ workloads: ['dev/Deployment/cart', 'StatefulSet/*'] }, false],
  ];
  for (const [match, isMeant] of cases) {
    test(`of ${JSON.stringify(match)} ${isMeant ? 'means' : 'does not mean'} the failure`, async () => {
      const at = rig({}, aRule({ match }));
      const labels = { app: 'web', 'pod-template-hash': '7d9f' };
      const cart = pod().named('shop', 'cart-7d9f-x').ownedBy('ReplicaSet', 'cart-7d9f').labelled(labels);
      await show(at, cart.with(app().crashLooping({ code: 137, reason: 'OOMKilled' })));
      assert.equal(at.told().length, isMeant ? 0 : 1);
      await at.pipeline.stop();
    });
  }
});

describe('an annotation that silences', () => {
  const text = `until=${END} owner=jane reason=CrashLoopBackOff,Evicted`;
  const annotations = { ofNamespace: (name: string) => (name === 'shop' ? text : ''), ofWorkload: () => undefined };

  test('of the pod silences the pod, for the reasons it names', async () => {
    const at = rig();
    await show(at, looping().but({ silence: text }));
    await show(at, pod().named('shop', 'odd').with(app().waiting('ErrImagePull')).but({ silence: text }));
    assert.deepEqual(at.told(), ['failure ErrImagePull']);
    await at.clock.advance(HOUR_MS);
    await at.pipeline.settled();
    assert.deepEqual(at.observer.ended[0]?.id, 'shop/Pod/web');
    await at.pipeline.stop();
  });

  test('of the namespace silences its pods', async () => {
    const at = rig({ silences: { annotations } });
    await show(at, looping('a'));
    await show(at, looping('b'));
    await at.change(pod().named('bank', 'till').with(app().crashLooping()));
    assert.deepEqual(at.told(), ['failure CrashLoopBackOff']);
    await at.clock.advance(HOUR_MS);
    assert.deepEqual([at.observer.ended[0]?.id, at.observer.ended[0]?.failures], ['shop', 2]);
    await at.pipeline.stop();
  });

  test('of the workload silences its pods', async () => {
    const ofWorkload = (): string => text;
    const at = rig({ silences: { annotations: { ofNamespace: () => undefined, ofWorkload } } });
    await show(at, looping().ownedBy('StatefulSet', 'db'));
    assert.equal(at.observer.takeDecisions().at(-1), 'silence suppress silenced-by-workload');
    await at.pipeline.stop();
  });

  test('silences nothing where it can not be read, and that is said once', async () => {
    const at = rig();
    for (const name of ['a', 'a', 'b']) await show(at, looping(name).but({ silence: 'owner=jane' }));
    assert.equal(at.told().length, 2);
    assert.deepEqual(
      at.observer.refused.map((detail) => detail.slice(0, 36)),
      ['the silence of pod shop/Pod/a says no', 'the silence of pod shop/Pod/b says no'].map((one) => one.slice(0, 36)),
    );
    await at.pipeline.stop();
  });

  test('counts only where settings let what carries it silence', async () => {
    const at = rig({ settings: { silenceAnnotations: ['namespaces'] }, silences: { annotations } });
    await show(at, looping().but({ namespace: 'bank', silence: text }));
    await show(at, looping('b'));
    assert.deepEqual(at.told(), ['failure CrashLoopBackOff']);
    await at.pipeline.stop();
  });
});
