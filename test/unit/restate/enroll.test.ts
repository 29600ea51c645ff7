import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { enrolmentPauseMs, startEnrolment, type Enrolment } from '../../../internal/restate/enroll.ts';
import type { Exchange } from '../../../internal/restate/exchange.ts';
import { collectingLogger, type LogLine } from '../../support/collecting-logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { answered, stubPlane, unreachable, type StubPlane } from '../../support/stub-plane.ts';

interface Rig extends StubPlane {
  readonly clock: ManualClock;
  readonly enrolment: Enrolment;
  readonly lines: LogLine[];
  readonly enrolled: () => number;
}

function rig(t: TestContext, answers: readonly Exchange[], clusterUid?: string): Rig {
  const clock = new ManualClock();
  const plane = stubPlane(...answers);
  const { logger, lines } = collectingLogger();
  let enrolled = 0;
  const enrolment = startEnrolment({
    client: plane.client,
    clusterId: 'c-1',
    agentVersion: '1.2.3',
    clusterUid,
    clock,
    random: { next: () => 0.5, hex: () => '' },
    logger,
    onEnrolled: () => (enrolled += 1),
  });
  t.after(() => enrolment.stop());
  return { ...plane, clock, enrolment, lines, enrolled: () => enrolled };
}

describe('enrolment', () => {
  test('tells the plane name, version and uid of the cluster, once', async (t) => {
    const { clock, calls, bodies, enrolment, enrolled } = rig(t, [answered(200)], 'uid-1');
    await clock.advance(3_600_000);
    assert.deepEqual(
      calls.map(({ target }) => target),
      [['ClusterService', 'Enroll']],
    );
    assert.deepEqual(bodies(), [{ cluster_id: 'c-1', version: '1.2.3', cluster_uid: 'uid-1' }]);
    assert.equal(calls[0]?.idempotencyKey, undefined);
    assert.deepEqual([enrolment.state().kind, enrolled()], ['enrolled', 1]);
  });

  test('leaves out a uid that may not be read', async (t) => {
    const { clock, bodies } = rig(t, [answered(200)]);
    await clock.advance(0);
    assert.deepEqual(bodies(), [{ cluster_id: 'c-1', version: '1.2.3' }]);
  });

  test('is tried for ever, at least once a minute, and says meanwhile how it stands', async (t) => {
    const { clock, calls, enrolment } = rig(t, [unreachable]);
    assert.deepEqual(enrolment.state(), { kind: 'not-enrolled', attempts: 0, lastError: undefined });
    await clock.advance(600_000);
    const state = enrolment.state();
    assert.ok(state.kind === 'not-enrolled' && state.attempts === calls.length && calls.length >= 14);
    assert.equal(state.lastError?.code, 'PLANE_UNREACHABLE');
    const before = calls.length;
    await clock.advance(60_000);
    assert.ok(calls.length > before);
  });

  test('succeeds as soon as the plane is there', async (t) => {
    const { clock, enrolment, enrolled } = rig(t, [unreachable, answered(404, {}, 'ingress'), answered(200)]);
    await clock.advance(10_000);
    assert.deepEqual([enrolment.state().kind, enrolled()], ['enrolled', 1]);
  });

  test('warns once for each kind of trouble', async (t) => {
    const notThere = answered(404, {}, 'ingress');
    const { clock, lines } = rig(t, [unreachable, unreachable, notThere, notThere, unreachable, answered(200)]);
    await clock.advance(600_000);
    const warned = lines.filter(({ level }) => level === 'warn').map((line) => (line['err'] as { code: string }).code);
    assert.deepEqual(warned, ['PLANE_UNREACHABLE', 'PLANE_NOT_REGISTERED', 'PLANE_UNREACHABLE']);
    assert.equal(lines.filter(({ level }) => level === 'info').length, 1);
  });

  test('names the trouble where the plane knows another cluster under our name', async (t) => {
    const { clock, enrolment } = rig(t, [answered(409, { message: 'another cluster' }, 'invocation')]);
    await clock.advance(0);
    const state = enrolment.state();
    assert.ok(state.kind === 'not-enrolled');
    assert.equal(state.lastError?.code, 'PLANE_OTHER_CLUSTER');
  });

  test('takes no redirect and no page for a yes', async (t) => {
    const page = { ...answered(200, '<html></html>'), contentType: 'text/html', isFromRestate: false } as Exchange;
    const { clock, enrolment } = rig(t, [answered(302), page]);
    await clock.advance(60_000);
    assert.equal(enrolment.state().kind, 'not-enrolled');
  });

  test('ends when it is stopped, and leaves no timer', async (t) => {
    const { clock, enrolment, calls } = rig(t, [unreachable]);
    await clock.advance(1_000);
    await enrolment.stop();
    const before = calls.length;
    await clock.advance(600_000);
    assert.deepEqual([calls.length, clock.pendingTimers], [before, 0]);
  });

  test('pauses between 40 and 60 s in the end, also after a million attempts', () => {
    for (const next of [0, 0.999]) {
      for (const attempt of [7, 1_000, 1_000_000]) {
        const pauseMs = enrolmentPauseMs(attempt, { next: () => next, hex: () => '' });
        assert.ok(pauseMs >= 40_000 && pauseMs <= 60_000, `${pauseMs}`);
      }
    }
  });
});
