/**
 * What a section of this benchmark gives: a table to read, and judgements of the figures that were promised. A judgement is
 * told whether it is met or not; nothing is left out because it looks bad.
 */
import { renderTable, type Column } from '../../../internal/platform/table.ts';

export interface Judgement {
  readonly what: string;
  readonly value: number;
  /** At most this much. */
  readonly limit: number;
  readonly unit: string;
}

export interface Section {
  readonly name: string;
  /** What was measured and how. */
  readonly about: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
  readonly judgements: readonly Judgement[];
}

export interface BenchOptions {
  /** One round, short waits, no 100,000 pods: to see that it works. */
  readonly isQuick: boolean;
  readonly say: (text: string) => void;
}

export const rightColumn = (heading: string): Column => ({ heading, align: 'right' });

/** Three digits, which is more than a noisy machine is good for. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '-';
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** The `value` as a share of `baseline`: 0.41, or 1/18 where it is small. */
export function shareText(value: number, baseline: number): string {
  const ratio = value / baseline;
  if (!Number.isFinite(ratio)) return '-';
  return ratio < 0.25 && ratio > 0 ? `1/${(1 / ratio).toPrecision(2)}` : ratio.toPrecision(2);
}

export function renderSection({ name, about, columns, rows, judgements }: Section): string {
  const verdicts = judgements.map(({ what, value, limit, unit }) => [
    isMet(value, limit) ? 'met' : 'MISSED',
    what,
    `${digits(value)} ${unit}`,
    digits(limit),
  ]);
  const judged = verdicts.length === 0 ? '' : `\n${renderTable(verdictColumns, verdicts, '  ')}`;
  return `${name}\n${about.replaceAll(/^/gm, '  ')}\n\n${renderTable(columns, rows, '  ')}${judged}`;
}

/** What could not be measured is not met. */
export function isMet(value: number, limit: number): boolean {
  return value <= limit;
}

const verdictColumns = [
  { heading: 'VERDICT' },
  { heading: 'FIGURE TO REACH' },
  rightColumn('MEASURED'),
  rightColumn('AT MOST'),
] as const;
