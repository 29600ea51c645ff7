import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Exchange } from '../../../internal/restate/exchange.ts';
import { startHeartbeat } from '../../../internal/restate/heartbeat.ts';
import { heartbeatSchema } from '../../../internal/restate/wire-schema.ts';
import { collectingLogger } from '../../support/collecting-logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { answered, stubPlane, unreachable } from '../../support/stub-plane.ts';

const MINUTE_MS = 60_000;

function rig(...answers: readonly Exchange[]) {
  const clock = new ManualClock();
  const plane = stubPlane(...answers);
  const { logger, lines } = collectingLogger();
  const heartbeat = startHeartbeat({
    client: plane.client,
    clusterId: 'c-1',
    agentVersion: '1.2.3',
    sender: { replica: 'watcher-0', node: undefined, scope: 'shard 1 of 3' },
    everyMs: MINUTE_MS,
    facts: () => ({ watchAgeMs: 12, backlogAgeMs: undefined, isLeading: true }),
    clock,
    random: { next: () => 0.5, hex: () => '' },
    logger,
  });
  return { ...plane, clock, heartbeat, lines };
}

describe('the heartbeat', () => {
  test('goes out at once and in each interval, with the facts of that moment', async () => {
    const { clock, calls, bodies, heartbeat } = rig(answered(200));
    await clock.advance(3 * MINUTE_MS);
    assert.equal(calls.length, 4);
    assert.deepEqual(calls[0]?.target, ['ClusterService', 'Heartbeat']);
    const facts = { version: '1.2.3', watch_age_ms: 12, backlog_age_ms: null, leading: true };
    const sender = { replica: 'watcher-0', scope: 'shard 1 of 3', every_ms: MINUTE_MS };
    const expected = { cluster_id: 'c-1', ...facts, ...sender };
    assert.deepEqual(bodies()[0], expected);
    assert.ok(heartbeatSchema.safeParse(bodies()[0]).success);
    await heartbeat.stop();
    assert.equal(clock.pendingTimers, 0);
  });

  test('leaves a plane without the handler alone for an hour', async () => {
    const { clock, calls, heartbeat } = rig(answered(404, {}, 'ingress'), answered(200));
    await clock.advance(59 * MINUTE_MS);
    assert.equal(calls.length, 1);
    await clock.advance(2 * MINUTE_MS);
    assert.equal(calls.length, 3);
    await heartbeat.stop();
  });

  test('is not worth a warning, whatever becomes of it', async () => {
    const { clock, calls, lines, heartbeat } = rig(unreachable, answered(500, {}, 'invocation'), unreachable);
    await clock.advance(10 * MINUTE_MS);
    assert.equal(calls.length, 11);
    assert.ok(lines.every(({ level }) => level === 'debug'));
    await heartbeat.stop();
  });
});
