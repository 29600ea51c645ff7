/**
 * the Lease itself goes wrong under a leader: deleted, emptied, taken by somebody who never renews it, or without a
 * word in it. Somebody of ours holds it again soon, and whatever was told meanwhile was told once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/e2e-until.ts';
import { leaseAt, leaseTroubles } from './lease-trouble.ts';
import { leaderOf, quickLease, startReplica, type Replica } from './parts-replicas.ts';
import { startRig } from './rig.ts';
import type { Scenario, ScenarioRow, ScenarioRun } from './scenario.ts';

const RATE = 100;

async function troubledLease({ form, progress, signal }: ScenarioRun): Promise<ScenarioRow> {
  await using rig = await startRig();
  await using lease = leaseAt(rig.cluster);
  const replicas: Replica[] = [];
  for (const name of ['one', 'two']) replicas.push(await startReplica(rig, name, { args: quickLease }));
  await leaderOf(replicas);
  await rig.failAndArrive(10);
  await rig.cluster.setRate(RATE);
  const recoveriesMs: number[] = [];
  const times = form === 'long' ? 10 : 1;
  for (let time = 0; time < times && !signal.aborted; time++) {
    for (const { name, spec } of leaseTroubles) {
      await sleep(Math.random() * 1_000);
      await lease.make(spec);
      const madeMs = performance.now();
      const holder = await until('one of ours holds the Lease', async () => {
        const is = await lease.holder();
        return replicas.find((replica) => is.startsWith(`${replica.name}_`))?.name;
      });
      recoveriesMs.push(performance.now() - madeMs);
      progress(`${name}: held by ${holder} after ${Math.round(recoveriesMs.at(-1) ?? 0)} ms`);
      await Promise.any(replicas.map(({ door }) => door.nextAccepted(60_000, madeMs)));
    }
  }
  const totals = await rig.settle();
  const names = leaseTroubles.map(({ name }) => name).join(', ');
  const note = `${names} in turn, Lease of 3 s; recovery: until one of ours holds it`;
  return { ...totals, faultsInjected: recoveriesMs.length, recoveriesMs, note };
}

export const leaseScenarios: readonly Scenario[] = [
  { id: 'R-22', fault: 'Lease deleted, emptied, taken, wordless', run: troubledLease },
];
