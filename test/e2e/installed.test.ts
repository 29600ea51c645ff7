/**
 * The product as an operator has it: its image in the container runtime of a real node, its chart installed by Helm where
 * Pod Security is `restricted`, its agents as pods, and a real Restate service as the plane.
 *
 * One release goes through all modes while failures go on: real containers that end, and many more that are written into
 * the status of pods. test/chaos's oracle judges by an account of its own. What fails is removed once it has arrived, so
 * that nothing can be found again later than it was told.
 */
import assert from 'node:assert/strict';
import { globSync, mkdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { NAMESPACE } from '../chaos/real-cluster.ts';
import { CLUSTER_ID, Rig } from '../chaos/rig.ts';
import { nodeAvailability } from '../cluster/availability.ts';
import { imageProblem } from '../support/agent-image.ts';
import type { Door } from '../support/e2e-door.ts';
import { until } from '../support/e2e-until.ts';
import { findHelm } from '../support/helm.ts';
import { AGENTS, SHOP, startInstalledCluster, type InstalledCluster } from '../support/installed-cluster.ts';
import { failForReal } from '../support/installed-pods.ts';
import { Release } from '../support/installed-release.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';

const machine = await nodeAvailability();
const found = await findHelm();
const missing = machine.available ? (found.available ? imageProblem() : found.reason) : machine.reason;
const skip = missing ?? skipWithoutRestate();

/** Failures a second while something is done to the agents. */
const RATE = 15;
const ARRIVED_WITHIN_MS = 90_000;

describe('installed on a real node', { skip, timeout: 600_000 }, () => {
  const { helm } = found as Extract<typeof found, { available: true }>;
  const stack = new AsyncDisposableStack();
  let rig: Rig<InstalledCluster>;
  let door: Door;
  let agents: Release;
  let values: object;
  let pods = 0;
  /** Of real pods. */
  const realIds: string[] = [];
  before(async () => {
    // At last of all, when everything is gone.
    let addresses: readonly string[] = [];
    stack.defer(() =>
      assert.deepEqual(
        addressesOfThisMachine().filter((one) => addresses.includes(one)),
        [],
      ),
    );
    rig = stack.use(await Rig.start({ cluster: startInstalledCluster }));
    ({ addresses } = rig.cluster);
    door = stack.use(await rig.cluster.doorTo(rig.restate.ingressUrl));
    await door.open();
    agents = new Release(rig.cluster.kubernetes, helm, AGENTS);
    // Each failure by itself, and once: the account is kept by occurrence.
    const settings = { dedupCooldown: '1h', digestThreshold: 0 };
    values = { restateUrl: door.url, clusterId: CLUSTER_ID, settings };
  });
  after(() => stack.disposeAsync());

  async function realFailures(count: number): Promise<void> {
    const names = Array.from({ length: count }, () => `worker-${++pods}`);
    realIds.push(...(await failForReal(rig.cluster.kubernetes, SHOP, names, CLUSTER_ID)));
  }

  /** Waits until every failure so far is at the plane, and one that happens after all of them; then judges. */
  async function allAreToldOnce(): Promise<void> {
    await rig.cluster.setRate(0);
    await rig.arrived(ARRIVED_WITHIN_MS);
    await rig.failAndArrive(1, ARRIVED_WITHIN_MS);
    const timesHeld = (id: string): number => rig.ledger.held.filter(({ event }) => event['event_id'] === id).length;
    await until('the failures of real pods are told', () => realIds.every((id) => timesHeld(id) > 0)).catch(() => 0);
    assert.deepEqual(
      realIds.map((id) => [id, timesHeld(id)]),
      realIds.map((id) => [id, 1]),
    );
    const { lost, doubled, altered, unknown } = rig.ledger.verdict();
    const ours = new Set(rig.ledger.held.filter(({ event }) => event['namespace'] === NAMESPACE).map(idOf));
    const verdict = { lost, doubled, altered, unknown: unknown.filter((id) => ours.has(id)) };
    assert.deepEqual(verdict, { lost: [], doubled: [], altered: [], unknown: [] });
  }

  /** Does something to the agents while failures go on, real ones among them. */
  async function whileFailuresGoOn(work: () => Promise<unknown>): Promise<void> {
    await rig.cluster.setRate(RATE);
    await realFailures(2);
    await Promise.all([work(), realFailures(3)]);
  }

  test('a default install is let in where Pod Security is restricted, and two agents become Ready of which one leads', async () => {
    assert.equal(await agents.apply(values), '');
    const installed = await agents.ready('deployments');
    assert.equal(installed.length, 2);
    await agents.leader();
  });

  test('it runs as 65532 on a root that is read only, without a capability', async () => {
    const script = `const fs = require('node:fs');
      const writable = ['/', '/tmp', '/etc/watcher', '/opt/watcher', '/var/lib/watcher'].filter((dir) => {
        try { fs.writeFileSync(dir + '/x', ''); fs.rmSync(dir + '/x'); return true; } catch { return false; }
      });
      const status = fs.readFileSync('/proc/1/status', 'utf8');
      const field = (name) => new RegExp('^' + name + ':\\\\s*(.*)$', 'm').exec(status)[1].split('\\t');
      console.log(JSON.stringify({ writable, uid: field('Uid'), gid: field('Gid'), rights: field('CapEff') }));`;
    const told = JSON.parse(await agents.exec(await agents.leader(), 'node', '-e', script)) as unknown;
    const user = Array.from({ length: 4 }, () => '65532');
    assert.deepEqual(told, { writable: ['/var/lib/watcher'], uid: user, gid: user, rights: ['0000000000000000'] });
  });

  test('its heap is held at half of what its container may have', async () => {
    const script = `console.log(require('node:v8').getHeapStatistics().heap_size_limit / 2 ** 20)`;
    const limit = Number(await agents.exec(await agents.leader(), 'node', '-e', script));
    // Half of 256 MiB, and the young generations.
    assert.ok(limit >= 128 && limit < 128 + 64, `${limit} MiB`);
  });

  test('`watcher check` in its pod says that everything works', async () => {
    const text = await agents.exec(await agents.leader(), 'watcher', 'check', '--output', 'json');
    const { status, checks } = JSON.parse(text) as { status: string; checks: { what: string; status: string }[] };
    assert.deepEqual([status, checks.filter((one) => one.status !== 'works')], ['works', []]);
  });

  test('each command that Helm names after the install, or that a page shows, works in its pods', async () => {
    const pages = globSync(['docs/**/*.md', 'deploy/chart/README.md', 'README.md']);
    const texts = [await agents.notes(), ...pages.map((page) => readFileSync(page, 'utf8'))];
    const shown = texts.flatMap((text) =>
      [...text.matchAll(/^ +kubectl (exec .*?)( >.*)?$/gm)].map(([, words = '']) => words),
    );
    const commands = new Set(
      shown.map((words) => words.replace('-n watcher ', `-n ${AGENTS} `).replace(/deployment\//, 'deploy/')),
    );
    assert.ok(commands.size > 5, [...commands].join('\n'));
    for (const words of commands) await rig.cluster.kubernetes.kubectl(words.split(' '));
  });

  test('failures of pods in other namespaces are told, each once', async () => {
    await Promise.all([rig.cluster.fail(100), realFailures(5)]);
    await allAreToldOnce();
  });

  for (const how of ['in order', 'now'] as const) {
    test(`nothing is lost or told twice where the pod of the leader is deleted ${how}`, async () => {
      const leader = await agents.leader();
      await whileFailuresGoOn(() => agents.delete(leader, how));
      await agents.leader([leader]);
      await agents.ready('deployments');
      await allAreToldOnce();
    });
  }

  test('what the plane has not taken when the leader goes with its emptyDir is told by the next, as far as it shows', async () => {
    const leader = await agents.leader();
    await door.close();
    await rig.cluster.fail(20);
    await until('it is in the outbox', async () => (await agents.waiting(leader)) >= 20);
    // Longer than a Lease lasts: who leads next does not look back there by itself.
    const longAfterMs = Date.now() + 20_000;
    await until(
      'the Lease is renewed for longer than it lasts',
      async () => (await agents.renewedAtMs()) > longAfterMs,
    );
    await agents.delete(leader, 'now');
    await agents.leader([leader]);
    await door.open();
    await allAreToldOnce();
  });

  test('a rolling update loses nothing and tells nothing twice, and each agent tells what it holds before it ends', async () => {
    const old = await agents.ready('deployments');
    const ends = old.map(({ metadata }) => agents.lastWords(metadata.name));
    await whileFailuresGoOn(() => agents.apply({ ...values, podAnnotations: { revision: 'two' } }));
    for (const [at, lines] of (await Promise.all(ends)).entries()) {
      const drained = lines.find(({ msg }) => msg === 'drained');
      assert.deepEqual([drained?.['result'], drained?.['left']], ['empty', 0], JSON.stringify(lines.slice(-5)));
      assert.ok(
        lines.some(({ msg }) => msg === 'stopped'),
        JSON.stringify(lines.slice(-5)),
      );
      // The drain may take 25 s.
      assert.ok((old[at]?.spec.terminationGracePeriodSeconds ?? 0) > 25);
    }
    await agents.ready('deployments');
    await allAreToldOnce();
  });

  test('as a DaemonSet it goes on where the Deployment ended: nothing is lost or told twice', async () => {
    await whileFailuresGoOn(() => agents.apply({ ...values, mode: 'daemonset' }));
    await agents.ready('daemonsets');
    await realFailures(3);
    await allAreToldOnce();
  });

  test('as a StatefulSet it keeps on a volume what the plane has not taken, though its pods are deleted', async () => {
    await makeVolumes(2);
    await agents.apply({ ...values, mode: 'statefulset' });
    const owners = await agents.ready('statefulsets');
    await allAreToldOnce();
    const leader = await agents.leader();
    await door.close();
    const before = rig.ledger.injected;
    await rig.cluster.fail(30);
    assert.equal(rig.ledger.injected, before + 30);
    await until('it is in the outbox', async () => (await agents.waiting(leader)) >= 30);
    // From here on it shows nowhere but in the outbox.
    await rig.cluster.retire(rig.ledger.awaited());
    for (const { metadata } of owners) await agents.delete(metadata.name, 'now');
    await agents.ready('statefulsets');
    await door.open();
    await allAreToldOnce();
  });

  /** Volumes as an administrator without a provisioner makes them: a folder of the node each. */
  async function makeVolumes(count: number): Promise<void> {
    const { kubernetes, node } = rig.cluster;
    for (let at = 0; at < count; at++) {
      const folder = path.join(kubernetes.runDir, `volume-${at}`);
      mkdirSync(folder);
      const matchExpressions = [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node.name] }];
      await kubernetes.api('POST', '/api/v1/persistentvolumes', {
        metadata: { name: `volume-${at}` },
        spec: {
          capacity: { storage: '1Gi' },
          accessModes: ['ReadWriteOnce'],
          local: { path: folder },
          nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions }] } },
        },
      });
    }
  }
});

function addressesOfThisMachine(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
}

function idOf({ event }: { readonly event: Readonly<Record<string, unknown>> }): string {
  return String(event['event_id']);
}
