/** The rows of chaos runs as one table of Markdown, which reads well in a terminal, too. Pure. */
import type { Scenario, ScenarioRow } from './scenario.ts';

export interface Outcome {
  readonly scenario: Pick<Scenario, 'id' | 'fault' | 'recoversWithinMs'>;
  /** A row, or why there is none. */
  readonly result: ScenarioRow | { readonly skipped: string } | { readonly failed: string };
}

export const HEADER: readonly string[] = [
  'id',
  'fault',
  'faults',
  'failures',
  'lost',
  'doubled',
  'recovery p50 / max',
  'note',
];

/** True if a scenario ran, nothing was lost, doubled, unknown or altered, and recovery was in time; or if it can't run here. */
export function isKept({ scenario, result }: Outcome): boolean {
  if (!('lost' in result)) return 'skipped' in result;
  if (Math.max(0, ...result.recoveriesMs) > (scenario.recoversWithinMs ?? Infinity)) return false;
  return result.lost + result.doubled + result.unknown + (result.altered ?? 0) === 0;
}

/** The table. */
export function renderTable(outcomes: readonly Outcome[]): string {
  return renderRows([HEADER, ...outcomes.map(cellsOf)]);
}

/** Rows of cells as a table, the first as its header. */
export function renderRows(rows: readonly (readonly string[])[]): string {
  const escaped = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const [header = [], ...body] = escaped;
  const widths = header.map((_, column) => Math.max(3, ...escaped.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

/** One outcome as cells, in the order of HEADER. */
export function cellsOf({ scenario: { id, fault }, result }: Outcome): string[] {
  if ('skipped' in result) return [id, fault, '', '', '', '', '', `not run: ${result.skipped}`];
  if ('failed' in result) return [id, fault, '', '', '', '', '', `FAILED: ${result.failed}`];
  const { faultsInjected, failuresInjected, lost, doubled, recoveriesMs } = result;
  const counts = [faultsInjected, failuresInjected, lost, doubled].map((count) => count.toLocaleString('en'));
  return [id, fault, ...counts, recoveryOf(recoveriesMs), noteOf(result)];
}

function noteOf({ note = '', unknown, altered = 0 }: ScenarioRow): string {
  const wrong = [unknown > 0 ? `${unknown} UNKNOWN` : '', altered > 0 ? `${altered} ALTERED` : ''];
  return [...wrong, note].filter((part) => part !== '').join('; ');
}

function recoveryOf(recoveriesMs: readonly number[]): string {
  if (recoveriesMs.length === 0) return '-';
  const sorted = [...recoveriesMs].sort((a, b) => a - b);
  return `${seconds(sorted[Math.floor((sorted.length - 1) / 2)])} / ${seconds(sorted.at(-1))}`;
}

const seconds = (ms = 0): string => `${(ms / 1000).toFixed(2)} s`;
