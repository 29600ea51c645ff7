// How test clusters start and end: side by side, with controllers, when starting fails and when the test process is killed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import { isRunning } from '../cluster/process/identity.ts';
import type { RecordedProcess } from '../cluster/run-dir.ts';

const machine = await clusterAvailability({ controllers: true });
const skip = machine.available ? false : machine.reason;
const options = { skip, timeout: 120_000 };

interface Pod {
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly reason?: string }[] };
}

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await isTrue())) {
    assert.ok(performance.now() < deadline, what);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('two clusters run side by side and know nothing of each other', options, async () => {
  await using one = await startCluster({ controllers: true });
  await using other = await startCluster();
  await one.createNamespace('mine');
  await assert.rejects(other.api('GET', '/api/v1/namespaces/mine'), /404/);
  await other.stop();
  await one.api('GET', '/api/v1/namespaces/mine');
});

test('with controllers a pod is taken at once and the scheduler judges it', options, async () => {
  await using cluster = await startCluster({ controllers: true });
  await cluster.createNamespace('work');
  const pod = { metadata: { name: 'one' }, spec: { containers: [{ name: 'c', image: 'none' }] } };
  await cluster.api('POST', '/api/v1/namespaces/work/pods', pod);
  await until('the scheduler said nothing', async () => {
    const { status } = await cluster.api<Pod>('GET', '/api/v1/namespaces/work/pods/one');
    return status.conditions?.some((one) => one.reason === 'Unschedulable') ?? false;
  });
});

test('a part that does not start is named with its own last words, and nothing is left', options, async (t) => {
  const parent = mkdtempSync(path.join(tmpdir(), 'watcher-fails-'));
  t.after(() => rmSync(parent, { recursive: true }));
  const runDir = path.join(parent, 'run');
  const start = startCluster({ runDir, extraApiserverArgs: ['--no-such-flag'] });
  await assert.rejects(start, /kube-apiserver ended: exit code 1[^]*unknown flag: --no-such-flag/);
  assert.equal(existsSync(runDir), false);
});

test('a folder in use is refused and the cluster in it goes on', options, async () => {
  await using cluster = await startCluster();
  await assert.rejects(startCluster({ runDir: cluster.runDir }), /a cluster runs in/);
  assert.equal(await cluster.api('GET', '/readyz'), 'ok');
});

const VICTIM = `
  import { startCluster } from ${JSON.stringify(path.join(import.meta.dirname, '../cluster/cluster.ts'))};
  const cluster = await startCluster();
  console.log(JSON.stringify({ runDir: cluster.runDir, processes: cluster.processes() }));
  setInterval(() => undefined, 1000);
`;

interface Report {
  readonly runDir: string;
  readonly processes: readonly RecordedProcess[];
}

test('a test process that is killed with SIGKILL leaves no process and no folder', options, async (t) => {
  const victim = spawn(process.execPath, ['--input-type=module-typescript', '-e', VICTIM], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => victim.kill('SIGKILL'));
  const lines = createInterface(victim.stdout)[Symbol.asyncIterator]();
  const report = JSON.parse(String((await lines.next()).value)) as Report;
  assert.ok(report.processes.length > 0 && report.processes.every((one) => isRunning(one.identity)));
  victim.kill('SIGKILL');
  await until('something is left', () => !existsSync(report.runDir));
  for (const one of report.processes) assert.equal(isRunning(one.identity), false, one.name);
});

const FORGETFUL = VICTIM.replace(/setInterval.*/, '');

test('a test process that forgets its cluster ends all the same, and so does the cluster', options, async () => {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', FORGETFUL], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const report = JSON.parse(String((await lines.next()).value)) as Report;
  assert.equal(await ended, 0);
  await until('something is left', () => !existsSync(report.runDir));
});
