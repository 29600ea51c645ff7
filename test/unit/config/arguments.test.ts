// The command line is read strictly, in every form people write.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseArguments, type FlagSpec } from '../../../internal/config/arguments.ts';

const specs: readonly FlagSpec[] = [
  { name: 'restate-url' },
  { name: 'dry-run', bare: 'true', words: ['true', 'false'] },
  { name: 'leader-elect', bare: 'true', words: ['auto', 'true', 'false'] },
  { name: 'pin', isList: true },
  { name: 'output', short: 'o' },
];

function read(...argv: string[]): {
  flags: Record<string, string>;
  positionals: readonly string[];
  problems: string[];
} {
  const { flags, positionals, problems } = parseArguments(argv, specs);
  const told = problems.map(({ place, problem, remedy }) => `${place}: ${problem}; ${remedy}`);
  return { flags: Object.fromEntries(flags), positionals, problems: told };
}

describe('the command line', () => {
  const accepted: [name: string, argv: string[], flags: Record<string, string>, positionals?: string[]][] = [
    ['a value of its own', ['--restate-url', 'http://a'], { 'restate-url': 'http://a' }],
    ['an attached value', ['--restate-url=http://a?b=c'], { 'restate-url': 'http://a?b=c' }],
    ['an empty attached value', ['--restate-url='], { 'restate-url': '' }],
    ['one dash, as Go programs take it', ['-restate-url=a'], { 'restate-url': 'a' }],
    ['a truth alone', ['--dry-run'], { 'dry-run': 'true' }],
    ['a truth with a word', ['--dry-run', 'false', 'x'], { 'dry-run': 'false' }, ['x']],
    ['a truth before something else', ['--dry-run', 'maybe'], { 'dry-run': 'true' }, ['maybe']],
    ['a truth denied', ['--no-dry-run'], { 'dry-run': 'false' }],
    ['a choice that may stand alone', ['--leader-elect'], { 'leader-elect': 'true' }],
    ['a choice with its word', ['--leader-elect', 'auto'], { 'leader-elect': 'auto' }],
    ['the last of a repeated flag', ['--restate-url=a', '--restate-url=b'], { 'restate-url': 'b' }],
    ['lists joined', ['--pin', 'a,b', '--pin=c'], { pin: 'a,b,c' }],
    ['a letter', ['-o', 'json'], { output: 'json' }],
    ['a negative number as a value', ['--restate-url', '-5'], { 'restate-url': '-5' }],
    ['all behind -- as it is', ['--', '--dry-run', '-x'], {}, ['--dry-run', '-x']],
    ['a lone dash', ['-'], {}, ['-']],
  ];
  for (const [name, argv, flags, positionals = []] of accepted) {
    test(`takes ${name}`, () => assert.deepEqual(read(...argv), { flags, positionals, problems: [] }));
  }

  const refused: [name: string, argv: string[], problems: string[]][] = [
    ['an unknown flag', ['--restat-url=a'], ['--restat-url: is not a known flag; did you mean --restate-url?']],
    ['an unknown denial', ['--no-dry-rum'], ['--no-dry-rum: is not a known flag; did you mean --dry-run?']],
    ['a flag nothing is near to', ['--zzzzzzzzzz'], ['--zzzzzzzzzz: is not a known flag; see --help']],
    ['a lacking value', ['--restate-url'], ['--restate-url: lacks its value; write --restate-url=VALUE']],
    [
      'a flag where a value should be',
      ['--restate-url', '--dry-run'],
      ['--restate-url: lacks its value; write --restate-url=VALUE'],
    ],
    ['a denial with a value', ['--no-dry-run=true'], ['--no-dry-run: takes no value; write --dry-run=true or =false']],
    ['a flag of an object', ['--__proto__=1'], ['--__proto__: is not a known flag; see --help']],
  ];
  for (const [name, argv, problems] of refused) {
    test(`refuses ${name}`, () => assert.deepEqual(read(...argv).problems, problems));
  }

  test('the value behind an unknown flag is not repeated, it may be a secret', () => {
    const { positionals, problems } = read('--restate-token', 's3cret');
    assert.deepEqual(positionals, []);
    assert.ok(!problems.join().includes('s3cret'));
  });

  test('anything may be typed: each argument is a flag, a value, a positional or a problem', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('--', '--dry-run', '--no-dry-run', '--pin', '-o', '--x=1', '='));
    fc.assert(
      fc.property(fc.array(word), (argv) => {
        const { problems } = parseArguments(argv, specs);
        return problems.every(({ place, problem }) => place.startsWith('-') && !/\p{Cc}/u.test(place + problem));
      }),
    );
  });
});
