/**
 * One event is one line, whatever is in it. JSON escapes line feeds and quotes; what it leaves as it is, and what some
 * readers take for the end of a line or for a command (U+2028, NEL, the C1 controls of terminals, marks that turn the
 * direction of text round), is escaped here; half a character (a lone surrogate) becomes U+FFFD. And a line stays below
 * what container runtimes pass on in one piece: containerd and CRI-O cut at 16 KiB, and the halves are no JSON.
 *
 * A line that is too long keeps all its fields, each cut as far as needed; `cut_from_bytes` says how long it was.
 */

/** With its line feed. */
export const LINE_BYTES = 16 * 1024;

/** How far texts and lists are cut, round by round, until the line fits. */
const ROUNDS = [
  { characters: 2_048, entries: 50 },
  { characters: 512, entries: 20 },
  { characters: 128, entries: 8 },
  { characters: 32, entries: 3 },
] as const;

type Round = (typeof ROUNDS)[number];

const LEFT_AS_IT_IS =
  '[\\u007f-\\u009f\\u00ad\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]';
const isHarmful = new RegExp(LEFT_AS_IT_IS);
const harmful = new RegExp(LEFT_AS_IT_IS, 'g');

/** `line`, a JSON object and its line feed, as it may be written. */
export function safeLine(line: string): string {
  const bytes = Buffer.byteLength(line);
  if (bytes > LINE_BYTES) return cutLine(line);
  // ASCII, as nearly all lines are: half the time that the expression below takes (measured).
  if (bytes === line.length && !line.includes('\u007f')) return line;
  const whole = escaped(line);
  return Buffer.byteLength(whole) <= LINE_BYTES ? whole : cutLine(line);
}

/** Such characters stand in strings alone, where JSON takes an escape for them. */
function escaped(line: string): string {
  if (!isHarmful.test(line)) return line.toWellFormed();
  return line
    .toWellFormed()
    .replace(harmful, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function cutLine(line: string): string {
  const fields = JSON.parse(line) as Record<string, unknown>;
  const cut_from_bytes = Buffer.byteLength(line);
  for (const round of ROUNDS) {
    const shorter = rendered({ ...(cutValue(fields, round, 3) as object), cut_from_bytes });
    if (Buffer.byteLength(shorter) <= LINE_BYTES) return shorter;
  }
  const { level, time, msg, code } = fields;
  return rendered({ level, time, code, msg: cutText(String(msg), 128), cut_from_bytes });
}

const rendered = (fields: object): string => escaped(`${JSON.stringify(fields)}\n`);

function cutValue(value: unknown, round: Round, depth: number): unknown {
  if (typeof value === 'string') return cutText(value, round.characters);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return cutList(value, round, depth);
  const entries = Object.entries(value);
  const kept = entries.slice(0, depth === 3 ? 40 : round.entries);
  const cut = kept.map(([name, field]) => [cutText(name, 128), cutValue(field, round, depth - 1)]);
  return Object.fromEntries(cut);
}

function cutList(list: readonly unknown[], round: Round, depth: number): unknown[] {
  const kept = list.slice(0, round.entries).map((entry) => cutValue(entry, round, depth - 1));
  return list.length > round.entries ? [...kept, `… and ${list.length - round.entries} more`] : kept;
}

function cutText(text: string, characters: number): string {
  if (text.length <= characters) return text;
  return `${text.slice(0, characters).toWellFormed()}… and ${text.length - characters} more`;
}
