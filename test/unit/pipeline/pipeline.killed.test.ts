/** What an agent had begun to tell, or could not see, when it was killed: the next one tells it, however old it is by then. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { COALESCED_SPACE } from '../../../internal/pipeline/coalesce.ts';
import { ownersByName, type AskOutcome } from '../../../internal/pipeline/owner-lookup.ts';
import type { RemoteSilenceRule } from '../../../internal/pipeline/silence.ts';
import { PipelineRig, ScriptedOutbox, type RigOptions } from '../../support/pipeline-rig.ts';
import { app, CREATED_MS, pod, type PodBuilder } from '../../support/pod-builder.ts';
import { storm, stormRig, THRESHOLD, WINDOW_MS } from '../../support/storm-rig.ts';

const HOUR_MS = 3_600_000;
const silence: RemoteSilenceRule = {
  ...{ id: 'upgrade', source: 'remote', owner: 'jane', untilMs: CREATED_MS + HOUR_MS, comment: '' },
  match: { namespaces: ['shop'] },
};
const silenced = { settings: { eventTypes: ['silenced'], silences: [silence] } };

const evicted = (name: string): PodBuilder => pod().named('shop', name).failed('Evicted', 'the node was low on memory');
const attempt = (uid: string): PodBuilder =>
  pod({ uid })
    .ownedBy('Job', 'backup')
    .with(app().exited({ id: uid, finishedAtMs: CREATED_MS + HOUR_MS }));

/** Takes so many appends more, and never answers the one after. */
class MortalOutbox extends ScriptedOutbox {
  appendsLeft = Infinity;

  override append(...[events, state]: Parameters<ScriptedOutbox['append']>): ReturnType<ScriptedOutbox['append']> {
    this.appendsLeft -= 1;
    return this.appendsLeft < 0 ? new Promise(() => undefined) : super.append(events, state);
  }
}

/** Has room for a little state at most while it is full. */
class FullableOutbox extends ScriptedOutbox {
  isFull = false;

  override append(...[events, state]: Parameters<ScriptedOutbox['append']>): ReturnType<ScriptedOutbox['append']> {
    if (this.isFull && events.length > 0) this.script.push('full');
    return super.append(events, state);
  }
}

/** An agent on the disk of one that was killed, which sees these pods first. */
async function afterKill(killed: PipelineRig, options: RigOptions, pods: readonly PodBuilder[]): Promise<PipelineRig> {
  const outbox = Object.assign(new ScriptedOutbox(), { events: killed.outbox.events, state: killed.outbox.state });
  const rig = new PipelineRig({ ...options, outbox, clock: killed.clock });
  rig.pods = pods.map((one) => one.facts());
  await rig.pipeline.load();
  for (const one of pods) await rig.change(one, 'initial', 'added');
  rig.pipeline.synced();
  await rig.pipeline.settled();
  return rig;
}

const namesIn = ({ outbox }: PipelineRig): string[] => outbox.events.map(({ pod: name }) => name).sort();

