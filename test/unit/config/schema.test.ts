// The table of settings is sound: names, defaults, help and reference agree for every row.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nearest } from '../../../internal/config/nearest.ts';
import { renderConfigurationTable } from '../../../internal/config/reference.ts';
import { adjustables } from '../../../internal/config/remote-keys.ts';
import { convictOf, settings } from '../../../internal/config/schema.ts';
import { defaultEnabledReasons } from '../../../internal/pipeline/reasons.ts';
import { Secret } from '../../../internal/platform/secret.ts';

/** The flags that users of the earlier agent have, with their defaults. */
const KEPT = {
  'restate-url': '',
  'cluster-id': '',
  'watch-namespace-mode': 'single',
  'watch-namespace': '',
  'managed-ns-label': '',
  'http-listen': ':8080',
  'restate-timeout': '5s',
  'remote-config-url': '',
  'remote-config-fetch': '5m',
  'batch-size': '100',
  config: '',
};

describe('every setting', () => {
  for (const row of settings) {
    test(`${row.flag} has a default its format takes, and names made from its flag`, () => {
      assert.equal(row.format.parse(row.default).kind, 'value');
      assert.match(row.flag, /^[a-z]+(-[a-z]+)*$/);
      assert.equal(row.environment, row.flag.toUpperCase().replaceAll('-', '_'));
      assert.equal(row.fileKey, row.flag.replaceAll('-', '_'));
    });

    test(`${row.flag} is explained in one line that fits a table`, () => {
      assert.match(row.doc, /^[^\n|]*[^\n|.]$/);
      assert.ok(row.doc.length <= 110);
    });

    test(`${row.flag} can't be set by the variables Kubernetes makes for Services`, () => {
      assert.doesNotMatch(row.environment, /_PORT$|_SERVICE_HOST$|_PORT_/);
    });
  }

  test('has a flag of its own', () => {
    assert.equal(new Set(settings.map(({ flag }) => flag)).size, settings.length);
    assert.ok(!settings.some(({ flag }) => flag.startsWith('no-')), 'would clash with --no-FLAG');
  });

  test('passes the schema of convict by its default', () => {
    assert.doesNotThrow(() => convictOf({}).validate({ allowed: 'strict' }));
  });

  test('of the earlier agent is kept with its default', () => {
    const defaults = Object.fromEntries(settings.map((row) => [row.flag, row.default]));
    for (const [flag, value] of Object.entries(KEPT)) assert.equal(defaults[flag], value, flag);
  });

  test('that names reasons names by default what detection has by default', () => {
    const row = settings.find(({ name }) => name === 'enabledReasons');
    assert.deepEqual(row?.default.split(','), [...defaultEnabledReasons]);
  });

  test('whose name ends in Ms is a duration, and no other', () => {
    for (const { name, format } of settings) assert.equal(name.endsWith('Ms'), format.placeholder === 'DURATION', name);
  });

  test('that is secret is held as one', () => {
    for (const row of settings) {
      const parsed = row.format.parse('https://example.com/?token=x');
      assert.equal(row.isSecret === true, parsed.kind === 'value' && parsed.value instanceof Secret, row.flag);
    }
  });

  test('that remote settings change is marked so, by the same name', () => {
    const marked = settings.flatMap(({ name, remote }) => (remote === undefined ? [] : [`${name} ${remote}`]));
    const known = adjustables
      .filter(({ name }) => name !== 'eventTypes' && name !== 'silences')
      .map(({ name, remote }) => `${name} ${remote}`);
    assert.deepEqual(marked.sort(), known.sort());
  });
});

describe('the reference', () => {
  test('has a row of five cells for each setting', () => {
    const lines = renderConfigurationTable().split('\n');
    assert.equal(lines.length, settings.length + 2);
    for (const line of lines) assert.equal(line.split(/(?<!\\)\|/).length, 7, line);
  });

  test('names default, environment and remote key', () => {
    const row =
      renderConfigurationTable()
        .split('\n')
        .find((line) => line.includes('`--dedup-cooldown`')) ?? '';
    for (const part of ['`DEDUP_COOLDOWN`', '`dedup_cooldown`', '`3m`', '`dedup_cooldown_seconds`']) {
      assert.ok(row.includes(part), row);
    }
  });
});

describe('the nearest name', () => {
  const names = settings.map(({ fileKey }) => fileKey);
  const cases: [word: string, name: string | undefined][] = [
    ['restate_ulr', 'restate_url'],
    ['RESTATE-URL', 'restate_url'],
    ['restateUrl', 'restate_url'],
    ['cluster', 'cluster_id'],
    ['bachsize', 'batch_size'],
    ['clusterid', 'cluster_id'],
    ['', undefined],
    ['completely_different_word', undefined],
    ['x'.repeat(100_000), undefined],
  ];
  for (const [word, name] of cases) {
    test(`to ${JSON.stringify(word.slice(0, 30))} is ${name ?? 'none'}`, () =>
      assert.equal(nearest(word, names), name));
  }
});
