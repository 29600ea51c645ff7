// A storm on the way to the real plane, with the agent killed while it gathers: every id is at the plane exactly once,
// by itself or in a digest, also where the failed pods are gone by then.
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expectedOf, type InjectedFailure } from '../chaos/failure.ts';
import { startSimulatedCluster, type SimulatedCluster } from '../chaos/simulated-cluster.ts';
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

interface World {
  readonly plane: PlaneServer;
  readonly cluster: SimulatedCluster;
  readonly injected: InjectedFailure[];
  readonly start: (window: string) => Promise<RunningAgent>;
}

/** All of it is closed with the test. */
async function world(t: TestContext): Promise<World> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'watcher-storm-'));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const plane = await startPlaneServer();
  t.after(() => plane.stop());
  const injected: InjectedFailure[] = [];
  const cluster = await startSimulatedCluster((failure) => injected.push(failure));
  t.after(() => cluster[Symbol.asyncDispose]());
  const start = async (window: string): Promise<RunningAgent> => {
    const agent = await stormAgent(cluster.kubeconfig, plane, dataDir, window);
    t.after(() => agent[Symbol.asyncDispose]());
    return agent;
  };
  return { plane, cluster, injected, start };
}

const idsOf = (failures: readonly InjectedFailure[]): string[] =>
  failures.map((one) => expectedOf(one, CLUSTER).eventId).toSorted();

/** What the plane holds once it has heard of all that was injected. */
function allAt({ plane, injected }: World): Promise<WireEvent[]> {
  const look = async (): Promise<WireEvent[] | false> => {
    const events = await failuresAt(plane);
    return new Set(idsToldBy(events)).size >= injected.length && events;
  };
  return until('all are at the plane', look, LONG_MS);
}

describe('a storm', { skip: skipWithoutRestate() }, () => {
  test(
    'that was gathered reaches the plane whole after a kill, half of its pods gone',
    { timeout: 300_000 },
    async (t) => {
      const all = await world(t);
      const { plane, cluster, injected, start } = all;
      const killed = await start('10m');
      await cluster.fail(PODS);
      const areStored = async (): Promise<boolean> =>
        ((await killed.metric('watcher_events_appended_total')) ?? 0) >= PODS;
      await killed.explained(until('all are stored', areStored, LONG_MS));
      assert.equal(await killed.metric('watcher_decisions_total', { decision: 'gather' }), PODS - CAUSES * THRESHOLD);
      await killed.process.stop('SIGKILL');
      await cluster.retire(injected.slice(0, PODS / 2));

      const agent = await start('1s');
      const held = await agent.explained(allAt(all));
      assert.deepEqual(idsToldBy(held).toSorted(), idsOf(injected));
      const digests = held.filter(({ type }) => type === 'digest');
      assert.equal(digests.length, CAUSES);
      assert.ok(digests.every(({ group_id, digest }) => group_id !== undefined && (digest?.failures ?? 0) > 1));
      assert.equal(await agent.metric('watcher_events_digested_total'), PODS - CAUSES * THRESHOLD);
      const there = new Set(idsOf(injected.slice(PODS / 2)));
      for (const { event_id, incident_key } of digests.flatMap(({ digest }) => digest?.covered ?? [])) {
        if (there.has(event_id)) assert.ok((await plane.incident(CLUSTER, incident_key)).isOpen);
      }
      assert.deepEqual(plane.troubles, []);
    },
  );

  test(
    'whose pods are gone before the window is over is told, and nothing of it is left open',
    { timeout: 300_000 },
    async (t) => {
      const all = await world(t);
      const { plane, cluster, injected, start } = all;
      const agent = await start('10m');
      await cluster.fail(PODS);
      const areStored = async (): Promise<boolean> =>
        ((await agent.metric('watcher_events_appended_total')) ?? 0) >= PODS;
      await agent.explained(until('all are stored', areStored, LONG_MS));
      await cluster.retire(injected);
      const held = await agent.explained(allAt(all));
      assert.deepEqual(idsToldBy(held).toSorted(), idsOf(injected));
      const areOver = async (): Promise<boolean> =>
        (await plane.received(CLUSTER)).filter(({ event }) => event.type === 'resolved').length >= PODS;
      await agent.explained(until('all are told as over', areOver, LONG_MS));
      const digests = (await plane.received(CLUSTER)).filter(({ event }) => event.type === 'digest');
      assert.deepEqual(
        digests.map(({ disposition }) => disposition),
        digests.map(() => 'told'),
      );
      const keys = digests.flatMap(({ event }) => (event as WireEvent).digest?.covered ?? []);
      assert.equal(keys.length, PODS - CAUSES * THRESHOLD);
      for (const { incident_key } of keys.slice(0, 20)) {
        assert.equal((await plane.incident(CLUSTER, incident_key)).isOpen, false);
      }
      assert.deepEqual(plane.troubles, []);
    },
  );

  test('that goes on through kills is told once, each failure of it', { timeout: 600_000 }, async (t) => {
    const all = await world(t);
    const { plane, cluster, start } = all;
    let agent = await start('1s');
    await cluster.setRate(100);
    for (let kills = 0; kills < 3; kills++) {
      const killed = agent;
      const digests = until(
        'a digest is stored',
        async () => ((await killed.metric('watcher_digests_total')) ?? 0) > 0,
      );
      await killed.explained(digests);
      await killed.process.stop('SIGKILL');
      agent = await start('1s');
    }
    await cluster.setRate(0);
    const held = await agent.explained(allAt(all));
    assert.deepEqual(idsToldBy(held).toSorted(), idsOf(all.injected));
    assert.ok(held.filter(({ type }) => type === 'digest').length > 3);
    assert.deepEqual(plane.troubles, []);
    t.diagnostic(`${all.injected.length} failures in ${held.length} events`);
  });
});
