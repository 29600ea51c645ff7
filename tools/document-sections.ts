/** The parts of the documents that are made from the code, by name. */
import { renderConfigurationTable } from '../internal/config/reference.ts';
import { renderMetricsTable } from '../internal/metrics/metrics-table-doc.ts';
import { renderReasonsTable } from '../internal/pipeline/reasons-doc.ts';
import { errorTable } from '../internal/platform/error-table.ts';

function renderErrorTable(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { meaning, remedy }]) => `| \`${code}\` | ${meaning} | ${remedy} |`,
  );
  return ['| code | what it means | what to do |', '| --- | --- | --- |', ...rows].join('\n');
}

export const documentSections: Readonly<Record<string, () => string>> = {
  configuration: renderConfigurationTable,
  reasons: renderReasonsTable,
  metrics: renderMetricsTable,
  errors: renderErrorTable,
};
