// A storm on the way to the real plane, with the agent killed while it gathers: every id is at the plane exactly once,
// by itself or in a digest, also where the failed pods are gone by then.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expectedOf, type InjectedFailure } from '../chaos/failure.ts';
import { startSimulatedCluster } from '../chaos/simulated-cluster.ts';
import { startAgent, type RunningAgent } from '../support/e2e-agent.ts';
import { until } from '../support/e2e-until.ts';
import { startPlaneServer, type PlaneServer } from '../support/plane-server.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';
import { idsToldBy } from '../support/storm-rig.ts';
import type { WireEvent } from '../../internal/restate/wire-event.ts';

const CLUSTER = 'stormy';
const PODS = 200;
const THRESHOLD = 4;
/** Kinds of failure, each in a namespace of its own. */
const CAUSES = 5;
const LONG_MS = 120_000;

/** Starts it, and resolves when it knows that the plane asks for digests. */
async function stormAgent(
  kubeconfig: string,
  plane: PlaneServer,
  dataDir: string,
  window: string,
): Promise<RunningAgent> {
  const args = [`--digest-threshold=${THRESHOLD}`, `--digest-window=${window}`];
  const agent = await startAgent({ kubeconfig, planeUrl: plane.url, clusterId: CLUSTER, dataDir, args });
  await until(
    'the settings of the plane are in force',
    async () => ((await agent.metric('watcher_remote_settings_total')) ?? 0) > 0,
  );
  return agent;
}

async function failuresAt(plane: PlaneServer): Promise<WireEvent[]> {
  const events = (await plane.received(CLUSTER)).map(({ event }) => event as WireEvent);
  return events.filter(({ type }) => type !== 'resolved');
}

describe('a storm', { skip: skipWithoutRestate() }, () => {
  test(
    'reaches the plane whole, each id once, whatever is killed and gone meanwhile',
    { timeout: 300_000 },
    async (t) => {
      const dataDir = mkdtempSync(path.join(tmpdir(), 'watcher-storm-'));
      t.after(() => rmSync(dataDir, { recursive: true, force: true }));
      const plane = await startPlaneServer();
      t.after(() => plane.stop());
      const injected: InjectedFailure[] = [];
      const cluster = await startSimulatedCluster((failure) => injected.push(failure));
      t.after(() => cluster[Symbol.asyncDispose]());

      const killed = await stormAgent(cluster.kubeconfig, plane, dataDir, '10m');
      t.after(() => killed[Symbol.asyncDispose]());
      await cluster.fail(PODS);
      await killed.explained(
        until(
          'all are stored',
          async () => ((await killed.metric('watcher_events_appended_total')) ?? 0) >= PODS,
          LONG_MS,
        ),
      );
      assert.equal(await killed.metric('watcher_decisions_total', { decision: 'gather' }), PODS - CAUSES * THRESHOLD);
      await killed.process.stop('SIGKILL');
      const half = injected.slice(0, PODS / 2);
      await cluster.retire(half);

      const agent = await stormAgent(cluster.kubeconfig, plane, dataDir, '1s');
      t.after(() => agent[Symbol.asyncDispose]());
      const held = await agent.explained(
        until('all are at the plane', async () => {
          const events = await failuresAt(plane);
          return new Set(idsToldBy(events)).size >= PODS && events;
        }),
      );
      const ids = idsToldBy(held);
      assert.deepEqual(ids.toSorted(), injected.map((one) => expectedOf(one, CLUSTER).eventId).toSorted());
      const digests = held.filter(({ type }) => type === 'digest');
      assert.equal(digests.length, CAUSES);
      assert.ok(digests.every(({ group_id, digest }) => group_id !== undefined && (digest?.failures ?? 0) > 1));
      assert.equal(await agent.metric('watcher_events_digested_total'), PODS - CAUSES * THRESHOLD);
      const there = new Set(injected.slice(PODS / 2).map((one) => expectedOf(one, CLUSTER).eventId));
      for (const { event_id, incident_key } of digests.flatMap(({ digest }) => digest?.covered ?? [])) {
        if (there.has(event_id)) assert.ok((await plane.incident(CLUSTER, incident_key)).isOpen);
      }
      assert.deepEqual(plane.troubles, []);
    },
  );
});
