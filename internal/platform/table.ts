/**
 * Renders a table as aligned text: a heading, rows, two spaces between columns, no lines. Pure. Widths are those of what
 * a terminal shows, so painted cells align with plain ones.
 */
import { stripVTControlCharacters } from 'node:util';

export interface Column {
  readonly heading: string;
  /** Figures go to the right. Default left. */
  readonly align?: 'left' | 'right';
}

const GAP = '  ';
const graphemes = new Intl.Segmenter();

/** One line for the headings and one for each row, each indented by `indent`. Cells missing at the end of a row are empty. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[], indent = ''): string {
  const lines = [columns.map(({ heading }) => heading), ...rows];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => shownWidth(line[at] ?? ''))));
  return lines
    .map((line) => columns.map(({ align }, at) => padded(line[at] ?? '', widths[at] ?? 0, align)).join(GAP))
    .map((line) => `${indent}${line}`.trimEnd())
    .map((line) => `${line}\n`)
    .join('');
}

function padded(cell: string, width: number, align: Column['align']): string {
  const space = ' '.repeat(Math.max(0, width - shownWidth(cell)));
  return align === 'right' ? space + cell : cell + space;
}

function shownWidth(cell: string): number {
  return [...graphemes.segment(stripVTControlCharacters(cell))].length;
}

/** A span as a person reads it: 7 ms, 0.42 s, 12.3 s, 2 min 5 s. */
export function spanText(ms: number): string {
  if (!Number.isFinite(ms)) return '?';
  if (ms < 100) return `${Math.round(ms)} ms`;
  if (ms < 1000) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}
