/** How the outbox commands print events: as a table for people, or as one JSON document with each event whole. */
import { printable } from '../../internal/config/problems.ts';
import type { EventDocument } from '../../internal/pipeline/outbox-documents.ts';
import { systemClock } from '../../internal/platform/clock.ts';
import { renderTable, spanText, type Column } from '../../internal/platform/table.ts';
import type { Aside } from './aside.ts';
import type { Terminal } from './command.ts';

export interface EventColumn<D> extends Column {
  readonly cell: (document: D, nowMs: number) => string;
}

/** On standard output the events, on standard error what to do for more. */
export function printEvents<D extends EventDocument>(
  { terminal, aside }: { readonly terminal: Terminal; readonly aside: Aside },
  output: 'table' | 'json',
  { events, hasMore }: { readonly events: readonly D[]; readonly hasMore: boolean },
  columns: readonly EventColumn<D>[],
  whenNone: string,
): void {
  if (output === 'json') {
    const document = { events: events.map(withEvent), has_more: hasMore };
    terminal.out(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  const nowMs = systemClock().now();
  const rows = events.map((event) => columns.map(({ cell }) => printable(cell(event, nowMs))));
  if (rows.length > 0) terminal.out(renderTable(columns, rows));
  else aside.note(whenNone);
  if (hasMore) aside.note(`there are more: --after ${events.at(-1)?.seq ?? 0} shows the next, --limit 0 all`);
}

/** The event itself in place of its text. */
function withEvent({ body, ...document }: EventDocument): object {
  if (body === undefined) return document;
  try {
    return { ...document, event: JSON.parse(body) as unknown };
  } catch {
    return { ...document, body };
  }
}

/** Time since an RFC 3339 moment. */
export function ageOf(moment: string, nowMs: number): string {
  const atMs = Date.parse(moment);
  return Number.isNaN(atMs) ? '?' : spanText(Math.max(0, nowMs - atMs));
}
