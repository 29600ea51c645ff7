/** How `watcher scan` prints what it found: a table, a wide one, or JSON in the words of the wire. Pure. */
import { styleText } from 'node:util';
import type { Severity } from '../../internal/pipeline/finding.ts';
import { renderTable, spanText, type Column } from '../../internal/platform/table.ts';
import type { ScanRow } from './scan-rows.ts';

export interface ScanResult {
  /** What was looked at: `all namespaces`, `namespace shop`. */
  readonly where: string;
  readonly pods: number;
  readonly nowMs: number;
  readonly rows: readonly ScanRow[];
}

const COLOURS = { critical: 'red', warning: 'yellow', info: 'cyan' } as const satisfies Record<Severity, string>;

type Cell = readonly [column: Column, text: (row: ScanRow, nowMs: number) => string];

/** As much of a message as fits beside the rest. */
const MESSAGE_CHARACTERS = 60;

const narrow: readonly Cell[] = [
  [{ heading: 'NAMESPACE' }, ({ namespace }) => namespace],
  [{ heading: 'POD' }, ({ pod }) => pod],
  [{ heading: 'CONTAINER' }, ({ container }) => container || '-'],
  [{ heading: 'REASON' }, ({ reason, exitCode }) => (exitCode === undefined ? reason : `${reason} (${exitCode})`)],
  [{ heading: 'SINCE', align: 'right' }, ({ sinceMs }, nowMs) => (sinceMs === 0 ? '?' : ageText(nowMs - sinceMs))],
  [{ heading: 'RESTARTS', align: 'right' }, ({ restarts }) => String(restarts)],
  [{ heading: 'OWNER' }, ({ owner }) => owner || '-'],
];
const hint: Cell = [{ heading: 'USUALLY' }, (row) => row.hint];
const wide: readonly Cell[] = [
  [{ heading: 'NODE' }, ({ node }) => node || '-'],
  [{ heading: 'IMAGE' }, ({ image }) => image || '-'],
  [{ heading: 'MESSAGE' }, ({ message }) => oneLine(message)],
];

/** For a person. Names and messages are a stranger's: nothing in them can move the cursor or end the line. */
export function scanTable({ rows, pods, where, nowMs }: ScanResult, isWide: boolean, isPainted = false): string {
  const total = `${pods} ${pods === 1 ? 'pod' : 'pods'} in ${where}`;
  if (rows.length === 0) return `nothing fails: ${total}\n`;
  const cells = isWide ? [...narrow, ...wide, hint] : [...narrow, hint];
  const lines = rows.map((row) =>
    cells.map(([{ heading }, text]) => {
      const cell = oneLine(text(row, nowMs), Number.POSITIVE_INFINITY);
      return isPainted && heading === 'REASON'
        ? styleText(COLOURS[row.severity], cell, { validateStream: false })
        : cell;
    }),
  );
  const failing = new Set(rows.map(({ namespace, pod }) => `${namespace}/${pod}`)).size;
  return `${renderTable(
    cells.map(([column]) => column),
    lines,
  )}\n${failing} failing of ${total}\n`;
}

const FIELDS = {
  namespace: (row) => row.namespace,
  name: (row) => row.pod,
  container_name: (row) => row.container,
  reason: (row) => row.reason,
  severity: (row) => row.severity,
  occurred_at: (row) => (row.sinceMs === 0 ? null : new Date(row.sinceMs).toISOString()),
  restart_count: (row) => row.restarts,
  owner: (row) => row.owner,
  node_name: (row) => row.node,
  image: (row) => row.image,
  exit_code: (row) => row.exitCode ?? null,
  message: (row) => row.message,
  hint: (row) => row.hint,
  event_id: (row) => row.eventId,
} as const satisfies Readonly<Record<string, (row: ScanRow) => string | number | null>>;

export const failureFields = Object.keys(FIELDS) as (keyof typeof FIELDS)[];

/** For a program: one document. */
export function scanJson({ rows, pods, where, nowMs }: ScanResult): string {
  const failures = rows.map((row) => Object.fromEntries(failureFields.map((field) => [field, FIELDS[field](row)])));
  const document = { scope: where, observed_at: new Date(nowMs).toISOString(), pods, failures };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Days and hours as kubectl has them, less than an hour as people say it. */
function ageText(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  if (hours >= 48) return `${Math.floor(hours / 24)} d`;
  return hours >= 1 ? `${hours} h` : spanText(Math.max(0, ms));
}

function oneLine(text: string, most = MESSAGE_CHARACTERS): string {
  // Control and format characters: escape sequences, line ends, bidi marks.
  const clean = text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();
  return clean.length <= most ? clean : `${clean.slice(0, most - 1).toWellFormed()}…`;
}
