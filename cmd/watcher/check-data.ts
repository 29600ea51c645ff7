/**
 * Whether the outbox can be kept where it is to be: the directory can be written and synced, has room, and nobody but an
 * agent holds the file. Leaves nothing behind and makes no directory: what is not there is tried in its parent.
 */
import { closeSync, existsSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../../internal/config/schema.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import { CodedError } from '../../internal/platform/errors.ts';
import { spanText } from '../../internal/platform/table.ts';
import { failed, works, type CheckRow } from './check-row.ts';
import type { Invocation } from './command.ts';
import { accessOutbox } from './outbox-access.ts';
import { DURABLE_QUOTA_BYTES, type OutboxPlace } from './wire-outbox.ts';

const WHAT = 'data directory';

/** A sync that takes longer makes every failure late. */
const SLOW_SYNC_MS = 100;

export interface DataParts {
  readonly config: Pick<Config, 'clusterId'>;
  readonly environment: Invocation['environment'];
  readonly clock: Clock;
  readonly pid: number;
}

/** Never rejects. */
export async function checkData(place: OutboxPlace, parts: DataParts): Promise<CheckRow> {
  if (place.kind === 'memory') return memoryRow(place);
  const status = place.isRequired ? 'missing' : 'degraded';
  try {
    return (await usedRow(place.path, parts)) ?? tryRow(place.path, parts);
  } catch (error) {
    const { code, detail } = error instanceof CodedError ? error : new CodedError('OUTBOX_UNUSABLE', reasonOf(error));
    return failed(WHAT, status, new CodedError(code, `${place.path}: ${detail}`));
  }
}

function memoryRow({ reason, detail }: Extract<OutboxPlace, { kind: 'memory' }>): CheckRow {
  if (reason === 'dry-run') return works(WHAT, 'not needed: nothing is sent');
  const text = `outbox in memory (${detail}): what the plane has not taken is lost with the process`;
  return failed(WHAT, 'degraded', new CodedError('OUTBOX_IN_MEMORY', text));
}

/** An outbox that is there, asked through the agent that holds it or opened; undefined where there is none yet. */
async function usedRow(dir: string, { config, environment }: DataParts): Promise<CheckRow | undefined> {
  const unsaid = { note: () => undefined };
  const access = await accessOutbox({ ...config, dataDir: dir }, { environment }, unsaid).catch((error: unknown) => {
    if (error instanceof CodedError && error.code === 'OUTBOX_MISSING') return undefined;
    throw error;
  });
  if (access === undefined) return undefined;
  try {
    const { agent, waiting } = await access.status();
    const whose = agent === null ? 'of an earlier run' : `of the agent that runs, process ${agent.pid}`;
    return works(WHAT, `${dir}: outbox ${whose}, ${waiting.events} events wait`);
  } finally {
    await access.close();
  }
}

function tryRow(dir: string, { clock, pid }: DataParts): CheckRow {
  const there = nearestExisting(path.resolve(dir));
  const tookMs = trySync(path.join(there, `.watcher-check-${pid}`), clock);
  const { bavail, bsize } = statfsSync(there);
  const freeBytes = bavail * bsize;
  if (freeBytes < DURABLE_QUOTA_BYTES) {
    const detail = `${dir}: ${mebibytes(freeBytes)} free, the outbox may take ${mebibytes(DURABLE_QUOTA_BYTES)}`;
    return failed(WHAT, 'degraded', new CodedError('OUTBOX_FULL', detail));
  }
  const detail = `${dir} can be written, synced in ${spanText(tookMs)}, ${mebibytes(freeBytes)} free`;
  if (tookMs <= SLOW_SYNC_MS) return works(WHAT, detail);
  const remedy = 'put --data-dir on a faster disk: each failure waits for a sync';
  return { what: WHAT, status: 'degraded', detail, remedy, code: undefined };
}

function nearestExisting(dir: string): string {
  return existsSync(dir) || path.dirname(dir) === dir ? dir : nearestExisting(path.dirname(dir));
}

/** Ms of one sync. Throws what the system says. */
function trySync(file: string, clock: Clock): number {
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    writeSync(descriptor, Buffer.alloc(4096));
    const begunMs = clock.monotonicMs();
    fsyncSync(descriptor);
    return clock.monotonicMs() - begunMs;
  } finally {
    closeSync(descriptor);
    rmSync(file, { force: true });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function mebibytes(bytes: number): string {
  return `${Math.floor(bytes / 1024 / 1024)} MiB`;
}
