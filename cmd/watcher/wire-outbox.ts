/**
 * Where the outbox lives, and what that promises. A directory that was given must be usable: an agent that was told to
 * keep its events on disk and can't must not start as if it did. One that was merely found may be done without; then the
 * outbox is in memory, and the log, a metric and /readyz say so.
 */
import { statSync } from 'node:fs';
import { resolveDataDir, type DataDir } from '../../internal/config/data-dir.ts';
import type { Metrics } from '../../internal/metrics/metrics.ts';
import type { Outbox } from '../../internal/pipeline/outbox.ts';
import { openMemoryOutbox } from '../../internal/pipeline/outbox-memory.ts';
import { openSqliteOutbox } from '../../internal/pipeline/outbox-sqlite.ts';
import type { StoreNotice } from '../../internal/pipeline/outbox-store.ts';
import { CodedError, describeError } from '../../internal/platform/errors.ts';
import type { AgentConfig } from './agent-config.ts';
import type { Ambient } from './ambient.ts';

const MEBIBYTE = 1024 * 1024;
/** Most the outbox file takes. */
export const DURABLE_QUOTA_BYTES = 256 * MEBIBYTE;
const MEMORY_QUOTA_BYTES = 32 * MEBIBYTE;

export type OutboxPlace =
  | { readonly kind: 'memory'; readonly reason: 'asked-for' | 'dry-run' | 'no-directory'; readonly detail: string }
  | { readonly kind: 'directory'; readonly path: string; readonly isRequired: boolean };

/** Pure but for `isDirectory`. */
export function chooseOutbox(
  config: Pick<AgentConfig, 'outbox' | 'dryRun' | 'dataDir' | 'clusterId'>,
  environment: Ambient['environment'],
  isDirectory: (path: string) => boolean,
): OutboxPlace {
  if (config.dryRun) return { kind: 'memory', reason: 'dry-run', detail: 'nothing is sent' };
  if (config.outbox === 'memory') return { kind: 'memory', reason: 'asked-for', detail: '--outbox=memory' };
  const found: DataDir = resolveDataDir(config, environment, isDirectory);
  const isRequired = config.outbox === 'durable' || found.kind === 'given';
  if (found.kind !== 'none') return { kind: 'directory', path: found.path, isRequired };
  if (isRequired) throw new CodedError('OUTBOX_UNUSABLE', `no data directory: ${found.reason}`);
  return { kind: 'memory', reason: 'no-directory', detail: found.reason };
}

/** As chooseOutbox, on this machine. */
export function chooseOutboxHere(
  config: Pick<AgentConfig, 'outbox' | 'dryRun' | 'dataDir' | 'clusterId'>,
  environment: Ambient['environment'],
): OutboxPlace {
  return chooseOutbox(config, environment, isDirectory);
}

/** Opens the outbox. Rejects with OUTBOX_* where a directory that is required can't be used. */
export async function wireOutbox(config: AgentConfig, ambient: Ambient, metrics: Metrics): Promise<Outbox> {
  const place = chooseOutboxHere(config, ambient.environment);
  if (place.kind === 'memory') return inMemory(ambient, place);
  const { clock, logger } = ambient;
  const onNotice = ({ kind }: StoreNotice): void => metrics.count('watcher_outbox_notices_total', 1, { kind });
  try {
    const outbox = await openSqliteOutbox({
      dir: place.path,
      quotaBytes: DURABLE_QUOTA_BYTES,
      clock,
      logger,
      onNotice,
    });
    logger.info(
      { dir: place.path, promise: outbox.promise, ...outbox.stats() },
      'outbox on disk: what is in it survives this process',
    );
    return outbox;
  } catch (error) {
    if (place.isRequired) throw error;
    return inMemory(ambient, { reason: 'no-directory', detail: `${place.path}: ${describeError(error).message}` });
  }
}

function inMemory(
  { clock, logger }: Ambient,
  why: { readonly reason: string; readonly detail: string },
): Promise<Outbox> {
  const level = why.reason === 'no-directory' ? 'warn' : 'info';
  logger[level](
    { ...why, promise: 'memory', code: 'OUTBOX_IN_MEMORY' },
    'outbox in memory: what the plane has not taken is lost with this process',
  );
  return openMemoryOutbox({ clock, quotaBytes: MEMORY_QUOTA_BYTES, onNotice: () => undefined });
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
