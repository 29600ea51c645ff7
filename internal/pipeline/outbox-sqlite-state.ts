/**
 * State of the agent's parts, kept in the outbox file so that it changes in the same transaction as the events it
 * belongs to; and the store's own counters, in a space of their own. A row that doesn't check has no value: lost dedupe
 * state costs a telling the plane recognises, wrong dedupe state could hide a failure. Its reader counts it as unreadable.
 */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { stateCrc, type StateRow } from './outbox-record.ts';
import type { StateWrite } from './outbox.ts';

/** Not for the agent's parts. */
const OWN_SPACE = '#outbox';
const COUNTERS_KEY = 'counters';
const SCHEMA_KEY = 'schema';

/** What the file should hold: `added - removed` events, `quarantined` ones aside. That a row is missing shows by it. */
export interface Counters {
  readonly lastSeq: number;
  readonly lastBatch: number;
  readonly added: number;
  readonly removed: number;
  readonly quarantined: number;
}

export const noCounters: Counters = { lastSeq: 0, lastBatch: 0, added: 0, removed: 0, quarantined: 0 };

export class StateTable {
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #space: StatementSync;

  constructor(db: DatabaseSync) {
    this.#put = db.prepare(
      `INSERT INTO state (space, key, value, crc32) VALUES (?,?,?,?)
       ON CONFLICT (space, key) DO UPDATE SET value = excluded.value, crc32 = excluded.crc32`,
    );
    this.#delete = db.prepare('DELETE FROM state WHERE space = ? AND key = ?');
    this.#space = db.prepare('SELECT * FROM state WHERE space = ?');
  }

  write({ space, key, value }: StateWrite): void {
    if (value === undefined) this.#delete.run(space.toWellFormed(), key.toWellFormed());
    else this.put({ space: space.toWellFormed(), key: key.toWellFormed(), value: value.toWellFormed() });
  }

  put(row: StateRow): void {
    this.#put.run(row.space, row.key, row.value, stateCrc(row));
  }

  /** By key; '' for what doesn't check. */
  load(space: string): Map<string, string> {
    return new Map(this.#space.all(space).map((row) => [String(row['key']), checkedState(row)?.value ?? '']));
  }

  counters(): Counters | undefined {
    return parseCounters(this.load(OWN_SPACE).get(COUNTERS_KEY) || undefined);
  }

  /** The file's schema version and the checksum of its tables' definitions, as a row that checks tells them. */
  schema(): { readonly version: number; readonly definitionsCrc: number } | undefined {
    const [version, definitionsCrc] = (this.load(OWN_SPACE).get(SCHEMA_KEY) || undefined)?.split(' ').map(Number) ?? [];
    return version === undefined || definitionsCrc === undefined ? undefined : { version, definitionsCrc };
  }

  putSchema(version: number, definitionsCrc: number): void {
    this.put({ space: OWN_SPACE, key: SCHEMA_KEY, value: `${version} ${definitionsCrc}` });
  }

  putCounters(counters: Counters): void {
    this.put({ space: OWN_SPACE, key: COUNTERS_KEY, value: JSON.stringify(counters) });
  }
}

/** The row, if it checks. */
export function checkedState(row: Record<string, SQLOutputValue>): StateRow | undefined {
  const state = { space: String(row['space']), key: String(row['key']), value: String(row['value']) };
  return stateCrc(state) === row['crc32'] ? state : undefined;
}

function parseCounters(text: string | undefined): Counters | undefined {
  return text === undefined ? undefined : { ...noCounters, ...(JSON.parse(text) as Partial<Counters>) };
}
