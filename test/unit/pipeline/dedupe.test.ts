/** Dedupe: what is told, when it is told again, and what is counted instead. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decideDedupe, remember, rememberOld, toTell } from '../../../internal/pipeline/dedupe.ts';
import type { Finding } from '../../../internal/pipeline/finding.ts';
import { decodeIncidents, encodeIncidents } from '../../../internal/pipeline/incidents-codec.ts';
import type { Incidents } from '../../../internal/pipeline/incidents.ts';
import { IDS_KEPT_PER_INCIDENT, INCIDENT_IDLE_MS, STABLE_RUN_MS } from '../../../internal/platform/limits.ts';
import { look } from '../../support/detecting.ts';
import { app, CREATED_MS, pod, type ExitParts, type PodBuilder } from '../../support/pod-builder.ts';

const COOLDOWN = 180_000;
const START = 1_000_000_000;

/** One pod's dedupe through time: `sees` gives, for each finding of a look, the reason decided by. */
class Told {
  incidents: Incidents | undefined;
  readonly events: Finding[] = [];

  sees(step: PodBuilder, atMs: number, cooldownMs = COOLDOWN): string[] {
    return look(step, { nowMs: START + atMs, isFirstLook: true }).findings.map((finding) => {
      const decision = decideDedupe(finding, this.incidents, START + atMs, cooldownMs);
      if (decision.send) this.events.push(toTell(finding, decision, this.incidents, cooldownMs));
      this.incidents = remember(finding, decision, this.incidents, START + atMs);
      return decision.reason;
    });
  }
}

const exit = (id: string, restarts = 0, parts: ExitParts = {}) =>
  pod().with(
    app()
      .restarts(restarts)
      .exited({ id, ...parts }),
  );
const loop = (id: string, restarts = 0) => pod().with(app().restarts(restarts).crashLooping({ id }));
const running = (last: string, restarts = 1) => pod().with(app().restarts(restarts).running('z').last({ id: last }));

describe('a crash loop', () => {
  test('tells its first exit at once, then the loop at once, then counts', () => {
    const pipeline = new Told();
    assert.deepEqual(pipeline.sees(exit('a'), 0), ['first']);
    assert.deepEqual(pipeline.sees(loop('a'), 1000), ['escalated']);
    assert.deepEqual(pipeline.sees(running('a'), 11_000), ['already-told']);
    assert.deepEqual(pipeline.sees(exit('b', 1), 12_000), ['cooling-down']);
    assert.deepEqual(pipeline.sees(loop('b', 1), 13_000), ['cooling-down']);
    assert.deepEqual(
      pipeline.events.map(({ type, reason }) => `${type} ${reason}`),
      ['failure Error', 'failure CrashLoopBackOff'],
    );
  });

  test('tells what was counted as ongoing once the cooldown is over, each attempt once', () => {
    const pipeline = new Told();
    pipeline.sees(exit('a'), 0);
    pipeline.sees(loop('a'), 1000);
    for (const [index, id] of ['b', 'c', 'd'].entries()) {
      pipeline.sees(exit(id, index + 1), 20_000 * (index + 1));
      pipeline.sees(loop(id, index + 1), 20_000 * (index + 1) + 1000);
    }
    assert.deepEqual(pipeline.sees(exit('e', 4), 182_000), ['cooldown-elapsed']);
    const ongoing = pipeline.events.at(-1);
    assert.equal(ongoing?.type, 'ongoing');
    assert.equal(ongoing.occurrences, 4, 'b, c, d and e');
    assert.equal(ongoing.covers[0], look(exit('e', 4)).findings[0]?.eventId);
    assert.equal(ongoing.incidentKey, pipeline.events[0]?.incidentKey);
    assert.deepEqual(pipeline.sees(loop('e', 4), 183_000), ['cooling-down']);
  });

  test('stays as grave as it was where an exit is what it is told by as ongoing', () => {
    const pipeline = new Told();
    pipeline.sees(exit('a'), 0);
    pipeline.sees(loop('a'), 1000);
    for (const [id, atMs] of [
      ['b', 1000 + COOLDOWN],
      ['c', 1000 + 2 * COOLDOWN],
    ] as const)
      pipeline.sees(exit(id, 1, { finishedAtMs: START + atMs }), atMs);
    assert.deepEqual(
      pipeline.events.map(({ type, severity }) => `${type} ${severity}`),
      ['failure warning', 'failure critical', 'ongoing critical', 'ongoing critical'],
    );
  });

  test('is told as a loop only, if exit and loop are first seen together', () => {
    const pipeline = new Told();
    assert.deepEqual(pipeline.sees(loop('a'), 0), ['first']);
    assert.deepEqual(pipeline.sees(running('a'), 10_000), ['covered']);
    assert.deepEqual(pipeline.sees(loop('b', 1), 20_000), ['cooling-down']);
    assert.equal(pipeline.events.length, 1);
  });

  test('adds restarts nobody saw to the next telling', () => {
    const pipeline = new Told();
    const unseen = { incidentKey: 'i', restartsUnseen: 3 };
    pipeline.sees(exit('a'), 0);
    const [cooling] = look(exit('b', 5)).findings;
    assert.ok(cooling !== undefined);
    const finding = { ...cooling, restartsUnseen: unseen.restartsUnseen };
    const decision = decideDedupe(finding, pipeline.incidents, START + 10, COOLDOWN);
    pipeline.incidents = remember(finding, decision, pipeline.incidents, START + 10);
    pipeline.sees(exit('c', 6), 200_000);
    assert.equal(pipeline.events.at(-1)?.restartsUnseen, 3);
    assert.equal(pipeline.events.at(-1)?.occurrences, 2);
  });

  test('is a new failure after a run so long that the kubelet forgets, once the cooldown is over', () => {
    const pipeline = new Told();
    pipeline.sees(exit('a'), 0);
    pipeline.sees(loop('a'), 1000);
    const stable = { startedAtMs: 1000, finishedAtMs: 1000 + STABLE_RUN_MS };
    assert.deepEqual(pipeline.sees(exit('b', 1, stable), 700_000), ['first']);
    assert.deepEqual(pipeline.sees(loop('b', 1), 701_000), ['escalated']);
    assert.deepEqual(
      pipeline.events.map(({ type }) => type),
      ['failure', 'failure', 'failure', 'failure'],
    );
  });

  test('is a new failure when nothing was seen of it for long', () => {
    const pipeline = new Told();
    pipeline.sees(exit('a'), 0);
    assert.deepEqual(pipeline.sees(exit('b', 1), INCIDENT_IDLE_MS), ['first']);
  });

  test('cools down even after a long run where the cooldown is longer', () => {
    const pipeline = new Told();
    const stable = { startedAtMs: 1000, finishedAtMs: 1000 + STABLE_RUN_MS };
    pipeline.sees(exit('a'), 0, 3_600_000);
    assert.deepEqual(pipeline.sees(exit('b', 1, stable), 700_000, 3_600_000), ['cooling-down']);
  });
});

