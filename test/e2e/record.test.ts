/** A recording of a cluster, told again: the same event ids as the agent's own, whatever the form the recording has. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { record } from '../../cmd/watcher/commands/record.ts';
import { runWatcher } from '../support/e2e-command.ts';
import { until } from '../support/e2e-until.ts';
import { failing } from '../support/pod-watches-case.ts';
import { rawPod, rawStatus, running, terminated, waiting, type Raw } from '../support/raw-pod.ts';
import { jobs, nodes, pods } from '../support/simulated-apiserver/resources.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';

interface Decision {
  readonly at: string;
  readonly decision: string;
  readonly reason: string;
  readonly event?: { readonly event_id: string; readonly reason: string; readonly name: string };
}

async function replayed(file: string, ...args: string[]): Promise<Decision[]> {
  const { code, out, err } = await runWatcher(['replay', file, ...args]);
  assert.equal(code, 0, err);
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Decision);
}

const told = (decisions: readonly Decision[]): string[] =>
  decisions.filter(({ decision }) => decision === 'append').map(({ event }) => `${event?.name} ${event?.reason}`);

class Directory implements Disposable {
  readonly path = mkdtempSync(path.join(tmpdir(), 'watcher-record-'));
  file(name: string, content?: string): string {
    const file = path.join(this.path, name);
    if (content !== undefined) writeFileSync(file, content);
    return file;
  }
  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

/** In this process; resolves with the exit code. */
function recorded(args: readonly string[], shutdown: AbortSignal): Promise<number> {
  const terminal = { out: () => undefined, err: () => undefined, isTerminal: false };
  return record({ args, environment: {}, terminal, shutdown });
}

/** Ends what was begun, at the latest with its test. */
class Ending extends AbortController implements Disposable {
  [Symbol.dispose](): void {
    this.abort();
  }
}

/** web runs, exits, and is in a crash loop: as kubectl shows it, without times of its own. */
function crashLoop(): string {
  const container = (parts: Raw): string => {
    const status = { containerStatuses: [rawStatus({ ready: false, ...parts })] };
    return JSON.stringify(rawPod({ metadata: { resourceVersion: String(Math.random()) }, status }), null, 4);
  };
  const exit = terminated(1, 'Error', 'containerd://first');
  const shown = [
    ['ADDED', container({ state: running, ready: true })],
    ['MODIFIED', container({ state: exit })],
    ['MODIFIED', container({ state: waiting('CrashLoopBackOff'), lastState: exit, restartCount: 1 })],
    ['MODIFIED', container({ state: waiting('CrashLoopBackOff'), lastState: exit, restartCount: 1 })],
    ['DELETED', container({ state: waiting('CrashLoopBackOff'), lastState: exit, restartCount: 1 })],
  ];
  return shown.map(([type, object]) => `{\n    "type": "${type}",\n    "object": ${object}\n}\n`).join('');
}

function pullsNothing(): string {
  const status = { phase: 'Pending', containerStatuses: [rawStatus({ ready: false, state: waiting('ErrImagePull') })] };
  return JSON.stringify({ type: 'ADDED', object: rawPod({ status }) });
}

