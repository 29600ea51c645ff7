/** Colours are for terminals, unless somebody says otherwise; the flag says it loudest. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isColoured, type ColourWish } from '../../../cmd/watcher/colour.ts';
import { isJsonAsked, readProgramFlags } from '../../../cmd/watcher/program-flags.ts';
import { ConfigError } from '../../../internal/config/problems.ts';

describe('what is printed is coloured', () => {
  const cases: [environment: Record<string, string>, onTerminal: boolean, inPipe: boolean][] = [
    [{}, true, false],
    [{ TERM: 'xterm-256color' }, true, false],
    [{ TERM: 'dumb' }, false, false],
    [{ NO_COLOR: '1' }, false, false],
    [{ NO_COLOR: '' }, true, false],
    [{ FORCE_COLOR: '1' }, true, true],
    [{ FORCE_COLOR: '' }, true, false],
    [{ FORCE_COLOR: '0' }, false, false],
    [{ FORCE_COLOR: 'false' }, false, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1', TERM: 'dumb' }, true, true],
  ];
  for (const [environment, onTerminal, inPipe] of cases) {
    test(`${onTerminal ? 'on a terminal' : 'nowhere'}${inPipe ? ' and in a pipe' : ''} with ${JSON.stringify(environment)}`, () => {
      assert.equal(isColoured('auto', environment, true), onTerminal);
      assert.equal(isColoured('auto', environment, false), inPipe);
    });
  }

  test('as --color says, whatever else is said', () => {
    assert.equal(isColoured('always', { NO_COLOR: '1', TERM: 'dumb' }, false), true);
    assert.equal(isColoured('never', { FORCE_COLOR: '1' }, true), false);
  });
});

describe('--color', () => {
  const cases: [args: string[], colour: ColourWish, rest: string[]][] = [
    [['scan', '-A'], 'auto', ['scan', '-A']],
    [['--color', 'scan', '-A'], 'always', ['scan', '-A']],
    [['scan', '--color', 'never', '-A'], 'never', ['scan', '-A']],
    [['scan', '--color=always', '--no-color'], 'never', ['scan']],
    [['replay', '--', '--color=never'], 'auto', ['replay', '--', '--color=never']],
  ];
  for (const [args, colour, rest] of cases) {
    test(`of ${args.join(' ')} is ${colour}`, () => assert.deepEqual(readProgramFlags(args), { colour, rest }));
  }

  for (const text of ['--color=blue', '--color=']) {
    test(`refuses ${text}`, () => assert.throws(() => readProgramFlags([text]), ConfigError));
  }
});

test('who asks for JSON is known before anything else is', () => {
  for (const args of [
    ['-o', 'json'],
    ['-o=json'],
    ['--output', 'json'],
    ['--bad', '--output=json'],
    ['-o', 'yaml', '-o', 'json'],
  ]) {
    assert.ok(isJsonAsked(args), args.join(' '));
  }
  for (const args of [[], ['-o'], ['-o', 'table'], ['json'], ['--', '-o', 'json'], ['-o', 'json', '--output=wide']]) {
    assert.ok(!isJsonAsked(args), args.join(' '));
  }
});
