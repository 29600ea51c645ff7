// What is open, from the agent's watch to the reference plane on a real Restate server: an agent that begins a term tells
// it, and the plane closes what is over.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { WireEvent } from '../../internal/restate/wire-event.ts';
import { startAgent, type RunningAgent } from '../support/e2e-agent.ts';
import { until } from '../support/e2e-until.ts';
import { startPlaneServer, type PlaneServer } from '../support/plane-server.ts';
import { failing } from '../support/pod-watches-case.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';
import { pods } from '../support/simulated-apiserver/resources.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';

const CLUSTER = 'open';
/** Many times what it takes. */
const WITHIN_MS = 90_000;

interface World {
  readonly plane: PlaneServer;
  readonly server: SimulatedApiServer;
  readonly agent: (...args: string[]) => Promise<RunningAgent>;
}

async function world(t: TestContext): Promise<World> {
  const plane = await startPlaneServer();
  t.after(() => plane.stop());
  const server = await SimulatedApiServer.start();
  t.after(() => server[Symbol.asyncDispose]());
  const directory = mkdtempSync(path.join(tmpdir(), 'watcher-open-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const kubeconfig = server.writeKubeconfig(path.join(directory, 'kubeconfig'), { namespace: 'shop' });
  return {
    plane,
    server,
    agent: (...args) => startAgent({ kubeconfig, planeUrl: plane.url, clusterId: CLUSTER, args }),
  };
}

/** What was told of these pods, once it is there. */
async function told(plane: PlaneServer, ...names: readonly string[]): Promise<WireEvent[]> {
  return until(
    `${names.join()} at the plane`,
    async () => {
      const events = (await plane.received(CLUSTER)).map(({ event }) => event as WireEvent);
      const found = names.map((name) => events.find((event) => event.name === name));
      return found.every((event) => event !== undefined) ? found : undefined;
    },
    WITHIN_MS,
  );
}

const isOpen = async (plane: PlaneServer, event: WireEvent | undefined): Promise<boolean> =>
  (await plane.incident(CLUSTER, event?.incident_key ?? '')).isOpen;

const closed = (plane: PlaneServer, count: number): Promise<unknown> =>
  until('closed', async () => (await plane.summary(CLUSTER)).closed === count, WITHIN_MS);

describe('what is open', { skip: skipWithoutRestate(), timeout: 240_000 }, () => {
  test('is told when a term begins: what is gone is closed, what stays is open, what is late reopens nothing', async (t) => {
    const { plane, server, agent } = await world(t);
    failing(server, 'shop', 'goes');
    failing(server, 'shop', 'stays');
    const first = await agent();
    const [goes, stays] = await told(plane, 'goes', 'stays');
    await first[Symbol.asyncDispose]();
    assert.deepEqual([await isOpen(plane, goes), await isOpen(plane, stays)], [true, true]);

    server.store.remove(pods, 'goes', 'shop');
    await using _second = await agent();
    await closed(plane, 1);
    assert.deepEqual([await isOpen(plane, goes), await isOpen(plane, stays)], [false, true]);

    const late = { ...goes, event_id: 'told late by a replica that was frozen' };
    await plane.ask(`/ProjectService/${CLUSTER}/onPodEvent`, late);
    assert.equal((await plane.received(CLUSTER)).at(-1)?.disposition, 'late');
    assert.equal(await isOpen(plane, goes), false);
  });

  test('on one node says nothing of another', async (t) => {
    const { plane, server, agent } = await world(t);
    failing(server, 'shop', 'here', { nodeName: 'node-1' });
    failing(server, 'shop', 'there', { nodeName: 'node-2' });
    const here = await agent('--node-name=node-1', '--leader-elect=false');
    const there = await agent('--node-name=node-2', '--leader-elect=false');
    const [ofHere, ofThere] = await told(plane, 'here', 'there');
    await here[Symbol.asyncDispose]();
    await there[Symbol.asyncDispose]();

    server.store.remove(pods, 'here', 'shop');
    await using _again = await agent('--node-name=node-1', '--leader-elect=false');
    await closed(plane, 1);
    assert.deepEqual([await isOpen(plane, ofHere), await isOpen(plane, ofThere)], [false, true]);
  });
});
