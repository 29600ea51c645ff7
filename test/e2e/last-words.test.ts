/** How the program ends when something goes wrong that nothing in it caught: a full disk behind `>`, a reader that is gone, a bug. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { RunningAgent } from '../support/e2e-agent.ts';
import { runWatcher } from '../support/e2e-command.ts';
import { startScriptedIngress } from '../support/scripted-ingress.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';
import { KubeconfigDir } from '../support/e2e-kubeconfig.ts';

const run = promisify(execFile);
const WATCHER = `'${process.execPath}' cmd/watcher/main.ts`;
const bash = async (line: string): Promise<string> => (await run('bash', ['--norc', '-c', line])).stderr;

describe(
  'the last words of a command',
  { timeout: 120_000, skip: existsSync('/dev/full') ? false : 'no /dev/full' },
  () => {
    for (const words of ['--help', 'config print']) {
      test(`${words} on a full disk: a code, what to do, and 1`, async () => {
        const told = await bash(`${WATCHER} ${words} > /dev/full; echo "ended with $?" >&2`);
        assert.match(told, /^watcher: OUTPUT_FAILED: ENOSPC[^\n]*\n {2}what to do: [^\n]+\nended with 1\n$/);
      });
    }

    test('of -o json are JSON there as well', async () => {
      const told = await bash(`${WATCHER} config print -o json > /dev/full || true`);
      assert.equal((JSON.parse(told) as { code: string }).code, 'OUTPUT_FAILED');
    });

    test('are none, and 0, where the reader was gone from the start', async () => {
      const told = await bash(`{ sleep 0.1; ${WATCHER} --help; echo "ended with $?" >&2; } | true`);
      assert.equal(told, 'ended with 0\n');
    });

    test('of a support bundle with no place to go say so', async () => {
      const { code, err } = await runWatcher([
        'support-bundle',
        '--data-dir=/nowhere',
        '--file=/nowhere/x',
        '-o',
        'json',
      ]);
      assert.deepEqual([code, (JSON.parse(err) as { code: string }).code], [1, 'OUTPUT_FAILED']);
    });
  },
);

test(
  'an exception nobody caught ends an agent with 1 and one line that says what to do',
  { timeout: 120_000 },
  async () => {
    await using resources = new AsyncDisposableStack();
    const server = resources.use(await SimulatedApiServer.start());
    const files = resources.use(new KubeconfigDir());
    const plane = await startScriptedIngress();
    resources.defer(() => plane.stop());
    const bug = files.file('bug.mjs', `process.on('SIGWINCH', () => { throw new Error('canary'); });`);
    const agent = resources.use(
      new RunningAgent({
        kubeconfig: server.writeKubeconfig(path.join(files.path, 'kubeconfig')),
        planeUrl: plane.url,
        environment: { NODE_OPTIONS: `--import=${bug}` },
      }),
    );
    await agent.ready();
    process.kill(agent.process.pid, 'SIGWINCH');
    assert.deepEqual(await agent.process.exited, { code: 1, signal: null });
    const last = agent.process.lines.find(({ level }) => level === 'fatal');
    assert.deepEqual([last?.['code'], agent.process.text], ['INTERNAL', []]);
    assert.match(String(last?.['remedy']), /^please report it/);
    assert.match(String(last?.['stack']), /^Error: canary\n/);
  },
);
