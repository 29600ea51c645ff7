// A file sets what it plainly says. Whatever else YAML can do is refused by name, with its line, in bounded time.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CONFIG_FILE_BYTES } from '../../../internal/config/file-reader.ts';
import { parseConfigFile } from '../../../internal/config/yaml-file.ts';
import { runs } from '../../support/runs.ts';

function valuesOf(text: string): Record<string, string> {
  const { values, problems } = parseConfigFile('c.yaml', text);
  assert.deepEqual(problems, []);
  return Object.fromEntries([...values].map(([name, value]) => [name, value.text]));
}

function problemsOf(text: string): string[] {
  return parseConfigFile('c.yaml', text).problems.map(
    ({ place, problem, remedy }) => `${place}: ${problem}; ${remedy}`,
  );
}

describe('a file', () => {
  test('sets texts as they are written: YAML guesses no types', () => {
    const text = 'cluster_id: 007\nwatch_namespace: no\nbatch_size: 1e2\nrestate_timeout: "5s"\ndry_run: yes\n';
    assert.deepEqual(valuesOf(text), {
      clusterId: '007',
      watchNamespace: 'no',
      batchSize: '1e2',
      restateTimeoutMs: '5s',
      dryRun: 'yes',
    });
  });

  test('gives lists in any of three forms', () => {
    const enabledReasons = 'Failed,Evicted';
    assert.deepEqual(valuesOf('enabled_reasons: [Failed, Evicted]'), { enabledReasons });
    assert.deepEqual(valuesOf('enabled_reasons:\n  - Failed\n  - Evicted\n'), { enabledReasons });
    assert.deepEqual(valuesOf('enabled_reasons: Failed,Evicted'), { enabledReasons });
  });

  test('sets nothing by null, and empty text by empty quotes', () => {
    assert.deepEqual(valuesOf('cluster_id:\ncontext: ~\nkubeconfig: null\ndata_dir: ""\n'), { dataDir: '' });
  });

  for (const text of ['', '\n# nothing\n', '---\n', '{}', '\u{feff}', '~\n']) {
    test(`may be empty: ${JSON.stringify(text)}`, () => assert.deepEqual(valuesOf(text), {}));
  }

  test('may begin with a directive and have Windows line ends', () => {
    assert.deepEqual(valuesOf('%YAML 1.2\r\n---\r\ncluster_id: a\r\nbatch_size: 1\r\n'), {
      clusterId: 'a',
      batchSize: '1',
    });
  });

  const refused: [name: string, text: string, saying: string][] = [
    [
      'a misspelt key',
      'a: 1\nrestate-url: x',
      "c.yaml:2:1: 'restate-url' is not a known key; did you mean restate_url?",
    ],
    ['a nested key', 'restate:\n  url: x', "c.yaml:1:1: 'restate' is not a known key; did you mean restate_url?"],
    ['a key twice', 'batch_size: 1\nbatch_size: 2', "c.yaml:2:1: sets 'batch_size' twice; remove one"],
    ['an unknown key twice', 'zzzzzzzzz: 1\nzzzzzzzzz: 2', "c.yaml:2:1: sets 'zzzzzzzzz' twice; remove one"],
    ['a list at the top', '- a', 'c.yaml:1:1: holds no settings at its top; write lines like restate_url: URL'],
    ['a word at the top', 'hello', 'c.yaml:1:1: holds no settings at its top; write lines like restate_url: URL'],
    ['a key that is a list', '? [a]\n: 1', 'c.yaml:1:3: has a key that is no word; write lines like restate_url: URL'],
    ['a list for one value', 'cluster_id: [a]', 'c.yaml:1:1: cluster_id is not one value; write cluster_id: VALUE'],
    ['a mapping for a value', 'cluster_id: {a: 1}', 'c.yaml:1:1: cluster_id is not one value; write cluster_id: VALUE'],
    ['a mapping in a list', 'pin: [{a: 1}]', 'c.yaml:1:1: pin is not a list of words; write pin: VALUE'],
    ['an alias', 'context: &a x\ncluster_id: *a', 'c.yaml:2:1: cluster_id is not one value; write cluster_id: VALUE'],
    ['a merge', '<<: {cluster_id: a}', "c.yaml:1:1: '<<' is not a known key; see --help for the keys"],
    [
      'a key of every object',
      '__proto__: {a: 1}',
      "c.yaml:1:1: '__proto__' is not a known key; see --help for the keys",
    ],
    ['two documents', 'batch_size: 1\n---\nbatch_size: 2', 'c.yaml:2:1: is not valid YAML: it holds several documents'],
    ['tabs', 'pin:\n\t- a', 'c.yaml:2:1: is not valid YAML: Tabs are not allowed as indentation; correct the file'],
    ['a missing quote', 'cluster_id: "a', 'c.yaml:1:15: is not valid YAML: Missing closing "quote; correct the file'],
    ['a tag', 'cluster_id: !env X', 'c.yaml:1:13: is not valid YAML: Unresolved tag: !env; correct the file'],
    ['an unknown alias', 'cluster_id: *x', 'c.yaml:1:1: cluster_id is not one value; write cluster_id: VALUE'],
  ];
  for (const [name, text, saying] of refused) {
    test(`is refused for ${name}`, () => {
      const told = problemsOf(text);
      assert.ok(
        told.some((line) => line.startsWith(saying)),
        told.join('\n'),
      );
    });
  }

  test('with hundreds of unknown keys is told about twenty of them, and how many more', () => {
    const told = problemsOf(Array.from({ length: 500 }, (_, index) => `key_${index}: 1`).join('\n'));
    assert.equal(told.length, 21);
    assert.equal(told.at(-1), 'c.yaml: has 480 more; correct the file');
  });
});

describe('a hostile file', () => {
  const bombs: [name: string, unit: string][] = [
    ['brackets', '['],
    ['braces', '{'],
    ['nested lists', '- '],
    ['nested keys', '? '],
    ['quotes', '"'],
    ['anchors', '&a '],
    ['tags', '!a '],
    ['aliases', '*a '],
    ['directives', '%a\n'],
    ['documents', '---\n'],
    ['nested mappings', '{a: '],
    ['empty lines', '\n'],
    ['the same key', 'a: 1\n'],
    ['block texts', '>-\n\n'],
    ['colons', ':'],
  ];
  for (const [name, unit] of bombs) {
    test(`of ${name} up to the largest size is refused or empty within 10 s`, () => {
      const startedMs = performance.now();
      const { values } = parseConfigFile('c.yaml', unit.repeat(Math.floor(CONFIG_FILE_BYTES / unit.length)));
      assert.equal(values.size, 0);
      assert.ok(performance.now() - startedMs < 10_000);
    });
  }

  test('of a billion laughs is refused without laughing', () => {
    const levels = Array.from({ length: 20 }, (_, index) => `l${index}: &l${index} [${`*l${index - 1},`.repeat(9)}]`);
    assert.ok(problemsOf(`l0: &l0 lol\n${levels.slice(1).join('\n')}\npin: *l19`).length > 0);
  });

  test('pollutes no prototype', () => {
    problemsOf('__proto__: {polluted: 1}\nconstructor: {prototype: {polluted: 1}}\n');
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  });

  test('of any text is read or refused, never thrown on', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('cluster_id', ': ', '\n', '- ', '[', '{', '&a', '*a', '!', '"'),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const { problems } = parseConfigFile('c.yaml', pieces.join(''));
        return problems.every(({ place, problem }) => place.startsWith('c.yaml') && !/[\n\p{Cc}]/u.test(problem));
      }),
      { numRuns: runs(300) },
    );
  });
});
