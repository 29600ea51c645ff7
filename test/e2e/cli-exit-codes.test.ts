/** Every exit code that the table and the commands' help name is one that somebody meets; no other is met here. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { commandTable } from '../../cmd/watcher/commands.ts';
import { exitMeanings } from '../../cmd/watcher/exit-codes.ts';
import { startCliWorldWithAgent, type CliWorld } from '../support/cli-world.ts';
import { runWatcher } from '../support/e2e-command.ts';
import { startScriptedIngress } from '../support/scripted-ingress.ts';

const stack = new AsyncDisposableStack();
let world: CliWorld;
before(async () => {
  const plane = await startScriptedIngress();
  stack.defer(() => plane.stop());
  world = stack.use(await startCliWorldWithAgent(plane.url));
});
after(() => stack.disposeAsync());

const nobody = '--data-dir=/nonexistent';
const idle = (): string => `--data-dir=${world.idleDir()}`;
const bundle = (): string => `--file=${path.join(world.dir, 'bundle.tar.gz')}`;

const cases: readonly [words: string, code: number, args: () => readonly string[]][] = [
  ['config print', 0, () => []],
  ['config print', 2, () => ['--batch-size=none']],
  ['check', 0, () => []],
  ['check', 1, () => ['--outbox=memory']],
  ['check', 2, () => ['--kubeconfig=/nonexistent']],
  ['scan', 0, () => ['-n', 'calm']],
  ['scan', 1, () => ['-A']],
  ['scan', 2, () => ['--kubeconfig=/nonexistent']],
  ['explain', 0, () => ['shop/web']],
  ['explain', 1, () => ['shop/nobody']],
  ['log-level', 0, () => []],
  ['log-level', 1, () => [nobody]],
  ['record', 0, () => ['--for=100ms']],
  ['record', 1, () => ['--kubeconfig=/nonexistent']],
  ['record', 2, () => ['--for=ever']],
  ['replay', 1, () => ['/nonexistent']],
  ['test-event', 0, () => []],
  ['test-event', 1, () => ['--restate-url=http://127.0.0.1:9', '--restate-timeout=1s']],
  ['test-event', 2, () => ['--restate-url=ftp://plane']],
  ['outbox', 2, () => []],
  ['outbox status', 1, () => [nobody]],
  ['outbox requeue', 0, () => [idle(), 'q0']],
  ['outbox requeue', 1, () => [idle(), 'nobody']],
  ['outbox requeue', 2, () => [idle()]],
  ['support-bundle', 0, () => [bundle()]],
  ['support-bundle', 1, () => [idle(), bundle()]],
  ['completion', 2, () => ['csh']],
];

describe('a command ends with', { concurrency: 2, timeout: 300_000 }, () => {
  for (const [words, code, args] of cases) {
    const meaning = async (): Promise<string | undefined> => {
      const { help } = (await commandTable.find((entry) => entry.words === words)?.load()) ?? {};
      return { ...exitMeanings, ...help?.exitCodes }[code];
    };
    test(`${code}: ${words}, case ${cases.findIndex((one) => one[2] === args) + 1}`, async () => {
      assert.ok((await meaning()) !== undefined, 'a code that no help names');
      const ended = await runWatcher([...words.split(' '), ...args()], {
        environment: world.environment,
        withinMs: 120_000,
      });
      assert.equal(ended.code, code, `${ended.out}${ended.err}`);
    });
  }
});

test('no code that a help names goes without a case', async () => {
  for (const { words, load } of commandTable.map((entry) => ({ words: entry.words, load: () => entry.load() }))) {
    const own = (await load()).help?.exitCodes ?? {};
    for (const code of Object.keys(own)
      .map(Number)
      .filter((one) => one < 128)) {
      assert.ok(
        cases.some((one) => one[0] === words && one[1] === code),
        `${words}: ${code}`,
      );
    }
  }
});
