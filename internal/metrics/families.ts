/**
 * Metrics as values instead of text, for who sends them on: families with their points, histograms put together from the
 * lines that the text exposition has of them.
 */
import type { MetricObjectWithValues, MetricValue, MetricValueWithName } from 'prom-client';

export type MetricLabels = Readonly<Record<string, string>>;

export interface HistogramPoint {
  readonly labels: MetricLabels;
  readonly sum: number;
  readonly count: number;
  /** Upper bounds but the last, which is infinite, rising. */
  readonly bounds: readonly number[];
  /** How many lie in each bucket, and above the last bound: one more than `bounds`. Not cumulative. */
  readonly counts: readonly number[];
}

interface FamilyNames {
  readonly name: string;
  readonly help: string;
}

export type MetricFamily =
  | (FamilyNames & {
      readonly type: 'counter' | 'gauge';
      readonly points: readonly { readonly labels: MetricLabels; readonly value: number }[];
    })
  | (FamilyNames & { readonly type: 'histogram'; readonly points: readonly HistogramPoint[] });

type Line = MetricValue<string> & Partial<Pick<MetricValueWithName<string>, 'metricName'>>;

/** What prom-client says of a metric. Summaries, of which there are none, would be gauges. */
export function familyOf({ name, help, type, values }: MetricObjectWithValues<MetricValue<string>>): MetricFamily {
  // Its types say numbers of an enum, and it gives these words.
  if (String(type) === 'histogram') return { name, help, type: 'histogram', points: histograms(name, values) };
  const points = values.map(({ labels, value }) => ({ labels: textOf(labels), value }));
  return { name, help, type: String(type) === 'counter' ? 'counter' : 'gauge', points };
}

function histograms(name: string, lines: readonly Line[]): HistogramPoint[] {
  const byLabels = Map.groupBy(lines, ({ labels: { le: _le, ...rest } }) => JSON.stringify(textOf(rest)));
  return [...byLabels].map(([key, all]) => histogram(name, JSON.parse(key) as MetricLabels, all));
}

function histogram(name: string, labels: MetricLabels, lines: readonly Line[]): HistogramPoint {
  const valueOf = (part: string): number =>
    lines.find(({ metricName }) => metricName === `${name}_${part}`)?.value ?? 0;
  const buckets = lines
    .filter(({ metricName, labels: { le } }) => metricName === `${name}_bucket` && le !== '+Inf')
    .map(({ labels: { le }, value }) => ({ bound: Number(le), upTo: value }))
    .toSorted((a, b) => a.bound - b.bound);
  const upTo = [...buckets.map((bucket) => bucket.upTo), valueOf('count')];
  return {
    labels,
    sum: valueOf('sum'),
    count: valueOf('count'),
    bounds: buckets.map(({ bound }) => bound),
    counts: upTo.map((total, index) => total - (upTo[index - 1] ?? 0)),
  };
}

const textOf = (labels: Readonly<Partial<Record<string, string | number>>>): MetricLabels =>
  Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, String(value)]));
