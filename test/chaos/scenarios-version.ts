/**
 * another release finds an outbox full of what the plane has not taken. The next release reads it; this one refuses
 * the next one's, loudly and without touching it, and the next one then delivers everything.
 *
 * "The next release" is this one with one more table: what an upgrade of the schema will be made of.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { migrations } from '../../internal/pipeline/outbox-sqlite-schema.ts';
import { allStored } from './all-stored.ts';
import type { ChaosAgent } from './chaos-agent.ts';
import { startDelivery } from './parts-delivery.ts';
import { CLUSTER_ID, startRig } from './rig.ts';
import type { Scenario, ScenarioRow, ScenarioRun } from './scenario.ts';

const nextRelease = [...migrations, 'CREATE TABLE chaos_later (id INTEGER PRIMARY KEY, crc32 INTEGER NOT NULL) STRICT'];

/** Hashes of the outbox's files. */
function filesOf(dir: string): Record<string, string> {
  const names = readdirSync(dir).filter((name) => name.startsWith('outbox.') && !name.endsWith('.ballast'));
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(path.join(dir, name)))
        .digest('hex'),
    ]),
  );
}

async function otherRelease({ form, progress, signal }: ScenarioRun): Promise<ScenarioRow> {
  await using rig = await startRig();
  const backlog = form === 'long' ? 20_000 : 1_000;
  const times = form === 'long' ? 5 : 1;
  const refusedMs: number[] = [];
  for (let time = 0; time < times && !signal.aborted; time++) {
    const door = await rig.openDoor();
    const dataDir = path.join(rig.folder, `full-${time}`);
    const agent = rig.agent(door, { dataDir });
    await agent.start();
    await rig.failAndArrive(10);
    door.decide = ({ isDelivery }) => ({ kind: isDelivery ? 'cut-before' : 'pass' });
    await rig.cluster.fail(backlog);
    await allStored(agent, backlog);
    // From here on the outbox alone knows of them.
    await rig.cluster.retire(rig.ledger.awaited());
    await agent.kill();
    await upgraded(dataDir, backlog);
    refusedMs.push(await refused(agent, dataDir));
    await deliveredByNext(dataDir, rig.restate.ingressUrl);
    progress(`${time + 1} of ${times} outboxes`);
  }
  await rig.agent(await rig.openDoor()).start();
  const totals = await rig.settle();
  const note = `${backlog} events each; refused after ${Math.round(Math.max(...refusedMs))} ms with the file untouched`;
  return { ...totals, faultsInjected: 2 * times, recoveriesMs: [], note };
}

/** The next release starts on what this one's death left, and ends again. */
async function upgraded(dataDir: string, backlog: number): Promise<void> {
  await using next = await startDelivery({ speed: 1, dataDir, migrations: nextRelease, isHeld: true });
  // What is over is told as well.
  assert.ok(next.outbox.stats().events >= backlog);
}

/** This release on the next one's outbox; how long it took to say so. */
async function refused(agent: ChaosAgent, dataDir: string): Promise<number> {
  const before = filesOf(dataDir);
  await agent.start();
  const { code } = await agent.process.exited;
  const tookMs = performance.now() - agent.startedAtMs;
  assert.equal(code, 1);
  assert.match(agent.process.transcript(), /OUTBOX_SCHEMA_NEWER/);
  assert.deepEqual(filesOf(dataDir), before, 'the file was touched');
  return tookMs;
}

async function deliveredByNext(dataDir: string, url: string): Promise<void> {
  await using next = await startDelivery({ speed: 1, dataDir, migrations: nextRelease, url, clusterId: CLUSTER_ID });
  await next.drained(0, 120_000);
}

export const versionScenarios: readonly Scenario[] = [
  { id: 'R-36', fault: 'upgrade and downgrade with a full outbox', run: otherRelease },
];
