// A plane of before the heartbeat, on the real Restate server: it is asked once an hour, and that is all it costs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { service } from '@restatedev/restate-sdk';
import { registerPlane } from '../../cmd/plane/register.ts';
import { systemClock } from '../../internal/platform/clock.ts';
import { systemRandom } from '../../internal/platform/random.ts';
import { startHeartbeat } from '../../internal/restate/heartbeat.ts';
import { collectingLogger } from '../support/collecting-logger.ts';
import { until } from '../support/e2e-until.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { clientFor } from '../support/plane-rig.ts';
import { serveOnLoopback } from '../support/probe-endpoint.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';
import { startRestateServer } from '../support/restate-server.ts';

const older = service({ name: 'ClusterService', handlers: { Enroll: () => Promise.resolve({}) } });
const MINUTE_MS = 60_000;

test(
  'a plane without the heartbeat is asked once an hour',
  { skip: skipWithoutRestate(), timeout: 120_000 },
  async (t) => {
    const restate = await startRestateServer();
    t.after(() => restate.stop());
    const endpoint = await serveOnLoopback([older]);
    t.after(() => endpoint.stop());
    await registerPlane({ ...restate, planeUrl: endpoint.url, clock: systemClock(), deadlineMs: 30_000 });
    const { client, observer } = clientFor(restate.ingressUrl);
    t.after(() => client.close());

    const clock = new ManualClock();
    const { logger, lines } = collectingLogger();
    const heartbeat = startHeartbeat({
      ...{ client, clusterId: 'c', agentVersion: '1', clock, random: systemRandom(), logger, everyMs: MINUTE_MS },
      sender: { replica: 'a', node: undefined, scope: undefined },
      facts: () => ({ watchAgeMs: 1, backlogAgeMs: undefined, isLeading: true }),
    });
    const isAnswered = (times: number) => () => lines.length === times && clock.pendingTimers === 1;
    await until('it is answered', isAnswered(1));
    await clock.advance(50 * MINUTE_MS);
    assert.deepEqual(
      observer.requests.map(({ code }) => code),
      ['404'],
    );
    await clock.advance(20 * MINUTE_MS);
    await until('it is asked again', isAnswered(2));
    assert.deepEqual(
      lines.map(({ level, status }) => [level, status]),
      [
        ['debug', 404],
        ['debug', 404],
      ],
    );
    await heartbeat.stop();
  },
);
