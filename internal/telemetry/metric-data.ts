/**
 * The agent's metrics in the SDK's terms, under the same names: counters as monotonic sums and histograms with their own
 * buckets, both cumulative since the start. A value that JSON has no word for (NaN, infinity) is left out, since a collector
 * would refuse all for it. Pure.
 */
import { ValueType, type HrTime } from '@opentelemetry/api';
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import type { HistogramPoint, MetricFamily, MetricLabels } from '../metrics/families.ts';

export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** Families without a point are left out. */
export function metricDataOf(families: readonly MetricFamily[], span: Span): MetricData[] {
  return families.map((family) => dataOf(family, span)).filter(({ dataPoints }) => dataPoints.length > 0);
}

function dataOf(family: MetricFamily, { startMs, endMs }: Span): MetricData {
  const times = { startTime: hrTime(startMs), endTime: hrTime(endMs) };
  const { name, help: description } = family;
  const common = {
    descriptor: { name, description, unit: '', valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  if (family.type === 'histogram') {
    const dataPoints = family.points
      .filter(({ sum }) => Number.isFinite(sum))
      .map((point) => ({ ...times, attributes: attributesOf(point.labels), value: histogramOf(point) }));
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = family.points
    .filter(({ value }) => Number.isFinite(value))
    .map(({ labels, value }) => ({ ...times, attributes: attributesOf(labels), value }));
  return family.type === 'counter'
    ? { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
}

const histogramOf = ({ bounds, counts, sum, count }: HistogramPoint) => ({
  buckets: { boundaries: [...bounds], counts: [...counts] },
  sum,
  count,
});

const attributesOf = (labels: MetricLabels): Record<string, string> => ({ ...labels });

/** Seconds and nanoseconds. */
const hrTime = (ms: number): HrTime => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