describe('watcher record and replay', { concurrency: 2, timeout: 120_000 }, () => {
  test('what was recorded is told again with the ids a scan gives, and only its owner may read it', async () => {
    using directory = new Directory();
    await using server = await SimulatedApiServer.start();
    failing(server, 'shop', 'early');
    const kubeconfig = server.writeKubeconfig(directory.file('kubeconfig'), { namespace: 'shop' });
    const file = directory.file('recording.ndjson');
    using ending = new Ending();
    const recording = recorded(['-n', 'shop', `--file=${file}`, `--kubeconfig=${kubeconfig}`], ending.signal);
    await server.watches.opened({ resource: 'pods' });
    failing(server, 'shop', 'late');
    server.store.remove(pods, 'early', 'shop');
    await until('both changes are written', () => readFileSync(file, 'utf8').includes('"type":"DELETED"'));
    ending.abort();
    assert.equal(await recording, 0);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const decisions = await replayed(file, '--cluster-id=here');
    assert.deepEqual(told(decisions).toSorted(), ['early ImagePullBackOff', 'late ImagePullBackOff']);
    const scan = await runWatcher(['scan', '-o', 'json', `--kubeconfig=${kubeconfig}`, '--cluster-id=here']);
    const { failures } = JSON.parse(scan.out) as { failures: { event_id: string }[] };
    const late = decisions.find(({ event }) => event?.name === 'late');
    assert.equal(failures[0]?.event_id, late?.event?.event_id);
    assert.match(readFileSync(file, 'utf8'), /^\{"type":"LISTING"/);
  });

  test('what kubectl prints is told again, in the time of the objects', async () => {
    using directory = new Directory();
    const decisions = await replayed(directory.file('kubectl.json', crashLoop()));
    assert.deepEqual(told(decisions), ['web-1 Error', 'web-1 CrashLoopBackOff']);
    assert.ok(decisions.some(({ decision }) => decision === 'deduplicate'));
    assert.deepEqual(
      decisions.filter(({ decision }) => decision === 'resolve').map(({ event }) => event?.reason),
      ['CrashLoopBackOff'],
    );
    assert.ok(decisions.every(({ at }) => at.startsWith('2026-01-01T00:0')));
  });

  test('a recording comes by standard input as well', async () => {
    using directory = new Directory();
    const file = directory.file('kubectl.json', crashLoop());
    const out = await new Promise<string>((resolve, reject) =>
      execFile('sh', ['-c', `"${process.execPath}" cmd/watcher/main.ts replay - < "${file}"`], (error, text) =>
        error === null ? resolve(text) : reject(new Error('replay failed', { cause: error })),
      ),
    );
    assert.match(out, /"decision":"append"/);
  });

  const refused: [name: string, content: string, isTold: boolean][] = [
    ['text', 'hello\n', false],
    ['one that was cut off', crashLoop().slice(0, -20), true],
    ['one whose second event is none', `${pullsNothing()}\nhello\n`, true],
  ];
  for (const [name, content, isTold] of refused) {
    test(`${name} is refused by its line, after what came before was told`, async () => {
      using directory = new Directory();
      const { code, out, err } = await runWatcher(['replay', directory.file('odd', content)]);
      assert.equal(code, 1);
      assert.equal(out.includes('"decision":"append"'), isTold, out);
      assert.match(err, /RECORDING_INVALID: line \d+ [^]*what to do: /);
    });
  }

  test('a file that is not there, or can not be written, is named', async () => {
    const missing = await runWatcher(['replay', '/nonexistent/file']);
    assert.deepEqual([missing.code, /RECORDING_INVALID[^]*nonexistent/.test(missing.err)], [1, true], missing.err);
    await using server = await SimulatedApiServer.start();
    using directory = new Directory();
    const kubeconfig = server.writeKubeconfig(directory.file('kubeconfig'));
    const unwritable = await runWatcher([
      'record',
      '--for=20s',
      '-f',
      '/nonexistent/file',
      `--kubeconfig=${kubeconfig}`,
    ]);
    assert.deepEqual([unwritable.code, /RECORDING_FAILED/.test(unwritable.err)], [1, true], unwritable.err);
  });

  test('Jobs and nodes are recorded where asked for, before the pods they say something of', async () => {
    using directory = new Directory();
    await using server = await SimulatedApiServer.start();
    server.ensureNamespace('shop');
    server.store.put(jobs, { metadata: { name: 'import', namespace: 'shop' }, spec: { backoffLimit: 2 }, status: {} });
    server.store.put(nodes, { metadata: { name: 'node-1', labels: { secret: 'canary' } }, spec: {}, status: {} });
    failing(server, 'shop', 'import-1');
    const file = directory.file('recording.ndjson');
    const kubeconfig = server.writeKubeconfig(directory.file('kubeconfig'));
    using ending = new Ending();
    const args = ['-n', 'shop', '--jobs', '--nodes', `--file=${file}`, `--kubeconfig=${kubeconfig}`];
    const recording = recorded(args, ending.signal);
    await until('the pods are listed', () => /BOOKMARK.*"kind":"Pod"/.test(readFileSync(file, 'utf8')));
    ending.abort();
    assert.equal(await recording, 0);
    const text = readFileSync(file, 'utf8');
    assert.deepEqual(
      [...text.matchAll(/"type":"ADDED","object":\{"kind":"(\w+)"/g)].map(([, kind]) => kind).toSorted(),
      ['Job', 'Node', 'Pod'],
    );
    assert.match(text, /"kind":"Pod"[^\n]*\n[^\n]*BOOKMARK[^\n]*\n\{"type":"END"[^\n]*\n$/);
    assert.ok(!text.includes('canary'));
    assert.deepEqual(told(await replayed(file)), ['import-1 ImagePullBackOff']);
  });

  test('a recording that is to end before it has begun ends', async () => {
    await using server = await SimulatedApiServer.start();
    using directory = new Directory();
    const kubeconfig = server.writeKubeconfig(directory.file('kubeconfig'));
    const file = directory.file('recording.ndjson');
    const code = await recorded(['-A', `--file=${file}`, `--kubeconfig=${kubeconfig}`], AbortSignal.abort());
    assert.equal(code, 0);
    assert.match(readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '', /^\{"type":"END"/);
  });

  test('a recording behind a reader that has gone ends', async () => {
    await using server = await SimulatedApiServer.start();
    using directory = new Directory();
    failing(server, 'shop', 'early');
    const kubeconfig = server.writeKubeconfig(directory.file('kubeconfig'));
    const script = `"${process.execPath}" cmd/watcher/main.ts record -A --kubeconfig="${kubeconfig}" | head -n 1`;
    const out = await new Promise<string>((resolve, reject) => {
      const child = execFile('sh', ['-c', script], (error, text) =>
        error === null ? resolve(text) : reject(new Error(text, { cause: error })),
      );
      void server.watches.opened({ resource: 'pods' }).then(() => failing(server, 'shop', 'late'));
      child.stdin?.end();
    });
    assert.match(out, /^\{"type":"LISTING"/);
  });

  test('a cluster that may not be read ends a recording at once', async () => {
    await using server = await SimulatedApiServer.start({ users: [{ name: 'nobody', token: 'n', rules: [] }] });
    using directory = new Directory();
    const kubeconfig = server.writeKubeconfig(directory.file('kubeconfig'), { user: 'nobody' });
    const { code, err } = await runWatcher(['record', '-A', `--kubeconfig=${kubeconfig}`]);
    assert.deepEqual([code, /API_FORBIDDEN/.test(err)], [1, true], err);
  });
});
