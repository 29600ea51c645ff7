/**
 * The disk under the outbox: nothing may leave for the plane before it is synced, a disk that takes half a second
 * for each sync must not hold up the watch, and one that is full must lose nothing.
 */
import { spawnSync } from 'node:child_process';
import { createReadStream, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMs } from '../bench/process-figures.ts';
import { until } from '../support/e2e-until.ts';
import type { ChaosAgent } from './chaos-agent.ts';
import { mountSmallDisk, smallDiskUnavailable } from './parts-small-disk.ts';
import { startRig } from './rig.ts';
import type { Scenario, ScenarioRow, ScenarioRun } from './scenario.ts';
import { WireTrace } from './wire-trace.ts';

/** -D: the agent keeps its own pid, so that what is signalled is the agent. */
const STRACE = ['strace', '-D', '-f', '--seccomp-bpf'];

function withoutStrace(): string | undefined {
  const canTrace = spawnSync('strace', ['-f', '--seccomp-bpf', '-o', '/dev/null', 'true']).status === 0;
  return canTrace ? undefined : 'needs strace, and the right to use it';
}

const traced: Scenario = {
  id: 'R-4',
  fault: 'none; every system call watched: no event is sent before it is synced',
  unavailable: withoutStrace,
  run: async ({ form, progress }) => {
    await using rig = await startRig();
    const log = path.join(rig.folder, 'calls');
    const calls = 'trace=openat,fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg';
    const agent = rig.agent(await rig.openDoor(), { before: [...STRACE, '-s', '400000', '-e', calls, '-o', log] });
    await agent.start();
    const failures = form === 'long' ? 10_000 : 500;
    for (let sent = 0; sent < failures; sent += 500) await rig.failAndArrive(500);
    const totals = await rig.settle();
    await agent.stop();
    await until('the trace is complete', () => readFileSync(log).subarray(-100).includes('+++ exited with'));
    const { sent, tooEarly, syncs } = await readTrace(log, new Set(rig.ledger.held.map(({ event }) => event.event_id)));
    progress(`${sent.size} events sent, ${syncs} syncs`);
    if (sent.size < failures) throw new Error(`only ${sent.size} of ${failures} events were found in the trace`);
    if (tooEarly.size > 0) throw new Error(`${tooEarly.size} events were sent before they were synced`);
    const note = `${sent.size} events, each synced before its first byte was sent; ${syncs} syncs`;
    return { ...totals, faultsInjected: 0, recoveriesMs: [], note };
  },
};

async function readTrace(file: string, ids: ReadonlySet<string>) {
  const trace = new WireTrace(ids);
  for await (const line of createInterface({ input: createReadStream(file) })) trace.read(line);
  return trace.findings();
}

const slowDisk: Scenario = {
  id: 'R-9',
  fault: 'a disk that takes 500 ms for each sync',
  unavailable: withoutStrace,
  run: async ({ form, signal }) => {
    await using rig = await startRig();
    const log = path.join(rig.folder, 'syncs');
    const slow = ['-e', 'trace=fsync,fdatasync', '-e', 'inject=fsync,fdatasync:delay_enter=500000', '-o', log];
    const agent = rig.agent(await rig.openDoor(), { before: [...STRACE, ...slow] });
    await agent.start();
    await rig.failAndArrive(10);
    await rig.cluster.setRate(50);
    const seen = await watchLiveliness(agent, form === 'long' ? 30 : 5, signal);
    const totals = await rig.settle();
    const syncs = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => /sync\(/.test(line)).length;
    if (seen.stalled > 0) throw new Error(`the watch stood still ${seen.stalled} times, or the agent was not ready`);
    const note = `always ready, the watch read on; event loop late by ${seen.lateMs.toFixed(0)} ms (p99) at most`;
    return { ...totals, faultsInjected: syncs, recoveriesMs: [], note };
  },
};

/** Looks every second: is it ready, does the watch bring more, how late is the event loop? */
async function watchLiveliness(agent: ChaosAgent, seconds: number, signal: AbortSignal) {
  let [stalled, lateMs, frames] = [0, 0, 0];
  for (let second = 0; second < seconds && !signal.aborted; second++) {
    await sleep(1000);
    const isReady = (await agent.get('/readyz')).includes('"status":"ok"');
    const [now = 0, late = NaN] = await agent.metrics('watcher_watch_frames_total', 'nodejs_eventloop_lag_p99_seconds');
    lateMs = Math.max(lateMs, late * 1000);
    if (!isReady || now <= frames) stalled += 1;
    frames = now;
  }
  return { stalled, lateMs };
}

const DISK_MEBIBYTES = 2;
/** Twice what such a disk holds. */
const FAILURES = 2000;

const fullDisk: Scenario = {
  id: 'R-8',
  fault: 'disk full (tmpfs of 2 MiB) with the plane away',
  unavailable: smallDiskUnavailable,
  run: async (run) => {
    await using rig = await startRig();
    const dataDir = path.join(rig.folder, 'small');
    using _disk = mountSmallDisk(dataDir, DISK_MEBIBYTES);
    return await fill(run, rig, dataDir);
  },
};

async function fill(
  { form, progress }: ScenarioRun,
  rig: Awaited<ReturnType<typeof startRig>>,
  dataDir: string,
): Promise<ScenarioRow> {
  const door = await rig.openDoor();
  const agent = rig.agent(door, { dataDir });
  await agent.start();
  await rig.failAndArrive(10);
  door.decide = ({ isDelivery }) => (isDelivery ? { kind: 'cut-before' } : { kind: 'pass' });
  await rig.cluster.fail(FAILURES);
  await sleep(5000);
  const { pid } = agent.process;
  const seconds = form === 'long' ? 60 : 5;
  const beforeMs = cpuMs(pid);
  await sleep(seconds * 1000);
  const cpuShare = (cpuMs(pid) - beforeMs) / (seconds * 1000);
  const queued = (await agent.metric('watcher_queue_depth')) ?? 0;
  progress(`${queued} of ${FAILURES} in the outbox, ${(cpuShare * 100).toFixed(1)} % of a CPU`);
  door.decide = undefined;
  const openedAtMs = performance.now();
  const flowsAtMs = await door.nextAccepted();
  const totals = await rig.settle(300_000);
  const note = `${queued} events fitted; full for ${seconds} s at ${(cpuShare * 100).toFixed(1)} % of a CPU`;
  return { ...totals, faultsInjected: 1, recoveriesMs: [flowsAtMs - openedAtMs], note };
}

export const diskScenarios: readonly Scenario[] = [traced, fullDisk, slowDisk];
