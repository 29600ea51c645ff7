/** Metrics, rules and queries as Prometheus itself reads them. promtool is built once a machine (test/cluster). */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { createMetrics } from '../../internal/metrics/metrics.ts';
import { metricTable, type MetricEntry } from '../../internal/metrics/table.ts';
import { findHelm, required } from '../support/helm.ts';
import { dashboardPanels, queriesOf } from '../support/promql.ts';
import { findPromtool, type Promtool } from '../support/promtool.ts';

const RULES = 'deploy/alerts/watcher.rules.yaml';
const found = await findPromtool();

describe('Prometheus', { skip: found.available ? false : found.reason, timeout: 300_000 }, () => {
  const promtool = (): Promtool => {
    assert.ok(found.available);
    return found.promtool;
  };

  test('finds nothing wrong with the name, help and type of any metric, each with a value', async () => {
    const metrics = createMetrics();
    const fill = metrics as unknown as Record<'count' | 'set' | 'observe', (...args: unknown[]) => void>;
    for (const [name, { type, labels }] of Object.entries(metricTable as Readonly<Record<string, MetricEntry>>)) {
      const values = Object.fromEntries(labels.map((label) => [label, `any "${label}"\n\\`]));
      fill[{ counter: 'count', gauge: 'set', histogram: 'observe' }[type] as 'count'](name, 1, values);
    }
    const { body } = await metrics.expose();
    for (const name of Object.keys(metricTable)) assert.match(body, new RegExp(`^${name}[_{ ].*`, 'm'));
    await promtool().checkMetrics(body);
  });

  test('finds what is wrong with others, so that its silence says something', async () => {
    await assert.rejects(promtool().checkMetrics('# TYPE bad_total gauge\nbad_total 1\n'), /bad_total/);
    await assert.rejects(promtool().checkQueries(['sum(']), /query:0|parse error/);
    await assert.rejects(promtool().checkRules('package.json'));
  });

  test('reads the alert rules', () => promtool().checkRules(RULES));

  test('reads the alert rules as the chart installs them', async (t: TestContext) => {
    const helm = await findHelm();
    if (!helm.available) {
      t.skip(helm.reason);
      return;
    }
    const objects = await helm.helm.render({ ...required, prometheusRule: { enabled: true } });
    const installed = objects.find(({ kind }) => kind === 'PrometheusRule');
    await promtool().checkRuleText(JSON.stringify(installed?.spec));
  });

  test('reads every query of the dashboard and of the page on objectives', () =>
    promtool().checkQueries([
      ...dashboardPanels().flatMap(({ targets }) => targets.map(({ expr }) => expr)),
      ...queriesOf('docs/operations/metrics.md'),
    ]));

  const alerts = [...readFileSync(RULES, 'utf8').matchAll(/- alert: (\w+)/g)].map(([, alert = '']) => alert);
  for (const alert of alerts) {
    const cases = `deploy/alerts/tests/${alert}.yaml`;
    test(`fires ${alert} when it should, and not otherwise`, async () => {
      const text = readFileSync(cases, 'utf8');
      assert.match(text, /name: fires when/);
      assert.match(text, /name: is silent when/);
      await promtool().testRules(cases);
    });
  }

  test('has cases of no alert that is gone', () => {
    const tested = globSync('deploy/alerts/tests/*.yaml').map((file) => path.basename(file, '.yaml'));
    assert.deepEqual(tested.sort(), alerts.sort());
  });
});
