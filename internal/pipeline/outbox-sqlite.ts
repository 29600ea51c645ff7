/**
 * The durable outbox: opens it, on the calling thread or on one of its own, and says in the log what was found.
 */
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/log.ts';
import { SqliteStore } from './outbox-sqlite-store.ts';
import type { OutboxStore, StoreNotice } from './outbox-store.ts';
import { ThreadStore } from './outbox-thread-store.ts';
import { OutboxWithStore } from './outbox-with-store.ts';

export interface SqliteOutboxOptions {
  /** The data directory, used by no other agent. Made with mode 0700 if missing. */
  readonly dir: string;
  /** Most the database file may take. The log takes up to 8 MiB more, the ballast up to 4 MiB. */
  readonly quotaBytes: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For metrics; the log is written here. */
  readonly onNotice?: (notice: StoreNotice) => void;
  /**
   * Where SQLite runs: on a `thread` of its own (about 20 MB of memory; a slow disk stops nothing else), or on the
   * `calling` thread, which then stands still for each fsync.
   */
  readonly runsOn?: 'thread' | 'calling';
  /** What to do with a damaged file, and with none: `refuse` is for whoever only looks. Default `repair`. */
  readonly otherwise?: 'repair' | 'refuse';
  /** For tests of upgrades. */
  readonly migrations?: readonly string[];
}

/**
 * Opens the durable outbox. Rejects within a second with OUTBOX_LOCKED, OUTBOX_UNUSABLE, OUTBOX_SCHEMA_NEWER or
 * OUTBOX_NOT_DURABLE where it must not be used; it never falls back to memory by itself.
 */
export function openSqliteOutbox(options: SqliteOutboxOptions): Promise<OutboxWithStore> {
  const { clock, logger } = options;
  const onNotice = (notice: StoreNotice): void => {
    logNotice(logger, notice);
    options.onNotice?.(notice);
  };
  return OutboxWithStore.open(storeOf(options), { clock, onNotice });
}

function storeOf({ dir, quotaBytes, clock, runsOn, migrations, otherwise }: SqliteOutboxOptions): OutboxStore {
  const optional = {
    ...(migrations === undefined ? {} : { migrations }),
    ...(otherwise === undefined ? {} : { otherwise }),
  };
  const common = { dir, quotaBytes, ...optional };
  return runsOn === 'calling' ? new SqliteStore({ ...common, clock }) : new ThreadStore(common);
}

function logNotice(logger: Logger, told: StoreNotice): void {
  const code = told.kind === 'quarantine-overflowed' ? 'OUTBOX_QUARANTINE_FULL' : 'OUTBOX_REPAIRED';
  const notice = { ...told, code } as const;
  switch (notice.kind) {
    case 'quarantine-overflowed':
      logger.error(notice, 'the quarantine is full: its oldest events were removed; see what the plane cannot take');
      return;
    case 'rows-damaged':
      logger.error(
        notice,
        'stored events failed their checksum and were set aside; what of them still shows is told again',
      );
      return;
    case 'records-missing':
      logger.error(notice, 'the outbox holds fewer events than it should; what of them still shows is told again');
      return;
    case 'file-repaired':
      logger.warn(
        notice,
        'the outbox file was damaged: what could be read is in a new file, and what else still shows is told again',
      );
      return;
    case 'file-set-aside':
      logger.error(
        notice,
        'the outbox file could not be read and was set aside; a new one was begun, and what still shows is told again',
      );
  }
}
