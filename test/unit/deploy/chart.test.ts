/** What of the chart can be checked without Helm: that it is what the code says, and leaves no setting out. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { version } from '../../../cmd/watcher/version.ts';
import { settings } from '../../../internal/config/schema.ts';
import { chartFiles } from '../../../tools/chart-files.ts';
import { valueName } from '../../../tools/chart-schema.ts';

const read = (file: string): unknown => parse(readFileSync(`deploy/${file}`, 'utf8')) as unknown;

interface Schema {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, { readonly properties?: object }>>;
}

describe('the chart', () => {
  for (const [file, made] of Object.entries(chartFiles)) {
    test(`has ${file} as the code says; npm run docs writes it`, () => {
      assert.ok(existsSync(file) && readFileSync(file, 'utf8') === made(), `${file} is stale`);
    });
  }

  test('reaches every setting of the agent: two at the top, which are required, the rest below settings', () => {
    const { required, properties } = read('chart/values.schema.json') as Schema;
    assert.deepEqual(required, ['restateUrl', 'clusterId']);
    const reached = [...required, ...Object.keys(properties['settings']?.properties ?? {})];
    assert.deepEqual(reached.toSorted(), settings.map(({ flag }) => valueName(flag)).toSorted());
  });

  test('names each of its values in the schema, and each of the schema in its values', () => {
    const { properties } = read('chart/values.schema.json') as Schema;
    const values = Object.keys(read('chart/values.yaml') as object);
    assert.deepEqual(
      values.toSorted(),
      Object.keys(properties)
        .filter((name) => name !== 'global')
        .toSorted(),
    );
  });

  test('has the version of the agent', () => {
    const chart = read('chart/Chart.yaml') as { version: string; appVersion: string };
    assert.deepEqual([chart.version, chart.appVersion], [version, version]);
  });

  test('watches all namespaces where nothing else is said, and has what is optional off', () => {
    const values = read('chart/values.yaml') as Record<string, { enabled?: boolean; watchNamespaceMode?: string }>;
    assert.equal(values['settings']?.watchNamespaceMode, 'all');
    for (const part of ['networkPolicy', 'podDisruptionBudget', 'podMonitor', 'prometheusRule', 'dashboard']) {
      assert.equal(values[part]?.enabled, false, part);
    }
  });
});
