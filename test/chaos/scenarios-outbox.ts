/**
 * The outbox file itself: a disk that forgets what was not synced, one that gives back other bytes than it was
 * given, and places where there can be none (R-7, the process as shipped).
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { countedLosses, filledOutbox, whatRemainsOf, type Filled } from '../support/damaged-outbox.ts';
import { flipped, PAGE, swapped, truncatedTo, zeroed, type Damage } from '../support/faulty-disk.ts';
import { startRig } from './rig.ts';
import type { Form, Scenario, ScenarioRow, ScenarioRun } from './scenario.ts';

const MODEL = 'test/model/outbox.test.ts';
const MODEL_RUNS = 2_000;
/** Appends, about, of one random history. */
const EVENTS_OF_A_RUN = 20;

/** The model test, with many more histories than the suite tries. */
async function forgetfulDisk(): Promise<ScenarioRow> {
  const env = { ...process.env, OUTBOX_MODEL_RUNS: String(MODEL_RUNS), NODE_TEST_CONTEXT: undefined };
  const child = spawn(process.execPath, ['--test', MODEL], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(code, 0, said.slice(-2000));
  const note = `random histories with crashes and lost writes; about ${EVENTS_OF_A_RUN} events each`;
  const failuresInjected = MODEL_RUNS * EVENTS_OF_A_RUN;
  return { faultsInjected: MODEL_RUNS, failuresInjected, lost: 0, doubled: 0, unknown: 0, recoveriesMs: [], note };
}

/** Damages to the file, by how densely its bytes are tried. */
function* damagesOf(bytes: number, form: Form): Generator<Damage> {
  const [step, cutStep] = form === 'long' ? [17, 61] : [997, 4001];
  for (let at = 0; at < 100; at += form === 'long' ? 1 : 9) yield flipped(at, 0xff);
  for (let at = 100; at < bytes; at += step) yield flipped(at, 1 << (at % 8));
  for (let at = 0; at < bytes; at += cutStep) yield truncatedTo(at);
  const pages = bytes / PAGE;
  for (let page = 0; page < pages; page++) {
    yield zeroed(page);
    yield swapped(page, (page * 7 + 3) % pages);
  }
}

async function damagedFile({ form, progress, signal }: ScenarioRun): Promise<ScenarioRow> {
  const filled = await filledOutbox(true);
  const recoveriesMs: number[] = [];
  let [tried, lost, uncounted] = [0, 0, 0];
  for (const damage of damagesOf(filled.image.db.length, form)) {
    if (signal.aborted) break;
    const outcome = await oneDamage(filled, damage);
    recoveriesMs.push(outcome.tookMs);
    lost += outcome.lost;
    uncounted += outcome.uncounted;
    if (++tried % 1000 === 0) progress(`${tried} damages`);
  }
  const failuresInjected = tried * filled.pending.length;
  const share = ((100 * lost) / failuresInjected).toFixed(2);
  const note = `no wrong payload; ${share} % of rows gone, mostly cut off, each counted: "lost" would be one that was not`;
  return { faultsInjected: tried, failuresInjected, lost: uncounted, doubled: 0, unknown: 0, recoveriesMs, note };
}

/** Throws where a wrong payload comes out, or one twice. */
async function oneDamage({ image, payloads, pending }: Filled, damage: Damage) {
  const { delivered, notices, tookMs } = await whatRemainsOf({ ...image, db: damage(image.db) }, payloads);
  const lost = pending.length - delivered.length;
  return { lost, uncounted: Math.max(0, lost - countedLosses(notices)), tookMs };
}

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
    const ended = await agent.process.exited;
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
    fault: 'disk forgets what was not synced',
    unavailable: (form) => (form === 'short' ? `the suite runs ${MODEL} by itself` : undefined),
    run: forgetfulDisk,
  },
  {
    id: 'R-6',
    fault: 'bytes flipped, file cut short, pages zeroed and swapped',
    recoversWithinMs: 5_000,
    run: damagedFile,
  },
  { id: 'R-7', fault: 'no place for an outbox', run: nowhere },
];
