import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { commandTable } from '../../../cmd/watcher/commands.ts';
import { completionModel } from '../../../cmd/watcher/completion-model.ts';
import { completionScript, shells } from '../../../cmd/watcher/completion-scripts.ts';

let bash = '';
before(async () => {
  bash = completionScript('bash', await completionModel(commandTable));
});

/** What bash offers behind a line, which it takes apart as readline does. */
function offered(line: string): string[] {
  const words = line.split(/ |(?==)|(?<==)/).map((word) => `'${word}'`);
  const ask = `COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _watcher; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', `${bash}\n${ask}`], { encoding: 'utf8' })
    .split('\n')
    .filter((word) => word !== '');
}

describe('bash completes', () => {
  for (const [line, expected] of [
    ['watcher sc', ['scan']],
    ['watcher out', ['outbox']],
    ['watcher outbox l', ['list']],
    ['watcher outbox ', ['status', 'list', 'quarantine', 'requeue', 'export']],
    ['watcher scan -o ', ['table', 'json', 'wide']],
    ['watcher scan -n shop --output ', ['table', 'json', 'wide']],
    ['watcher outbox list --output=', ['table', 'json']],
    ['watcher outbox list --output=j', ['json']],
    ['watcher --watch-namespace-mode ', ['single', 'label', 'all']],
    ['watcher scan --watch-namespace-mode=l', ['label']],
    ['watcher --cluster-i', ['--cluster-id']],
    ['watcher --cluster-id ', []],
    ['watcher record --fil', ['--file']],
    ['watcher --config /etc/hostnam', ['/etc/hostname']],
  ] as const) {
    test(`${line}| with ${expected.join(', ') || 'nothing'}`, () => assert.deepEqual(offered(line), expected));
  }
});

test('bash completes names of files as they are: with blanks, and without running them', (t) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'watcher-completion-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const files = ['a b.yaml', 'a$(touch ran).yaml'].map((name) => path.join(dir, name));
  for (const file of files) writeFileSync(file, '');
  assert.deepEqual(offered(`watcher --config ${dir}/a`).toSorted(), files.toSorted());
  assert.deepEqual(readdirSync(dir).length, 2);
});

for (const shell of shells) {
  const isThere = spawnSync(shell, ['--version']).status === 0;
  test(`the script for ${shell} is one that it can read`, { skip: isThere ? false : `no ${shell} here` }, async () => {
    const script = completionScript(shell, await completionModel(commandTable));
    const read = spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' });
    assert.deepEqual([read.status, read.stderr], [0, '']);
  });
}

test('every command and every flag is in every script', async () => {
  const model = await completionModel(commandTable);
  const names = [...model.settings, ...model.commands.flatMap(({ flags }) => flags)].map(({ name }) => name);
  for (const shell of shells) {
    const script = completionScript(shell, model);
    for (const { words } of model.commands)
      assert.ok(
        words.split(' ').every((word) => script.includes(word)),
        words,
      );
    for (const name of names) assert.ok(script.includes(name), `${shell}: ${name}`);
  }
});
