/** How `watcher check` prints what it found: one table with the remedies, or JSON. Pure. */
import { styleText } from 'node:util';
import { printable } from '../../internal/config/problems.ts';
import { renderTable } from '../../internal/platform/table.ts';
import { overall, type CheckRow, type CheckStatus } from './check-row.ts';

const COLOURS = { works: 'green', degraded: 'yellow', missing: 'red' } as const;

const SUMMARIES: Readonly<Record<CheckStatus, string>> = {
  works: 'everything works',
  degraded: 'the agent works; what is degraded is lost until it is mended',
  missing: 'the agent can not do its work until what is missing is there',
};

/** For a person. What others said is shown with nothing in it that moves the cursor. */
export function checkTable(rows: readonly CheckRow[], isPainted: boolean): string {
  const paint = (status: CheckStatus): string =>
    isPainted ? styleText(COLOURS[status], status, { validateStream: false }) : status;
  const columns = ['WHAT', 'STATUS', 'FOUND'].map((heading) => ({ heading }));
  const lines = rows.flatMap(({ what, status, detail, remedy, code }) => {
    const found = `${code === undefined ? '' : `${code}: `}${printable(detail)}`;
    const line = [printable(what), paint(status), found];
    return remedy === undefined ? [line] : [line, ['', '', `-> ${printable(remedy)}`]];
  });
  return `${renderTable(columns, lines)}\n${SUMMARIES[overall(rows)]}\n`;
}

/** For a program: one document. */
export function checkJson(rows: readonly CheckRow[]): string {
  const checks = rows.map(({ what, status, detail, code, remedy }) => ({
    ...{ what, status, detail, code: code ?? null, remedy: remedy ?? null },
  }));
  return `${JSON.stringify({ status: overall(rows), checks }, null, 2)}\n`;
}
