/** What a query asks for, checked against the table of metrics. Whether it is PromQL at all is promtool's to say. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { metricTable, type MetricEntry } from '../../internal/metrics/table.ts';

const metrics: Readonly<Record<string, MetricEntry>> = metricTable;

/** Labels that Prometheus and the chart's PodMonitor add. */
const ADDED = ['job', 'instance', 'namespace', 'pod'];
const SELECTOR = /\b(watcher_\w+|process_\w+|nodejs_\w+)(?:\{([^}]*)\})?/g;

/** Fails where a query asks for a metric of ours that there is not, or by a label it has not, or for none at all. */
export function assertAsks(where: string, query: string): void {
  const asked = [...query.matchAll(SELECTOR)];
  assert.ok(asked.length > 0, `${where}: ${query} asks for nothing`);
  for (const [, name = '', selectors = ''] of asked) {
    if (!name.startsWith('watcher_')) continue;
    const known = [...ADDED, ...labelsOf(where, name)];
    for (const [, label = ''] of selectors.matchAll(/(\w+)(?:!=|=~|!~|=)"/g)) {
      assert.ok(known.includes(label), `${where}: ${name} has no label ${label}`);
    }
  }
}

function labelsOf(where: string, name: string): readonly string[] {
  const own = metrics[name];
  if (own !== undefined && own.type !== 'histogram') return own.labels;
  const [, base = '', part = ''] = /^(.*)_(bucket|sum|count)$/.exec(name) ?? [];
  const histogram = metrics[base];
  assert.ok(histogram?.type === 'histogram', `${where}: ${name} is no metric`);
  return part === 'bucket' ? [...histogram.labels, 'le'] : histogram.labels;
}

/** The bounds a query asks for are ones that the histogram has: another would be silently empty. */
export function assertBounds(where: string, query: string): void {
  for (const [, name = '', bound = ''] of query.matchAll(/\b(watcher_\w+)_bucket\{[^}]*le=~?"(\d+)[^"]*"/g)) {
    const { buckets = [] } = metrics[name] ?? {};
    assert.ok(buckets.includes(Number(bound)), `${where}: ${name} has no bound ${bound}`);
  }
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly description: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly refId: string; readonly expr: string }[];
}

export const dashboardPanels = (): readonly Panel[] =>
  (JSON.parse(readFileSync('deploy/dashboards/watcher.json', 'utf8')) as { panels: Panel[] }).panels;

/** The queries of a page: its blocks of PromQL. */
export function queriesOf(page: string): string[] {
  return [...readFileSync(page, 'utf8').matchAll(/^```promql\n([\s\S]*?)^```$/gm)].map(([, query = '']) =>
    query.trim(),
  );
}
