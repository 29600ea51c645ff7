/**
 * Everything `watcher check` looks at, in an order in which the first thing that fails explains the rest: API server,
 * clock, rights, plane, data directory, enrolment. Changes nothing anywhere.
 */
import type { Config } from '../../internal/config/schema.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import { CodedError } from '../../internal/platform/errors.ts';
import { silentLogger } from '../../internal/platform/log.ts';
import type { Random } from '../../internal/platform/random.ts';
import { silentObserver } from '../../internal/restate/plane-observer.ts';
import type { AgentConfig } from './agent-config.ts';
import { checkCluster } from './check-cluster.ts';
import { checkData } from './check-data.ts';
import { checkEnrolment } from './check-enrolment.ts';
import { checkPlane } from './check-plane.ts';
import { failed, type CheckRow } from './check-row.ts';
import { connectCluster } from './connect-cluster.ts';
import { chooseOutboxHere } from './wire-outbox.ts';
import { wirePlane } from './wire-plane.ts';

export interface CheckParts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly pid: number;
  readonly signal: AbortSignal;
  /** What is being looked at now. */
  readonly onProgress: (what: string) => void;
}

/** Never rejects but with the signal's reason. */
export async function runChecks(config: Config, parts: CheckParts): Promise<CheckRow[]> {
  const { onProgress } = parts;
  onProgress('the API server');
  const rows = await clusterRows(config, parts);
  onProgress('the plane');
  rows.push(...(await planeRows(config, parts)));
  onProgress('the data directory');
  rows.push(...(await dataRows(config, parts)));
  parts.signal.throwIfAborted();
  return rows;
}

async function clusterRows(config: Config, parts: CheckParts): Promise<CheckRow[]> {
  const connected = attempt(() => connectCluster(config, { ...parts, logger: silentLogger() }));
  if (connected instanceof CodedError) return [failed('API server', 'missing', connected)];
  try {
    return await checkCluster(config, connected, parts);
  } finally {
    await connected.close();
  }
}

async function planeRows(config: Config, { clock, random, environment, signal }: CheckParts): Promise<CheckRow[]> {
  const { restateUrl, clusterId } = config;
  if (restateUrl === undefined || clusterId === undefined) {
    const flag = restateUrl === undefined ? '--restate-url' : '--cluster-id';
    const remedy = `give ${flag}, without which no agent starts`;
    return [{ what: 'plane', status: 'missing', detail: `not asked: no ${flag}`, remedy, code: 'CONFIG_INVALID' }];
  }
  const whole: AgentConfig = { ...config, restateUrl, clusterId };
  const plane = attempt(() => wirePlane(whole, { clock, random, environment, observer: silentObserver }));
  if (plane instanceof CodedError) return [failed('plane', 'missing', plane)];
  try {
    return await checkPlane(whole, plane, clock, signal);
  } finally {
    await plane.close();
  }
}

/** The data directory, and what the agent that runs on it says of the plane. */
async function dataRows(config: Config, parts: CheckParts): Promise<CheckRow[]> {
  const { clusterId = '' } = config;
  const place = attempt(() => chooseOutboxHere({ ...config, clusterId }, parts.environment));
  if (place instanceof CodedError) return [failed('data directory', 'missing', place)];
  return [await checkData(place, { config, ...parts }), ...(await checkEnrolment(place))];
}

/** What `make` returns, or the coded error it throws. */
function attempt<T>(make: () => T): T | CodedError {
  try {
    return make();
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
}
