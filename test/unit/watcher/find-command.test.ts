import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandTable } from '../../../cmd/watcher/commands.ts';
import { findCommand } from '../../../cmd/watcher/find-command.ts';

const found = (...args: string[]): [string, readonly string[]] | undefined => {
  const result = findCommand(commandTable, args);
  return result === undefined ? undefined : [result.entry.words, result.rest];
};

test('no argument, or a flag first, means the agent itself', () => {
  assert.deepEqual(found(), ['', []]);
  assert.deepEqual(found('--dry-run', 'x'), ['', ['--dry-run', 'x']]);
});

test('words name a subcommand, and what stands behind them is its own', () => {
  assert.deepEqual(found('config', 'print', '-o', 'json'), ['config print', ['-o', 'json']]);
  assert.deepEqual(found('test-event'), ['test-event', []]);
});

test('a word nobody knows, or half a name, is no command', () => {
  assert.equal(found('tset-event'), undefined);
  assert.equal(found('config'), undefined);
});

for (const entry of commandTable) {
  test(`'watcher ${entry.words}' can be loaded`, async () => assert.equal(typeof (await entry.load()).run, 'function'));
}
