// The help names every setting and command, and fits a terminal.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configPrintHelp } from '../../../cmd/watcher/commands/config-print.ts';
import { commandTable } from '../../../cmd/watcher/commands.ts';
import { askedFor, helpAsFlag, renderCommandUsage, renderUsage } from '../../../cmd/watcher/usage.ts';
import { settings } from '../../../internal/config/schema.ts';

const commands = [
  { words: '', summary: 'the agent' },
  { words: 'config print', summary: 'the settings in force and where each comes from' },
];

describe('the help', () => {
  const usage = renderUsage(commands);

  test('names each setting with its default and its variable', () => {
    for (const { flag, environment, default: text } of settings) {
      const entry = new RegExp(`\\n  --${flag}[ \\n][^]*?${environment}\\)`).exec(usage)?.[0] ?? '';
      const plain = entry.replaceAll(/\s+/g, ' ');
      assert.ok(plain.includes(text.replaceAll(',', ', ')), `${flag}: ${plain}`);
    }
  });

  test('names each command', () => assert.match(usage, /\nCommands:\n {2}config print +the settings in force/));

  test('fits 100 columns, without blanks at the end of a line', () => {
    const all =
      usage + renderCommandUsage({ words: 'config print', summary: 'Prints' }, { ...configPrintHelp, takes: 'FILE' });
    for (const line of all.split('\n')) assert.ok(line.length <= 100 && !line.endsWith(' '), line);
  });

  test('of a command names its own flags', () => {
    const text = renderCommandUsage({ words: 'config print', summary: 'Prints' }, configPrintHelp);
    assert.match(text, /watcher config print \[flags\] \[settings\]/);
    assert.match(text, /-o, --output table\|json\|yaml/);
  });
});

describe('the help of each command', () => {
  for (const entry of commandTable) {
    if (entry.words === '') continue;
    test(`of ${entry.words} has an example, -o json, what that prints and the exit codes, in 100 columns`, async () => {
      const { help } = await entry.load();
      assert.ok(help !== undefined);
      const text = renderCommandUsage(entry, help);
      assert.ok(
        help.examples.length > 0 && help.examples.every((example) => example.includes(`watcher ${entry.words}`)),
      );
      assert.match(text, /-o, --output \S*json/);
      assert.match(text.replaceAll(/\s+/g, ' '), /JSON|json,/);
      assert.match(text.replaceAll(/\s+/g, ' '), /Exit codes: 0 .*, 1 .*, 2 .*, 130 .*, 143 [^.]*\. $/);
      for (const line of text.split('\n')) if (!line.includes('watcher ')) assert.ok(line.length <= 100, line);
    });
  }
});

describe('asking', () => {
  const cases: [args: string[], asked: ReturnType<typeof askedFor>][] = [
    [['--help'], 'help'],
    [['-h'], 'help'],
    [['--nonsense', '--help'], 'help'],
    [['--version'], 'version'],
    [['--', '--help'], undefined],
    [['--cluster-id=--help'], undefined],
    [[], undefined],
  ];
  for (const [args, asked] of cases) {
    test(`by ${JSON.stringify(args)} is for ${asked ?? 'nothing'}`, () => assert.equal(askedFor(args), asked));
  }
});

test('help before a command is --help of it, and anywhere else a word like others', () => {
  assert.deepEqual(helpAsFlag(['help', 'outbox', 'list']), ['outbox', 'list', '--help']);
  assert.deepEqual(helpAsFlag(['help']), ['--help']);
  assert.deepEqual(helpAsFlag(['replay', 'help']), ['replay', 'help']);
});
