/**
 * The table of promises in a document: rows of runs, each with the date and the commit it was measured at. A run of some
 * scenarios replaces their rows and leaves the others. Pure.
 */
import type { Scenario } from './scenario.ts';
import { HEADER, cellsOf, renderRows, type Outcome } from './table.ts';

const PART = /(<!-- recorded by make chaos -->\n)([\s\S]*?)(<!-- end of the record -->)/;

export interface Measured {
  /** As of when, `2026-11-21`. */
  readonly date: string;
  /** Short hash. */
  readonly commit: string;
}

/** `document` with the rows of `outcomes` in its table, in the order of `scenarios`. Throws where it has no such part. */
export function recordInto(
  document: string,
  outcomes: readonly Outcome[],
  { date, commit }: Measured,
  scenarios: readonly Pick<Scenario, 'id'>[],
): string {
  const [, , before] = PART.exec(document) ?? [];
  if (before === undefined) throw new Error('the document has no part for the record');
  const rows = new Map(rowsIn(before).map((row) => [row[0] ?? '', row]));
  for (const outcome of outcomes) rows.set(outcome.scenario.id, [...cellsOf(outcome), date, commit]);
  const ordered = scenarios.flatMap(({ id }) => {
    const row = rows.get(id);
    return row === undefined ? [] : [row];
  });
  const table = renderRows([[...HEADER, 'date', 'commit'], ...ordered]);
  return document.replace(PART, (_all, open: string, _old, close: string) => `${open}\n${table}\n\n${close}`);
}

/** The cells of a table's rows, without header and ruler. */
function rowsIn(table: string): string[][] {
  const lines = table.split('\n').filter((line) => line.startsWith('| '));
  const rows = lines.map((line) =>
    line
      .slice(2, -2)
      .split(' | ')
      .map((cell) => cell.trim().replaceAll('\\|', '|')),
  );
  return rows.filter(([id = '']) => id !== HEADER[0] && !/^-+$/.test(id));
}
