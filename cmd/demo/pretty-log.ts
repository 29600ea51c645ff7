/**
 * The agent's log as a person reads it while working on the agent: time, level, message, then the fields. Pure.
 */
import type { Paint, Painter } from './paint.ts';

/** Said in another way, or the same on each line. */
const LEFT_OUT = new Set(['level', 'time', 'msg', 'cluster', 'err', 'payload_hash']);

/** One line of JSON as text. What is no line of the log stays as it is. */
export function prettyLine(line: string, paint: Paint): string {
  const fields = parsed(line);
  if (fields === undefined) return line;
  const { level, time, msg, err } = fields;
  const rest = Object.entries(fields).filter(([name]) => !LEFT_OUT.has(name));
  const words = [
    paint.faint(clockTime(text(time))),
    painterOf(text(level), paint)(text(level).padEnd(5)),
    text(msg),
    ...(err === undefined ? [] : [paint.bad(errorText(err))]),
    ...rest.map(([name, value]) => paint.faint(`${name}=${text(value)}`)),
  ];
  return words.join(' ').replaceAll(/\s+/g, ' ').trimEnd();
}

function parsed(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function painterOf(level: string, paint: Paint): Painter {
  if (level === 'error' || level === 'fatal') return paint.bad;
  return level === 'warn' ? paint.notice : paint.good;
}

function errorText(err: unknown): string {
  const { code, message, remedy } = err as { code?: unknown; message?: unknown; remedy?: unknown };
  return [`${text(code)}: ${text(message)}`, ...(remedy === undefined ? [] : [`(${text(remedy)})`])].join(' ');
}

/** Of RFC 3339, what a person needs within an hour. */
function clockTime(time: string): string {
  return /T(\d\d:\d\d:\d\d\.\d{3})/.exec(time)?.[1] ?? time;
}

function text(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