describe('what goes on without a new occurrence', () => {
  const pulling = pod().with(app().waiting('ImagePullBackOff'));

  test('is told again at the first look after each cooldown', () => {
    const pipeline = new Told();
    assert.deepEqual(pipeline.sees(pulling, 0), ['first']);
    assert.deepEqual(pipeline.sees(pulling, 179_999), ['already-told']);
    assert.deepEqual(pipeline.sees(pulling, 180_000), ['cooldown-elapsed']);
    assert.deepEqual(pipeline.sees(pulling, 181_000), ['already-told']);
    assert.deepEqual(pipeline.sees(pulling, 361_000), ['cooldown-elapsed']);
    assert.equal(new Set(pipeline.events.map(({ eventId }) => eventId)).size, 3);
    assert.equal(pipeline.events[1]?.occurrences, 0, 'no attempt is new');
  });

  test('is never told for what is over', () => {
    const pipeline = new Told();
    pipeline.sees(exit('a'), 0);
    assert.deepEqual(pipeline.sees(running('a'), 1_000_000), ['already-told']);
  });

  test('is told under ids of different cooldowns only', () => {
    const pipeline = new Told();
    const at = (finishedAtMs: number, id: string) => exit(id, 1, { finishedAtMs });
    pipeline.sees(at(0, 'a'), 0);
    assert.deepEqual(pipeline.sees(at(START, 'b'), COOLDOWN), ['cooldown-elapsed']);
    assert.deepEqual(pipeline.sees(at(START + 1, 'c'), 2 * COOLDOWN), ['cooling-down']);
    assert.deepEqual(pipeline.sees(at(START + COOLDOWN, 'd'), 2 * COOLDOWN + 1), ['cooldown-elapsed']);
    assert.equal(pipeline.events.at(-1)?.occurrences, 2);
  });
});

describe('the cooldown', () => {
  test('of one class, container or pod never hides the first failure of another', () => {
    const pipeline = new Told();
    pipeline.sees(exit('a'), 0);
    assert.deepEqual(pipeline.sees(pod().with(app().waiting('ErrImagePull')), 1), ['first']);
    assert.deepEqual(pipeline.sees(pod().with(app('other').exited({ id: 'o' })), 2), ['first']);
    assert.deepEqual(pipeline.sees(pod({ uid: 'u2' }).with(app().exited({ id: 'p' })), 3), ['first']);
  });

  test('of zero tells every occurrence', () => {
    const pipeline = new Told();
    const at = (id: string, finishedAtMs: number) => exit(id, 1, { finishedAtMs });
    assert.deepEqual(pipeline.sees(at('a', 1), 0, 0), ['first']);
    assert.deepEqual(pipeline.sees(at('b', 2), 0, 0), ['cooldown-elapsed']);
    assert.deepEqual(pipeline.sees(at('c', 3), 1, 0), ['cooldown-elapsed']);
  });
});

