/** The parts of the documents that are made from the code, by name. */
import { globSync, readFileSync } from 'node:fs';
import { renderConfigurationTable } from '../internal/config/reference.ts';
import { renderMetricsTable } from '../internal/metrics/metrics-table-doc.ts';
import { renderReasonsTable } from '../internal/pipeline/reasons-doc.ts';
import { errorTable } from '../internal/platform/error-table.ts';
import { renderExitCodes, renderJsonFields } from './cli-sections.ts';
import { versionSections } from './versions-table.ts';
import { anchorOf, renderErrorIndex } from './error-index.ts';

function renderErrorTable(): string {
  const rows = Object.entries(errorTable).map(
    ([code, { meaning, remedy }]) => `| <a id="${anchorOf(code)}"></a>\`${code}\` | ${meaning} | ${remedy} |`,
  );
  return ['| code | what it means | what to do |', '| --- | --- | --- |', ...rows].join('\n');
}

/** The fields of the wire event with their comments, as its type declares them. */
function renderWireEvent(): string {
  const source = readFileSync('internal/restate/wire-event.ts', 'utf8');
  const body = source.slice(source.indexOf('export interface WireEvent {'));
  const field = /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?\n? {2}(\w+)(\??): ([^;]+);/g;
  const rows = [...body.matchAll(field)].map(([, comment = '', name = '', optional, type = '']) => {
    const meaning = comment.replaceAll(/\s*\n\s*\*?\s*/g, ' ').trim();
    const shown = type.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');
    return `| \`${name}\` | ${shown} | ${optional === '?' ? 'where known' : 'always'} | ${meaning} |`;
  });
  return ['| field | type | there | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** Every page of docs/adr, by its first line. */
function renderDecisions(): string {
  const pages = globSync('docs/adr/[0-9]*.md').sort();
  return pages.map((page) => `- [${firstLine(page)}](${page.replace('docs/adr/', '')})`).join('\n');
}

const firstLine = (page: string): string => (readFileSync(page, 'utf8').split('\n', 1)[0] ?? '').replace(/^# /, '');

export const documentSections: Readonly<Record<string, () => string>> = {
  configuration: renderConfigurationTable,
  reasons: renderReasonsTable,
  metrics: renderMetricsTable,
  errors: renderErrorTable,
  'error-index': () => renderErrorIndex(),
  'wire-event': renderWireEvent,
  decisions: renderDecisions,
  'cli-json': renderJsonFields,
  'cli-exit-codes': renderExitCodes,
  ...versionSections,
};