describe('an agent that was killed', () => {
  test('between the failures of one Job, which had waited for it together, leaves none of them behind', async () => {
    const first = new ScriptedOutbox();
    first.state.set('pipeline', new Map([['watched-until-ms', String(CREATED_MS)]]));
    const outbox = Object.assign(new MortalOutbox(), { state: first.state });
    let answer: (outcome: AskOutcome) => void = () => undefined;
    const ask = (): Promise<AskOutcome> => new Promise((resolve) => (answer = resolve));
    const killed = new PipelineRig({ outbox, owners: { ...ownersByName, ask } });
    await killed.clock.advance(3 * HOUR_MS);
    await killed.pipeline.load();
    const attempts = ['a', 'b', 'c'].map(attempt);
    for (const one of attempts) killed.pipeline.process({ type: 'added', cause: 'initial', pod: one.facts() });
    killed.pipeline.synced();
    outbox.appendsLeft = 1;
    answer('late');
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(outbox.events.length, 1);
    const rig = await afterKill(killed, {}, attempts);
    assert.deepEqual(rig.outbox.events.map(({ podUid }) => podUid).sort(), ['a', 'b', 'c']);
    await rig.pipeline.stop();
  });

  test('at the end of a silence, after its summary, leaves nothing silent that still shows', async () => {
    const outbox = new MortalOutbox();
    const killed = new PipelineRig({ ...silenced, outbox });
    const pods = [evicted('db'), evicted('web')];
    killed.pods = pods.map((one) => one.facts());
    await killed.pipeline.load();
    killed.pipeline.synced();
    for (const one of pods) await killed.change(one);
    await killed.clock.advance(HOUR_MS - 1000);
    outbox.appendsLeft = 1;
    await killed.clock.advance(1000);
    assert.deepEqual(namesIn(killed), ['upgrade']);
    const rig = await afterKill(killed, silenced, pods);
    assert.deepEqual(namesIn(rig), ['db', 'upgrade', 'web']);
    await rig.pipeline.stop();
  });

  test('while a digest found no room has what it counted since on disk', async () => {
    const outbox = new FullableOutbox();
    const rig = stormRig({ outbox, bounds: { held: 0 } });
    await storm(rig, THRESHOLD + 2);
    outbox.isFull = true;
    await rig.clock.advance(WINDOW_MS);
    await rig.change(evicted('db'));
    await rig.clock.advance(WINDOW_MS);
    assert.equal(rig.pipeline.describe().fingerprints, 1);
    assert.equal(outbox.state.get(COALESCED_SPACE)?.size, 1);
    outbox.isFull = false;
    await rig.clock.advance(WINDOW_MS);
    await rig.pipeline.stop();
    assert.deepEqual([rig.observer.digests, namesIn(rig).includes('db')], [[2], true]);
  });

  test('over a full outbox, and finds it full again, tells all that shows once there is room, however old', async () => {
    const outbox = new FullableOutbox();
    outbox.state.set('pipeline', new Map([['watched-until-ms', String(CREATED_MS)]]));
    const rig = new PipelineRig({ outbox, bounds: { held: 1 } });
    await rig.clock.advance(5 * HOUR_MS);
    const attempts = ['a', 'b', 'c', 'd', 'e'].map(attempt);
    rig.pods = attempts.map((one) => one.facts());
    outbox.isFull = true;
    await rig.pipeline.load();
    for (const one of attempts) await rig.change(one, 'initial', 'added');
    rig.pipeline.synced();
    assert.ok(rig.pipeline.describe().coalesced > 0);
    outbox.isFull = false;
    await rig.clock.advance(60_000);
    assert.deepEqual(outbox.events.map(({ podUid }) => podUid).sort(), ['a', 'b', 'c', 'd', 'e']);
    await rig.pipeline.stop();
  });

  test('while its watch was broken leaves what failed meanwhile to the next one', async () => {
    const behind = new Set<string>();
    const killed = new PipelineRig({ behind: () => behind });
    await killed.pipeline.load();
    killed.pipeline.synced();
    assert.ok(killed.pipeline.isAllStored);
    await killed.clock.advance(HOUR_MS);
    behind.add('');
    assert.ok(!killed.pipeline.isAllStored, 'a leader would say that all was told');
    await killed.clock.advance(2 * HOUR_MS);
    const rig = await afterKill(killed, {}, [attempt('a')]);
    assert.deepEqual(rig.told(), ['failure Error']);
    await Promise.all([killed.pipeline.stop(), rig.pipeline.stop()]);
  });
});

describe('a replica that takes over during a silence', () => {
  test('tells at its end what the old leader kept silent, once, and sums it up', async () => {
    const rig = new PipelineRig(silenced);
    const pods = [evicted('db'), evicted('web')];
    rig.pods = pods.map((one) => one.facts());
    rig.isTelling = false;
    rig.pipeline.synced();
    for (const one of pods) await rig.change(one);
    await rig.clock.advance(60_000);
    rig.isTelling = true;
    rig.pipeline.beginTerm(rig.clock.now());
    await rig.pipeline.settled();
    assert.deepEqual(namesIn(rig), []);
    await rig.clock.advance(HOUR_MS);
    await rig.pipeline.settled();
    assert.deepEqual(namesIn(rig), ['db', 'upgrade', 'web']);
    assert.equal(rig.observer.ended[0]?.failures, 2);
    await rig.pipeline.stop();
  });
});