describe('the end of a pod', () => {
  test('is covered by the disruption told before it, and the other way round', () => {
    const disrupted = pod()
      .deleting(CREATED_MS + 1000)
      .disrupted('PreemptionByScheduler', 1000);
    const ended = disrupted.failed();
    const one = new Told();
    assert.deepEqual([one.sees(disrupted, 0), one.sees(ended, 1)], [['first'], ['covered']]);
    const other = new Told();
    assert.deepEqual([other.sees(ended, 0), other.sees(disrupted, 1)], [['first'], ['covered']]);
  });

  test('that an exit explained is not told again when a reason is added later', () => {
    const pipeline = new Told();
    const failed = pod()
      .restarting('Never')
      .failed()
      .with(app().exited({ id: 'a' }));
    assert.deepEqual(pipeline.sees(failed, 0), ['first']);
    assert.deepEqual(pipeline.sees(failed.failed('LaterWord'), 1), ['covered', 'already-told']);
  });

  test('learns what an exit covers even when the exit was told before', () => {
    const pipeline = new Told();
    pipeline.sees(exit('a').restarting('Never'), 0);
    const failed = pod()
      .restarting('Never')
      .failed()
      .with(app().exited({ id: 'a' }));
    assert.deepEqual(pipeline.sees(failed, 1), ['already-told']);
    assert.deepEqual(pipeline.sees(failed.failed('LaterWord'), 2), ['covered', 'already-told']);
  });
});

describe('what was over before anybody looked', () => {
  test('is known from then on and never told', () => {
    const pipeline = new Told();
    const [old] = look(running('a')).findings;
    assert.ok(old !== undefined);
    pipeline.incidents = rememberOld(old, undefined, START);
    assert.deepEqual(pipeline.sees(running('a'), 1), ['ended-before-look-back']);
    assert.deepEqual(pipeline.sees(exit('b', 1), 2), ['first']);
  });

  test('leaves the restarts nobody saw before it to what is told next', () => {
    const [old] = look(running('a')).findings;
    assert.ok(old !== undefined);
    let incidents = rememberOld({ ...old, restartsUnseen: 2 }, undefined, START);
    incidents = rememberOld({ ...old, restartsUnseen: 1 }, incidents, START);
    assert.equal(rememberOld(old, incidents, START), incidents);
    assert.equal(incidents?.get(old.incidentKey)?.unseen, 3);
    assert.deepEqual([...(incidents.get(old.incidentKey)?.ids.values() ?? [])], ['old']);
  });
});

describe('memory', () => {
  test('is the very same object while nothing new shows', () => {
    const pipeline = new Told();
    pipeline.sees(exit('a'), 0);
    const before = pipeline.incidents;
    pipeline.sees(running('a'), 1000);
    assert.equal(pipeline.incidents, before);
  });

  test('keeps a bounded number of ids, the latest ones', () => {
    const pipeline = new Told();
    for (let round = 0; round < 100; round++) pipeline.sees(loop(`c${round}`, round), round);
    const [incident] = pipeline.incidents?.values() ?? [];
    assert.equal(incident?.ids.size, IDS_KEPT_PER_INCIDENT);
    assert.deepEqual(pipeline.sees(running('c99'), 101), ['covered']);
  });

  test('survives a restart: what was told stays told, and counts go on', () => {
    const pipeline = new Told();
    pipeline.sees(exit('a'), 0);
    pipeline.sees(loop('a'), 1000);
    pipeline.sees(exit('b', 1), 2000);
    const again = new Told();
    again.incidents = decodeIncidents(encodeIncidents(pipeline.incidents ?? new Map()) ?? '', START + 3000);
    assert.deepEqual(again.incidents, pipeline.incidents);
    assert.deepEqual(again.sees(loop('b', 1), 4000), ['cooling-down']);
    assert.deepEqual(again.sees(exit('c', 2), 200_000), ['cooldown-elapsed']);
    assert.equal(again.events[0]?.occurrences, 2);
  });

  test('of times ahead of the clock does not cool down until the clock catches up', () => {
    const pipeline = new Told();
    pipeline.sees(exit('a'), 3_600_000);
    const again = new Told();
    again.incidents = decodeIncidents(encodeIncidents(pipeline.incidents ?? new Map()) ?? '', START);
    assert.deepEqual(again.sees(exit('b', 1), COOLDOWN), ['cooldown-elapsed']);
  });

  test('that cannot be read is nothing, and never an error', () => {
    for (const text of [
      '',
      '{',
      'null',
      '{}',
      '[1]',
      '[[]]',
      '[["k",0,0,0,0,0,0]]',
      '[["k","x",0,0,0,0,0,[]]]',
      '[[1,0,0,0,0,0,0,[]]]',
    ]) {
      assert.equal(decodeIncidents(text, START), undefined, text);
    }
    assert.equal(decodeIncidents('[["k",0,0,0,0,0,0,[7,"","xid"]]]', START)?.get('k')?.ids.size, 0);
  });
});
