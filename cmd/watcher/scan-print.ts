/** How `watcher scan` prints what it found: a table, a wide one, or JSON in the words of the wire. Pure. */
import { renderTable, spanText, type Column } from '../../internal/platform/table.ts';
import type { ScanRow } from './scan-rows.ts';

export interface ScanResult {
  /** What was looked at: `all namespaces`, `namespace shop`. */
  readonly where: string;
  readonly pods: number;
  readonly nowMs: number;
  readonly rows: readonly ScanRow[];
}

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
export function scanTable({ rows, pods, where, nowMs }: ScanResult, isWide: boolean): string {
  const total = `${pods} ${pods === 1 ? 'pod' : 'pods'} in ${where}`;
  if (rows.length === 0) return `nothing fails: ${total}\n`;
  const cells = isWide ? [...narrow, ...wide, hint] : [...narrow, hint];
  const lines = rows.map((row) => cells.map(([, text]) => oneLine(text(row, nowMs), Number.POSITIVE_INFINITY)));
  const failing = new Set(rows.map(({ namespace, pod }) => `${namespace}/${pod}`)).size;
  return `${renderTable(
    cells.map(([column]) => column),
    lines,
  )}\n${failing} failing of ${total}\n`;
}

/** For a program: one document. */
export function scanJson({ rows, pods, where, nowMs }: ScanResult): string {
  const failures = rows.map((row) => ({
    namespace: row.namespace,
    name: row.pod,
    container_name: row.container,
    reason: row.reason,
    severity: row.severity,
    occurred_at: row.sinceMs === 0 ? null : new Date(row.sinceMs).toISOString(),
    restart_count: row.restarts,
    owner: row.owner,
    node_name: row.node,
    image: row.image,
    exit_code: row.exitCode ?? null,
    message: row.message,
    hint: row.hint,
    event_id: row.eventId,
  }));
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
