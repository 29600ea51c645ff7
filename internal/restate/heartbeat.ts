/**
 * Heartbeat: what the plane may know of this agent between events, so that silence can be told from health.
 *
 * An extra, and treated as such: sent once in an interval, which it names, one attempt each, failures cost nothing but a line at level
 * debug. A plane without the handler (404) is asked again once an hour, or once in an interval
 * that is longer.
 */
import { sleep, type Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/log.ts';
import { jitter, type Random } from '../platform/random.ts';
import type { PlaneClient } from './plane-client.ts';

/** Who tells. Two replicas of one cluster differ in it. */
export interface HeartbeatSender {
  /** Name of the pod, or of the host. */
  readonly replica: string;
  /** Where there is one agent a node. */
  readonly node: string | undefined;
  /** The part of the cluster it tells of; undefined for all of it. */
  readonly scope: string | undefined;
}

/** What is told. Ages in Ms; undefined where there is nothing to be old. */
export interface HeartbeatFacts {
  /** Since the watch last proved that it is alive. */
  readonly watchAgeMs: number | undefined;
  /** Since the oldest event not yet delivered was seen. */
  readonly backlogAgeMs: number | undefined;
  readonly isLeading: boolean;
}

export interface HeartbeatOptions {
  readonly client: PlaneClient;
  readonly clusterId: string;
  readonly agentVersion: string;
  readonly sender: HeartbeatSender;
  readonly facts: () => HeartbeatFacts;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly everyMs: number;
}

const EVERY_MS_WITHOUT_HANDLER = 60 * 60_000;
const JITTER_SHARE = 0.1;

/** Begins to send, the first one at once. Stopping resolves when the one under way has ended. */
export function startHeartbeat(options: HeartbeatOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const pauseMs = await beat(options, stopping.signal);
      await sleep(options.clock, jitter(pauseMs, JITTER_SHARE, options.random), stopping.signal);
    }
  };
  const running = run();
  return {
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}

/** Sends one and says how long to wait for the next. */
async function beat(options: HeartbeatOptions, signal: AbortSignal): Promise<number> {
  const { client, clusterId, agentVersion, sender, logger, everyMs } = options;
  const facts = options.facts();
  const message = {
    cluster_id: clusterId,
    version: agentVersion,
    watch_age_ms: facts.watchAgeMs ?? null,
    backlog_age_ms: facts.backlogAgeMs ?? null,
    leading: facts.isLeading,
    // What is undefined is left out.
    ...sender,
    every_ms: everyMs,
  };
  const body = Buffer.from(JSON.stringify(message));
  const answer = await client.call({ target: ['ClusterService', 'Heartbeat'], body }, signal);
  if (answer.kind === 'answer' && answer.status === 200) return everyMs;
  logger.debug({ status: answer.kind === 'answer' ? answer.status : answer.cause }, 'heartbeat not taken');
  return answer.kind === 'answer' && answer.status === 404 ? Math.max(everyMs, EVERY_MS_WITHOUT_HANDLER) : everyMs;
}
