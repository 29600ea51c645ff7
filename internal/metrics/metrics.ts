/**
 * The metrics of one agent: a registry of its own (nothing global), typed by the table. prom-client does the counting
 * and the exposition; nothing else in the project knows it.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { familyOf, type MetricFamily } from './families.ts';
import { boundLabels, type BoundLabels } from './labels.ts';
import { metricTable, type MetricEntry, type MetricName } from './table.ts';

type LabelOf<N extends MetricName> = (typeof metricTable)[N]['labels'][number];
type Labels<N extends MetricName> = [LabelOf<N>] extends [never] ? [] : [labels: Record<LabelOf<N>, string>];
type NameOf<T extends MetricEntry['type']> = {
  [N in MetricName]: (typeof metricTable)[N]['type'] extends T ? N : never;
}[MetricName];

export interface Metrics {
  count<N extends NameOf<'counter'>>(name: N, by: number, ...labels: Labels<N>): void;
  set<N extends NameOf<'gauge'>>(name: N, value: number, ...labels: Labels<N>): void;
  observe(name: NameOf<'histogram'>, value: number): void;
  /** Sets the gauge to 1 for `value` and to 0 for each other of `values`: one state out of several. */
  state<N extends NameOf<'gauge'>>(name: N, label: LabelOf<N>, values: readonly string[], value: string): void;
  /** The gauge has these values and no other: a label's value that is missing is no longer exposed. The last one of a value counts. */
  replace<N extends NameOf<'gauge'>>(name: N, label: LabelOf<N>, values: Iterable<readonly [string, number]>): void;
  /** Called before each scrape: the place to set gauges that are read rather than counted. */
  onScrape(refresh: () => void): void;
  /** The text exposition and its content type. */
  expose(): Promise<{ readonly contentType: string; readonly body: string }>;
  /** The same as values. */
  families(): Promise<MetricFamily[]>;
}

/** Series of one metric, where the table gives no number. */
const SERIES = 36;

/** Those of prom-client that are no counters and end in _total; each is the sum of one that keeps its name. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const instruments = new Map<string, unknown>();
  const bounds = new Map<string, BoundLabels>();
  for (const [name, entry] of Object.entries(metricTable)) {
    instruments.set(name, buildInstrument(registry, name, entry));
    if (entry.labels.length > 0) bounds.set(name, boundsOf(entry));
  }
  const refreshers: (() => void)[] = [];
  const refresh = (): void => {
    for (const each of refreshers) each();
  };
  const clean = (name: string, labels: Record<string, string> = {}): Record<string, string> =>
    bounds.get(name)?.(labels) ?? {};
  return {
    count: (name, by, ...[labels]) => (instruments.get(name) as Counter).inc(clean(name, labels), by),
    set: (name, value, ...[labels]) => (instruments.get(name) as Gauge).set(clean(name, labels), value),
    observe: (name, value) => (instruments.get(name) as Histogram).observe(value),
    state: (name, label, values, value) => {
      for (const each of values) (instruments.get(name) as Gauge).set({ [label]: each }, each === value ? 1 : 0);
    },
    replace: (name, label, values) => {
      const gauge = instruments.get(name) as Gauge;
      // What is there now is what counts against the bound, and not what once was.
      const bound = boundsOf(metricTable[name]);
      gauge.reset();
      for (const [each, value] of values) gauge.set(bound({ [label]: each }), value);
    },
    onScrape: (refresher) => void refreshers.push(refresher),
    expose: async () => {
      refresh();
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
    families: async () => {
      refresh();
      return (await registry.getMetricsAsJSON()).map(familyOf);
    },
  };
}

function buildInstrument(registry: Registry, name: string, entry: MetricEntry): Counter | Gauge | Histogram {
  const common = { name, help: entry.help, labelNames: [...entry.labels], registers: [registry] };
  switch (entry.type) {
    case 'counter':
      return new Counter(common);
    case 'gauge':
      return new Gauge(common);
    case 'histogram':
      return new Histogram({ ...common, buckets: [...(entry.buckets ?? [])] });
  }
}

function boundsOf({ labels, series = SERIES }: MetricEntry): BoundLabels {
  return boundLabels(labels, series);
}
