/**
 * How a command gets at the outbox: through the agent that runs on it, else by opening the file under its exclusive lock.
 * It makes nothing, repairs nothing and leaves a damaged or newer file as it is.
 */
import { statSync } from 'node:fs';
import { resolveDataDir } from '../../internal/config/data-dir.ts';
import type { Config } from '../../internal/config/schema.ts';
import { openSqliteOutbox } from '../../internal/pipeline/outbox-sqlite.ts';
import { systemClock } from '../../internal/platform/clock.ts';
import { CodedError } from '../../internal/platform/errors.ts';
import { silentLogger } from '../../internal/platform/log.ts';
import { connectControl } from '../../internal/server/control-client.ts';
import type { Aside } from './aside.ts';
import type { Invocation } from './command.ts';
import { outboxSource, type OutboxSource } from './outbox-source.ts';
import { DURABLE_QUOTA_BYTES } from './wire-outbox.ts';

export interface OutboxAccess extends OutboxSource {
  /** `agent`: one runs and was asked; `file`: none does, and none can start until `close`. */
  readonly through: 'agent' | 'file';
  readonly dir: string;
  close(): Promise<void>;
}

/** Rejects with OUTBOX_MISSING, OUTBOX_UNUSABLE, OUTBOX_DAMAGED, OUTBOX_SCHEMA_NEWER or CONTROL_UNREACHABLE. */
export async function accessOutbox(
  config: Pick<Config, 'dataDir' | 'clusterId'>,
  { environment }: Pick<Invocation, 'environment'>,
  aside: Pick<Aside, 'note'>,
): Promise<OutboxAccess> {
  const dir = dataDirOf(config, environment);
  const asked = await throughAgent(dir);
  if (asked !== undefined) return asked;
  try {
    return await throughFile(dir, (notice) => aside.note(`note: ${notice}`));
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'OUTBOX_LOCKED') throw error;
    return (await throughAgent(dir)) ?? held(dir);
  }
}

function held(dir: string): never {
  throw new CodedError('CONTROL_UNREACHABLE', `${dir}: a process holds the outbox and serves no control socket`);
}

async function throughAgent(dir: string): Promise<OutboxAccess | undefined> {
  const source = await connectControl(dir);
  if (source === undefined) return undefined;
  return { ...(source as OutboxSource), through: 'agent', dir, close: () => Promise.resolve() };
}

async function throughFile(dir: string, note: (text: string) => void): Promise<OutboxAccess> {
  const clock = systemClock();
  const outbox = await openSqliteOutbox({
    ...{ dir, clock, quotaBytes: DURABLE_QUOTA_BYTES, logger: silentLogger() },
    runsOn: 'calling',
    otherwise: 'refuse',
    onNotice: (notice) => note(JSON.stringify(notice)),
  });
  return { ...outboxSource(outbox, clock, () => null), through: 'file', dir, close: () => outbox.close() };
}

/** Where the agent's data is, or would be. Throws OUTBOX_MISSING. */
export function dataDirOf(
  { dataDir, clusterId }: Pick<Config, 'dataDir' | 'clusterId'>,
  environment: Invocation['environment'],
): string {
  const found = resolveDataDir({ dataDir, clusterId: clusterId ?? '' }, environment, isDirectory);
  if (found.kind === 'none') throw new CodedError('OUTBOX_MISSING', found.reason);
  if (found.kind === 'user' && clusterId === undefined) {
    throw new CodedError('OUTBOX_MISSING', 'neither --data-dir nor --cluster-id says which');
  }
  return found.path;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
