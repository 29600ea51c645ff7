/**
 * No page shows a command that isn't there: targets of make, scripts of npm, subcommands and flags of `watcher` with values
 * that are taken, values of the chart, files. They are read and not run, which takes no time;
 * test/e2e/docs-commands.test.ts runs them.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { commandTable } from '../../../cmd/watcher/commands.ts';
import { findCommand } from '../../../cmd/watcher/find-command.ts';
import { askedFor } from '../../../cmd/watcher/usage.ts';
import { parseArguments } from '../../../internal/config/arguments.ts';
import { settingFlags } from '../../../internal/config/layers.ts';
import { settings } from '../../../internal/config/schema.ts';
import { shownCommands, type ShownCommand } from '../../support/shown-commands.ts';

const pages = globSync(['*.md', 'docs/**/*.md', 'deploy/**/*.md', 'test/**/*.md'])
  // What was decided then is not edited when a flag is renamed.
  .filter((page) => !page.startsWith('docs/adr/') && page !== 'CHANGELOG.md')
  .toSorted();

const makefile = readFileSync('Makefile', 'utf8');
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
const chart = JSON.parse(readFileSync('deploy/chart/values.schema.json', 'utf8')) as Schema;
const KUBECTL = ['annotate', 'apply', 'config', 'delete', 'describe', 'exec', 'get', 'logs', 'port-forward', 'rollout'];
const HELM = ['install', 'upgrade', 'uninstall', 'template', 'rollback', 'history', 'get'];

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** A value that stands for one: FILE, NAMESPACE/POD, [ID...], ID...|--all. */
const isPlaceholder = (value: string): boolean => /^[A-Z_/.[\]|,=]+$/.test(value);

async function checkWatcher(args: readonly string[]): Promise<void> {
  const found = findCommand(commandTable, args);
  assert.ok(found !== undefined, `there is no command '${args.join(' ')}'`);
  if (askedFor(args) !== undefined) return;
  const help = (await found.entry.load()).help;
  const own = found.entry.words === '' ? [] : (help?.flags ?? []);
  const { flags, positionals, problems } = parseArguments(found.rest, [...settingFlags, ...own]);
  assert.deepEqual(
    problems.map(({ place, problem }) => `${place} ${problem}`),
    [],
  );
  assert.ok(
    positionals.length === 0 || help?.takes !== undefined,
    `'${found.entry.words}' takes no ${positionals.join(' ')}`,
  );
  for (const { flag, format } of settings) {
    const value = flags.get(flag);
    if (value === undefined || isPlaceholder(value)) continue;
    const parsed = format.parse(value);
    assert.equal(parsed.kind, 'value', `--${flag}=${value}`);
  }
}

function checkMake([, ...targets]: readonly string[], variables: readonly string[]): void {
  execFileSync('make', ['--dry-run', ...targets], { stdio: ['ignore', 'ignore', 'pipe'] });
  const sources = [makefile, ...globSync('cmd/demo/*.ts').map((file) => readFileSync(file, 'utf8'))];
  for (const name of variables) {
    assert.ok(
      sources.some((source) => new RegExp(`\\b${name}\\b`).test(source)),
      `nothing reads ${name}`,
    );
  }
}

function checkNpm([, verb = '', script = verb]: readonly string[]): void {
  assert.ok(['ci', 'install', 'audit', 'sbom'].includes(verb) || Object.hasOwn(scripts, script), `no script ${script}`);
}

function checkNode(words: readonly string[]): void {
  const file = words.slice(1).find((word) => !word.startsWith('-')) ?? '';
  assert.ok(existsSync(file), `there is no ${file}`);
}

async function checkKubectl([, verb = '', ...rest]: readonly string[]): Promise<void> {
  if (verb.startsWith('-')) return;
  assert.ok(KUBECTL.includes(verb), verb);
  if (verb === 'apply') assert.ok(existsSync(rest[rest.indexOf('-f') + 1] ?? ''), rest.join(' '));
  const inside = rest.indexOf('--');
  if (verb === 'exec' && rest[inside + 1] === 'watcher') await checkWatcher(rest.slice(inside + 2));
}

function checkHelm([, verb = '', ...rest]: readonly string[]): void {
  assert.ok(HELM.includes(verb), verb);
  if (verb === 'install' || verb === 'upgrade') assert.ok(rest.includes('deploy/chart'), rest.join(' '));
  for (const [at, word] of rest.entries()) if (word === '--set') checkValue(rest[at + 1] ?? '');
}

/** A path through the schema of the chart's values, as far as that names its fields. */
function checkValue(assigned: string): void {
  let schema: Schema | undefined = chart;
  for (const name of (assigned.split('=', 1)[0] ?? '').split('.')) {
    if (schema.properties === undefined) return;
    schema = schema.properties[name];
    assert.ok(schema !== undefined, `the chart has no value ${assigned}`);
  }
}

async function check({ words, variables }: ShownCommand): Promise<void> {
  switch (words[0]) {
    case 'make':
      checkMake(words, variables);
      return;
    case 'npm':
      checkNpm(words);
      return;
    case 'node':
      checkNode(words);
      return;
    case 'kubectl':
      return checkKubectl(words);
    case 'helm':
      checkHelm(words);
      return;
    case 'go':
      assert.deepEqual(words.slice(0, 3), ['go', 'tool', 'pprof']);
      return;
    default:
      await checkWatcher(words.slice(1));
  }
}

for (const page of pages) {
  const commands = shownCommands(readFileSync(page, 'utf8'));
  if (commands.length === 0) continue;
  describe(page, () => {
    for (const text of new Set(commands.map((command) => command.text))) {
      const command = commands.find((one) => one.text === text);
      test(`shows a command that there is: ${text}`, () => check(command as ShownCommand));
    }
  });
}

describe('the help of each command', () => {
  for (const entry of commandTable) {
    test(`has examples that are taken: watcher ${entry.words}`, async () => {
      const { help } = await entry.load();
      for (const example of help?.examples ?? []) {
        for (const command of shownCommands(`    ${example}`)) await check(command);
      }
    });
  }
});

test('a page that shows what is not there is found out', async () => {
  const wrong = [
    'make nothing-of-the-kind',
    'make demo NOBODY_READS_IT=1',
    'npm run nothing',
    'node tools/nothing.ts',
    'watcher agent --dry-run',
    'watcher --no-such-flag=1',
    'watcher --batch-size=many',
    'watcher check something',
    'helm install watcher deploy/chart --set settings.nothing=1',
    'kubectl apply -f deploy/manifests/nothing.yaml',
    'kubectl exec -n watcher deploy/watcher -- watcher nothing',
  ];
  for (const text of wrong) {
    const [command] = shownCommands(`    ${text}`);
    await assert.rejects(async () => check(command as ShownCommand), Error, text);
  }
});
