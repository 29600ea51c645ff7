// The command line of `npm run cluster`: what is understood, and what is refused with a word about it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCommand, type Command } from '../../cluster/cli/command.ts';

const UNDERSTOOD: [string, Command][] = [
  ['up', { kind: 'up', name: 'default', node: false, controllers: true }],
  ['up --node --name a1', { kind: 'up', name: 'a1', node: true, controllers: true }],
  ['up --api-only', { kind: 'up', name: 'default', node: false, controllers: false }],
  ['down --name b', { kind: 'down', name: 'b' }],
  ['status', { kind: 'status', name: undefined }],
  ['prepare --require', { kind: 'prepare', require: true }],
  ['', { kind: 'help' }],
  ['up --help', { kind: 'help' }],
];

const REFUSED: [string, RegExp][] = [
  ['upp', /unknown: upp/],
  ['toString', /unknown: toString/],
  ['up down', /unknown: up down/],
  ['up --nodes', /--nodes/],
  ['down --node', /down takes no --node/],
  ['up --name ../../etc', /not a name/],
  ['up --node --api-only', /needs the controllers/],
];

function words(line: string): string[] {
  return line.split(' ').filter(Boolean);
}

describe('the command line of the test cluster', () => {
  for (const [line, command] of UNDERSTOOD) {
    test(`understands "${line}"`, () => assert.deepEqual(parseCommand(words(line)), command));
  }

  for (const [line, text] of REFUSED) {
    test(`refuses "${line}" and says why`, () => {
      const command = parseCommand(words(line));
      assert.equal(command.kind, 'mistake');
      assert.match(command.text, text);
    });
  }
});
