/** The documentation's view of the metric table. */
import { metricTable } from './table.ts';

/** A Markdown table of every metric of ours, in the table's order. */
export function renderMetricsTable(): string {
  const rows = Object.entries(metricTable).map(
    ([name, { type, labels, help }]) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  );
  return ['| metric | type | labels | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
