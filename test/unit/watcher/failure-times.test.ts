/** How long failures took, as metrics: with what the pipeline decides, and what the drain delivers. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { observePipeline } from '../../../cmd/watcher/observe-cluster.ts';
import { observeDrain } from '../../../cmd/watcher/observe-plane.ts';
import { createMetrics } from '../../../internal/metrics/metrics.ts';
import { silentLogger } from '../../../internal/platform/log.ts';
import { encodeFinding } from '../../../internal/restate/wire-format.ts';
import { drainUnderTest } from '../../support/drain-under-test.ts';
import { sumOf } from '../../support/exposition.ts';
import { aFinding, type FindingParts } from '../../support/finding-builder.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { outboxEvent } from '../../support/outbox-event.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';
import { app, pod, type PodBuilder } from '../../support/pod-builder.ts';

/** Count, sum, and how many within `seconds`, of a histogram. */
async function histogram(metrics: ReturnType<typeof createMetrics>, name: string, seconds: number) {
  const { body } = await metrics.expose();
  const bucket = sumOf(body, `${name}_bucket`, { le: String(seconds) });
  return { count: sumOf(body, `${name}_count`), sum: sumOf(body, `${name}_sum`), bucket };
}

describe('time to detect', () => {
  async function detected(...pods: readonly ((nowMs: number) => PodBuilder)[]) {
    const metrics = createMetrics();
    const rig = new PipelineRig({ settings: { enabledReasons: ['*'] } });
    const observer = observePipeline(metrics, silentLogger());
    await rig.clock.advance(3_600_000);
    for (const at of pods) await rig.change(at(rig.clock.now()));
    for (const decision of rig.observer.decisions) observer.decided(decision);
    return histogram(metrics, 'watcher_failure_detect_seconds', 5);
  }
  const exited = (finishedAtMs: number, id = 'a') => pod().with(app().exited({ id, finishedAtMs }));

  test('is from the end of the container, which the kubelet rounds to a second, to its being seen', async () => {
    const figures = await detected((nowMs) => exited(nowMs - 2_000));
    assert.deepEqual(figures, { count: 1, sum: 2, bucket: 1 });
  });

  test('counts a failure once, however often it is seen, and a late one as late', async () => {
    const late = (nowMs: number): PodBuilder => exited(nowMs - 40_000);
    assert.deepEqual(await detected(late, late, late), { count: 1, sum: 40, bucket: 0 });
  });

  test('is nothing where the clock of the node is ahead', async () => {
    assert.deepEqual(await detected((nowMs) => exited(nowMs + 3_000)), { count: 1, sum: 0, bucket: 1 });
  });

  test('is not taken of what has no time, and of states that are told for having lasted', async () => {
    const pulling = () => pod().with(app().waiting('ImagePullBackOff'));
    const condition = { type: 'Ready', status: 'False', reason: '', message: '' };
    const notReady = (nowMs: number): PodBuilder =>
      pod()
        .but({ uid: 'uid-2', conditions: [{ ...condition, lastTransitionAtMs: nowMs - 3_000_000 }] })
        .with(app().running());
    assert.deepEqual(await detected(pulling, notReady), { count: 0, sum: 0, bucket: 0 });
  });
});

describe('time to accept', () => {
  async function delivered(t: Parameters<typeof drainUnderTest>[0], ...findings: readonly FindingParts[]) {
    const metrics = createMetrics();
    const clock = new ManualClock();
    const logger = silentLogger();
    const observer = observeDrain({ metrics, logger, auditLogger: logger, clock, isDryRun: false });
    const under = await drainUnderTest(t, { observer, clock });
    const context = { agentVersion: '1', namespaceLabels: () => undefined, workloadOf: () => undefined };
    const stored = findings.map((parts, index) => {
      const eventId = `event-${index}`;
      const bytes = encodeFinding(aFinding({ ...parts, eventId }), context);
      return { ...outboxEvent(eventId), bytes, observedAtMs: clock.now() };
    });
    await under.outbox.append(stored, []);
    return { metrics, ...under };
  }

  test('is from the time of the failure itself to the answer of the plane, however long that was away', async (t) => {
    const began = Date.parse('2026-01-01T00:00:00Z');
    const { metrics, clock, drain } = await delivered(
      t,
      { occurredAtMs: began - 1_000 },
      { occurredAtMs: began - 100_000, type: 'ongoing' },
      { occurredAtMs: began - 100_000, incidentClass: 'ready', container: undefined },
    );
    await clock.advance(20_000);
    drain.start();
    await clock.advance(1_000);
    const { count, sum = 0, bucket } = await histogram(metrics, 'watcher_failure_accept_seconds', 30);
    assert.deepEqual([count, bucket], [1, 1]);
    assert.ok(sum >= 21 && sum <= 22, `${sum} s`);
    assert.equal((await histogram(metrics, 'watcher_accept_seconds', 30)).count, 3);
  });
});
