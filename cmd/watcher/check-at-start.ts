/**
 * What `watcher check` says of the cluster, in brief, for the log of an agent that has just started: API server, version
 * (a line of its own), clock, rights. Once, a moment after the start so that nothing waits for it. The plane and the data
 * directory are left out: who uses them tells of them. What it finds decides nothing: rights can come, versions change, and
 * whoever uses them finds out.
 */
import type { Connection } from '../../internal/kubernetes/connection.ts';
import { sleep } from '../../internal/platform/clock.ts';
import type { Logger } from '../../internal/platform/log.ts';
import type { AgentConfig } from './agent-config.ts';
import type { Ambient } from './ambient.ts';
import { VERSION_ROW } from './check-apiserver.ts';
import { overall, type CheckRow, type CheckStatus } from './check-row.ts';
import { checkCluster } from './check-cluster.ts';

/** By then lists and the Lease have had their turn. */
const AFTER_MS = 3_000;

export interface CheckAtStart {
  start(): void;
  stop(): void;
}

export function checkAtStart(config: AgentConfig, { clock, logger }: Ambient, connection: Connection): CheckAtStart {
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async (): Promise<void> => {
    await sleep(clock, AFTER_MS, signal);
    const rows = signal.aborted ? [] : await checkCluster(config, connection, { clock, signal });
    if (!stopping.signal.aborted) tell(logger, rows);
  };
  return { start: () => void run(), stop: () => stopping.abort() };
}

function tell(logger: Logger, rows: readonly CheckRow[]): void {
  const version = rows.find(({ what }) => what === VERSION_ROW);
  if (version !== undefined) tellVersion(logger, version);
  const status = overall(rows);
  const texts = (wanted: CheckStatus): string[] =>
    rows.filter((row) => row.status === wanted).map(({ what, detail }) => `${what}: ${detail}`);
  const found = { missing: texts('missing'), degraded: texts('degraded') };
  if (status === 'works') logger.info({ checks: rows.length }, 'checked: everything works');
  else logger.warn({ ...found, code: 'CHECK_FAILED' }, `checked: something is ${status}`);
}

function tellVersion(logger: Logger, { status, detail }: CheckRow): void {
  if (status === 'works') logger.info({ detail }, 'the version of Kubernetes');
  else logger.warn({ detail, code: 'KUBERNETES_TOO_OLD' }, 'the version of Kubernetes is not supported');
}
