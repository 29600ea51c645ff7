/** The synthetic fleet: real sizes, no two pods alike, rates that are kept, failures that are noted. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ManualClock } from '../../support/manual-clock.ts';
import { control } from '../../support/simulated-apiserver/control.ts';
import { textAt, valueAt } from '../../support/simulated-apiserver/objects.ts';
import { nodes, pods } from '../../support/simulated-apiserver/resources.ts';
import { SimulatedApiServer } from '../../support/simulated-apiserver/server.ts';
import { SyntheticFleet } from '../../support/simulated-apiserver/synthetic-fleet.ts';
import { syntheticPod } from '../../support/simulated-apiserver/synthetic-pod.ts';

const shape = { namespaces: 20, podsPerNode: 100 };

test('a synthetic pod is as large as a real one, and the same each time', () => {
  const bytes = (size: 'lean' | 'rich'): number => JSON.stringify(syntheticPod(123, { ...shape, size })).length;
  assert.ok(Math.abs(bytes('lean') - 6300) < 300, `lean: ${bytes('lean')}`);
  assert.ok(Math.abs(bytes('rich') - 9000) < 300, `rich: ${bytes('rich')}`);
  const options = { ...shape, size: 'lean' } as const;
  assert.deepEqual(syntheticPod(5, options), syntheticPod(5, options));
});

test('of ten thousand pods no two share a name or a uid', () => {
  const names = new Set<string>();
  const uids = new Set<string>();
  for (let index = 0; index < 10_000; index++) {
    const { metadata } = syntheticPod(index, { ...shape, size: 'lean' });
    names.add(`${metadata.namespace ?? ''}/${metadata.name ?? ''}`);
    uids.add(metadata.uid ?? '');
  }
  assert.deepEqual([names.size, uids.size], [10_000, 10_000]);
});

test('a fleet keeps its rates, spreads them over its pods, and stops', async () => {
  const clock = new ManualClock();
  await using server = await SimulatedApiServer.start({ clock });
  const fleet = new SyntheticFleet(server, { ...shape, size: 'lean' });
  fleet.load(250);
  assert.equal(server.store.historyOf(nodes).size, 3);
  const { revision } = server.store;
  fleet.churn(200);
  fleet.fail(20);
  await clock.advance(1000);
  fleet.stop();
  const { changes, failures } = fleet.stats;
  assert.ok(Math.abs(changes - 200) <= 2, `${changes} changes`);
  assert.ok(Math.abs(failures - 20) <= 1, `${failures} failures`);
  assert.equal(server.store.revision - revision, changes + failures);
  assert.equal(new Set(fleet.failures().map((failure) => failure.uid)).size, failures);
  assert.equal(clock.pendingTimers, 0);
});

test('a death is noted as the pod shows it, and its next change brings the container up again', async () => {
  await using server = await SimulatedApiServer.start();
  const fleet = new SyntheticFleet(server, { ...shape, size: 'lean' });
  fleet.load(1);
  const failure = fleet.failOne();
  const status = (): unknown => {
    const body = server.store.get(pods, failure.pod, failure.namespace)?.body();
    return (valueAt(body, 'status', 'containerStatuses') as unknown[])[0];
  };
  assert.equal(textAt(status(), 'state', 'terminated', 'containerID'), failure.containerId);
  assert.equal(textAt(status(), 'restartCount'), '0');
  assert.equal(server.store.get(pods, failure.pod, failure.namespace)?.revision, failure.revision);
  fleet.changeOne();
  assert.equal(textAt(status(), 'lastState', 'terminated', 'containerID'), failure.containerId);
  assert.notEqual(textAt(status(), 'containerID'), failure.containerId);
  assert.equal(textAt(status(), 'restartCount'), '1');
});

test(
  'a server in a process of its own is steered through its door and ends with its parent',
  { timeout: 30_000 },
  async () => {
    const main = path.join(import.meta.dirname, '../../support/simulated-apiserver/main.ts');
    const child = spawn(process.execPath, [main, '--pods', '50'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const started = JSON.parse(line.toString()) as { url: string; kubeconfig: string; control: string };
    assert.match(readFileSync(started.kubeconfig, 'utf8'), new RegExp(`server: ${started.url}`));
    await control(started.control, { command: 'load', pods: 50 });
    await control(started.control, { command: 'encode' });
    await control(started.control, { command: 'fail', rate: 1000 });
    for (let seen = 0; seen < 5;) {
      const { failures } = (await control(started.control, { command: 'failures' })) as { failures: unknown[] };
      seen = failures.length;
    }
    const stats = (await control(started.control, { command: 'stop' })) as { pods: number; openWatches: number };
    assert.deepEqual([stats.pods, stats.openWatches], [100, 0]);
    await assert.rejects(control(started.control, { command: 'nonsense' } as never), /no such command/);
    child.stdin.end();
    const [code] = (await once(child, 'close')) as [number];
    assert.equal(code, 0);
    assert.equal(existsSync(started.kubeconfig), false);
  },
);
