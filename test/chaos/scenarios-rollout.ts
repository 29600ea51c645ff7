/**
 * a rolling update of two replicas under load, as a Deployment does it: the new one is ready before an old one is
 * told to stop, and the old one's data goes with its pod (emptyDir), so what it holds must be delivered before it ends.
 */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { atMs, isLeading, leaderOf, nextLine, startReplica, type Replica } from './parts-replicas.ts';
import { startRig } from './rig.ts';
import type { Scenario, ScenarioRow, ScenarioRun } from './scenario.ts';

const RATE = 100;
const GAP_MS = 3_000;

/** Ends an old replica in order; how long nobody led, where it did. */
async function replace(old: Replica, others: readonly Replica[]): Promise<number | undefined> {
  const wasLeading = isLeading(old);
  const next = others.map((other) => nextLine(other, 'leading').then(atMs));
  for (const line of next) line.catch(() => undefined);
  const { process } = old.agent;
  assert.deepEqual(await process.stop('SIGTERM'), { code: 0, signal: null }, process.transcript());
  const drained = process.lines.find(({ msg }) => msg === 'drained');
  assert.equal(drained?.['left'], 0, `events went with the pod: ${JSON.stringify(drained)}`);
  rmSync(old.dataDir, { recursive: true, force: true });
  if (!wasLeading) return undefined;
  const ended = process.lines.findLast(({ msg }) => msg === 'leading no more');
  return (await Promise.any(next)) - atMs(ended);
}

async function rollingUpdate({ form, progress, signal }: ScenarioRun): Promise<ScenarioRow> {
  await using rig = await startRig();
  let replicas = [await startReplica(rig, 'v1-a'), await startReplica(rig, 'v1-b')];
  await leaderOf(replicas);
  await rig.failAndArrive(10);
  await rig.cluster.setRate(RATE);
  const updates = form === 'long' ? 6 : 1;
  const gapsMs: number[] = [];
  for (let update = 2; update < updates + 2 && !signal.aborted; update++) {
    for (const name of ['a', 'b']) {
      const fresh = await startReplica(rig, `v${update}-${name}`);
      const [old, ...kept] = replicas;
      if (old === undefined) throw new Error('there is no replica');
      replicas = [...kept, fresh];
      const gapMs = await replace(old, replicas);
      if (gapMs !== undefined) gapsMs.push(gapMs);
      await fresh.agent.process.line(({ msg }) => msg === 'leading' || msg === 'another replica leads');
    }
    progress(`${update - 1} of ${updates} updates`);
  }
  assert.ok(gapsMs.length >= updates, 'the leader was never replaced');
  const totals = await rig.settle();
  const note = `${RATE} failures/s; recovery: without a leader`;
  return { ...totals, faultsInjected: updates, recoveriesMs: gapsMs, note };
}

export const rolloutScenarios: readonly Scenario[] = [
  { id: 'R-37', fault: 'rolling update of two replicas', recoversWithinMs: GAP_MS, run: rollingUpdate },
];
