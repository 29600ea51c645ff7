// The agent's parts that talk to the plane, against the reference plane on the real Restate server.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { walkTestPath } from '../../cmd/watcher/test-path.ts';
import { systemClock } from '../../internal/platform/clock.ts';
import { silentLogger } from '../../internal/platform/log.ts';
import { systemRandom } from '../../internal/platform/random.ts';
import { createBreaker } from '../../internal/restate/breaker.ts';
import { buildSend } from '../../internal/restate/deliver.ts';
import { startEnrolment } from '../../internal/restate/enroll.ts';
import { startHeartbeat } from '../../internal/restate/heartbeat.ts';
import { tellOpenIncidents } from '../../internal/restate/open-incidents.ts';
import { startRemoteSettings } from '../../internal/restate/remote-settings.ts';
import { settingsFromPlane } from '../../internal/restate/settings-source.ts';
import { encodeFinding } from '../../internal/restate/wire-format.ts';
import { aFinding } from '../support/finding-builder.ts';
import { clientFor, named, type ClientRig } from '../support/plane-rig.ts';
import { startPlaneServer, type PlaneServer } from '../support/plane-server.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';

const clusterId = 'cluster/1';
const common = {
  clusterId,
  agentVersion: '1.2.3',
  clock: systemClock(),
  random: systemRandom(),
  logger: silentLogger(),
};
const never = new AbortController().signal;

for (const pathPrefix of ['', '/restate/call']) {
  describe(
    `the agent and the reference plane, with path prefix '${pathPrefix}'`,
    { skip: skipWithoutRestate() },
    () => {
      let plane: PlaneServer;
      let rig: ClientRig;
      before(async () => {
        plane = await startPlaneServer({ hasOpenAdmin: true });
        rig = clientFor(plane.url, { pathPrefix, timeoutMs: 10_000 });
      });
      after(async () => {
        await rig.client.close();
        await plane.stop();
      });
      const registered = async (): Promise<Record<string, unknown> | null> =>
        (await plane.ask(`/ClusterRegistry/${encodeURIComponent(clusterId)}/get`)).body as Record<
          string,
          unknown
        > | null;

      test('enrolment is heard', async () => {
        const enrolled = Promise.withResolvers<undefined>();
        const options = {
          ...common,
          client: rig.client,
          clusterUid: 'uid-1',
          onEnrolled: () => enrolled.resolve(undefined),
        };
        const enrolment = startEnrolment(options);
        await enrolled.promise;
        assert.equal(enrolment.state().kind, 'enrolled');
        await enrolment.stop();
        assert.equal((await registered())?.['cluster_uid'], 'uid-1');
      });

      test('a second cluster under the same name is told so', async () => {
        const options = {
          ...common,
          client: rig.client,
          clusterUid: 'uid-2',
          onEnrolled: () => assert.fail('enrolled'),
        };
        const enrolment = startEnrolment(options);
        for (let state = enrolment.state(); state.kind === 'not-enrolled' && state.attempts === 0;) {
          await sleep(5);
          state = enrolment.state();
        }
        const state = enrolment.state();
        await enrolment.stop();
        assert.ok(state.kind === 'not-enrolled');
        assert.equal(state.lastError?.code, 'PLANE_OTHER_CLUSTER');
      });

      test('the heartbeat is heard', async () => {
        const sender = { replica: 'watcher-0', node: undefined, scope: undefined };
        const facts = () => ({ watchAgeMs: 5, backlogAgeMs: undefined, isLeading: true });
        const heartbeat = startHeartbeat({ ...common, ...{ client: rig.client, facts, sender, everyMs: 60_000 } });
        while ((await registered())?.['last_heartbeat'] === undefined) await sleep(5);
        await heartbeat.stop();
      });

      test('remote settings are read', async () => {
        const set = await plane.ask(`/ConfigService/${encodeURIComponent(clusterId)}/Set`, { batch_size: 250 });
        assert.equal(set.status, 200);
        const applied = Promise.withResolvers<unknown>();
        const remote = startRemoteSettings({
          ...common,
          fetch: settingsFromPlane(rig.client, clusterId),
          parse: (json) => json,
          apply: applied.resolve,
          inForce: () => ({}),
          store: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
          everyMs: 3_600_000,
          observer: rig.observer,
        });
        remote.fetchNow();
        assert.equal(((await applied.promise) as { batch_size: number }).batch_size, 250);
        await remote.stop();
      });

      for (const mode of ['call', 'send'] as const) {
        test(`findings arrive as they were encoded, by ${mode}`, async () => {
          const breaker = createBreaker({ clock: common.clock });
          const send = buildSend({ ...common, client: rig.client, breaker, mode, observer: rig.observer });
          const context = { agentVersion: '1.2.3', namespaceLabels: () => undefined, workloadOf: () => undefined };
          const bytes = encodeFinding(aFinding({ eventId: `by-${mode}` }), context);
          const body = Buffer.concat([Buffer.from('['), bytes, Buffer.from(']')]);
          const delivery = { handler: 'onPodEvents', idempotencyKey: mode, body, events: 1 } as const;
          const outcome = await send(delivery, never);
          assert.equal(named(outcome), mode === 'call' ? 'accepted executed' : 'accepted queued');
          const arrived = async () =>
            (await plane.received(clusterId)).find(({ event }) => event.event_id === `by-${mode}`);
          while ((await arrived()) === undefined) await sleep(5);
          assert.deepEqual((await arrived())?.event, JSON.parse(Buffer.from(bytes).toString()));
          breaker.stop();
        });
      }

      test('a test event arrives, marked as one', async () => {
        const breaker = createBreaker({ clock: common.clock });
        const send = buildSend({ ...common, client: rig.client, breaker, mode: 'call', observer: rig.observer });
        const { eventId, outcome } = await walkTestPath({ ...common, send });
        breaker.stop();
        assert.equal(outcome?.kind, 'accepted');
        const event = (await plane.received(clusterId))
          .map((item) => item.event)
          .find(({ event_id }) => event_id === eventId);
        assert.equal(event?.test, true);
      });

      test('the set of open incidents is taken', async () => {
        const open = { incidentKeys: [], observedAtMs: Date.parse('2030-01-01T00:00:00Z') };
        assert.equal(
          named(await tellOpenIncidents({ ...common, client: rig.client }, open, never)),
          'accepted executed',
        );
        assert.equal((await plane.incident(clusterId, aFinding().incidentKey)).isOpen, false);
      });
    },
  );
}
