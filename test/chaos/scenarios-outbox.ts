/**
 * The outbox file itself: a disk that forgets what was not synced, one that gives back other bytes than it was
 * given, and places where there can be none (R-7, the process as shipped).
 */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { damages, histories } from './parts-outbox-threads.ts';
import { startRig } from './rig.ts';
import type { Scenario, ScenarioRow, ScenarioRun } from './scenario.ts';

const HISTORIES = 10_000;

/** Random histories of the outbox beside its model; the suite tries a few by itself. */
async function forgetfulDisk({ progress }: ScenarioRun): Promise<ScenarioRow> {
  const tally = await histories(HISTORIES, progress);
  const note = `${tally.histories.toLocaleString('en')} random histories; after each step the outbox is what its model says`;
  return { ...untold, faultsInjected: tally.deaths, failuresInjected: tally.events, note };
}

/** Where any loss or double is thrown, not counted. */
const untold = { lost: 0, doubled: 0, unknown: 0, recoveriesMs: [] } as const;

async function damagedFile({ form, progress }: ScenarioRun): Promise<ScenarioRow> {
  const { tried, events, taken, slowestStartMs } = await damages(form === 'long' ? 'every' : 'sample', progress);
  const extent = form === 'long' ? 'each byte, each end' : 'a sample';
  const share = ((100 * taken) / events).toFixed(1);
  const note =
    `${extent}; no wrong payload; ${share} % of events cut off or unreadable, each counted ("lost": not counted); ` +
    `slowest start ${slowestStartMs.toFixed(0)} ms`;
  return { ...untold, faultsInjected: tried, failuresInjected: events, note };
}

const REFUSED_WITHIN_MS = 20_000;

interface Place {
  readonly name: string;
  readonly code: string;
  /** Makes it and returns the data directory. */
  readonly make: (folder: string) => string;
}

const within = (folder: string, name: string): string => {
  const dir = path.join(folder, name);
  mkdirSync(dir, { recursive: true });
  return dir;
};

const places: readonly Place[] = [
  {
    name: 'a directory in the place of the file',
    code: 'OUTBOX_UNUSABLE',
    make: (folder) => path.dirname(within(folder, 'occupied/outbox.db')),
  },
  {
    name: 'a link in the place of the file',
    code: 'OUTBOX_UNUSABLE',
    make: (folder) => {
      const dir = within(folder, 'linked');
      symlinkSync('/dev/null', path.join(dir, 'outbox.db'));
      return dir;
    },
  },
  {
    name: 'a file in the place of the directory',
    code: 'OUTBOX_UNUSABLE',
    make: (folder) => {
      const file = path.join(folder, 'file');
      writeFileSync(file, 'mine');
      return file;
    },
  },
  { name: 'a place that takes no files', code: 'OUTBOX_UNUSABLE', make: () => '/proc/outbox' },
];

async function nowhere({ progress }: ScenarioRun): Promise<ScenarioRow> {
  await using rig = await startRig();
  const door = await rig.openDoor();
  const holder = rig.agent(door, { dataDir: path.join(rig.folder, 'held') });
  await holder.start();
  await rig.failAndArrive(10);
  const held: Place = { name: 'held by another', code: 'OUTBOX_LOCKED', make: (folder) => path.join(folder, 'held') };
  const all = [...places, held];
  const refusedMs: number[] = [];
  for (const { name, code, make } of all) {
    const agent = rig.agent(door, { dataDir: make(rig.folder) });
    await agent.start();
    const ended = await Promise.race([agent.process.exited, sleep(REFUSED_WITHIN_MS, undefined, { ref: false })]);
    assert.ok(ended !== undefined, `${name}: it runs all the same: ${agent.process.transcript()}`);
    refusedMs.push(performance.now() - agent.startedAtMs);
    const said = agent.process.transcript();
    assert.deepEqual([ended.code, said.includes(code)], [1, true], `${name}: ${said}`);
    progress(`${name}: ${code}`);
  }
  await rig.failAndArrive(10);
  const totals = await rig.settle();
  const note = `each refused with its code within ${Math.round(Math.max(...refusedMs))} ms of the start; the holder goes on`;
  return { ...totals, faultsInjected: all.length, recoveriesMs: [], note };
}

export const outboxScenarios: readonly Scenario[] = [
  {
    id: 'R-5',
    fault: 'death on a disk that forgets what was not synced',
    unavailable: (form) => (form === 'short' ? 'the suite runs test/model/outbox.test.ts by itself' : undefined),
    run: forgetfulDisk,
  },
  {
    id: 'R-6',
    fault: 'bytes of file and log flipped, both cut short, pages zeroed and swapped',
    run: damagedFile,
  },
  { id: 'R-7', fault: 'no place for an outbox', run: nowhere },
];
