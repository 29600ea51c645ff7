/**
 * What a cluster's memory is made of: entries of a fixed width, packed into text one after the other, so that thousands
 * of them are one value of Restate's state, and an operator can still read it.
 *
 * An entry is a kind (1 character), the name of an event or incident (12 characters, 72 bits of its SHA-256: two of a
 * million remembered names meet once in ten billion clusters), and a moment (13 digits, Ms since the epoch). Entries are
 * only ever added; a later one about the same name counts on top of the earlier ones. Instead of the moment, an entry of
 * kind `s` has the name of a scope.
 */
import { hash } from 'node:crypto';

/**
 * - `e` an event was received; the moment is when, by the plane's clock
 * - `v` an event is covered by another one, so it counts as told
 * - `t` an incident was told of, by an event of that moment
 * - `x` the same, and that it escalated (CrashLoopBackOff)
 * - `q` an incident was heard of again, by an event that was kept quiet
 * - `c` an incident was closed, as of that moment
 * - `s` whose complete sets of open incidents an incident belongs to
 */
export type EntryKind = 'e' | 'v' | 't' | 'x' | 'q' | 'c' | 's';

const NAME_LENGTH = 12;
const MOMENT_LENGTH = 13;

/** Characters of one entry. */
export const ENTRY_LENGTH = 1 + NAME_LENGTH + MOMENT_LENGTH;

/** The last moment 13 digits can hold, in the year 2286. Agents' clocks may say anything. */
const LAST_MOMENT_MS = 10 ** MOMENT_LENGTH - 1;

/** The short name of an event id or incident key. */
export function nameOf(id: string): string {
  return hash('sha256', id, 'base64url').slice(0, NAME_LENGTH);
}

/** The short name of a scope; as long as a moment, in whose place it stands. */
export function scopeNameOf(scope: string): string {
  return hash('sha256', scope, 'base64url').slice(0, MOMENT_LENGTH);
}

/** The entry that says which scope an incident is of. */
export function packedScope(incident: string, scopeName: string): string {
  return `s${incident}${scopeName}`;
}

/** One packed entry. */
export function packed(kind: Exclude<EntryKind, 's'>, name: string, atMs: number): string {
  const moment = Math.min(Math.max(0, Math.trunc(atMs)), LAST_MOMENT_MS);
  return kind + name + String(moment).padStart(MOMENT_LENGTH, '0');
}

/** Who hears of entries; `ofScope` of those of kind `s`, `at` of all others. */
export interface EntryVisitor {
  readonly at: (kind: Exclude<EntryKind, 's'>, name: string, atMs: number) => void;
  readonly ofScope: (incident: string, scopeName: string) => void;
}

/** Tells each entry of a packed text, in the order they were added. */
export function unpack(text: string, visit: EntryVisitor): void {
  for (let start = 0; start + ENTRY_LENGTH <= text.length; start += ENTRY_LENGTH) {
    const end = start + 1 + NAME_LENGTH;
    const kind = text[start] as EntryKind;
    const name = text.slice(start + 1, end);
    const rest = text.slice(end, start + ENTRY_LENGTH);
    if (kind === 's') visit.ofScope(name, rest);
    else visit.at(kind, name, Number(rest));
  }
}
