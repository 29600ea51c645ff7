/**
 * A leader that goes with its data directory, as a pod goes with its emptyDir, while the plane is away: the next one tells
 * what the plane has not taken, as far as it still shows. On a simulated API server; e2e/installed does it on a real node.
 */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { nextLine, leaderOf, quickLease, startReplica } from '../chaos/parts-replicas.ts';
import { startRig } from '../chaos/rig.ts';
import { until } from '../support/e2e-until.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';

const FAILURES = 20;
/** Twice as long as the Lease lasts: so far a successor does not look back by itself. */
const AWAY_MS = 6_000;

test(
  'what the plane has not taken when a leader goes with its data is told by the next, once',
  {
    skip: skipWithoutRestate(),
    timeout: 180_000,
  },
  async () => {
    await using rig = await startRig();
    const replicas = [
      await startReplica(rig, 'one', { args: quickLease }),
      await startReplica(rig, 'two', { args: quickLease }),
    ];
    const { leader, follower } = await leaderOf(replicas);
    await rig.failAndArrive(10);
    for (const { door } of replicas) door.decide = () => ({ kind: 'cut-before' });
    await rig.cluster.fail(FAILURES);
    const depth = async (): Promise<number> =>
      Number(/^watcher_queue_depth (\d+)$/m.exec(await leader.agent.get('/metrics'))?.[1]);
    await until('the leader has stored them', async () => (await depth()) >= FAILURES);
    // The time itself is the fault.
    await sleep(AWAY_MS);
    const leads = nextLine(follower, 'leading');
    await leader.agent.kill();
    rmSync(leader.dataDir, { recursive: true, force: true });
    await leads;
    for (const { door } of replicas) door.decide = undefined;
    const { lost, doubled, unknown, altered } = await rig.settle(40_000);
    assert.deepEqual({ lost, doubled, unknown, altered }, { lost: 0, doubled: 0, unknown: 0, altered: 0 });
  },
);
