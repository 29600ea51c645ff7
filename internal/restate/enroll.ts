/**
 * Enrolment: telling the plane that this cluster is there, until it has heard it.
 *
 * Promise: tried for ever, with pauses that grow to LONGEST_PAUSE_MS; never in the way of anything else, since the agent
 * works with its last good or default settings meanwhile; its state is there to be shown. It is repeated at each start.
 * A plane that knows another cluster under our name says so (409), which is an error for a person and is asked again all
 * the same.
 */
import { sleep, type Clock } from '../platform/clock.ts';
import { CodedError, describeError } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';
import { jitter, type Random } from '../platform/random.ts';
import { outcomeOf } from './outcome.ts';
import type { PlaneClient } from './plane-client.ts';
import { planeProblem } from './plane-problem.ts';

export type EnrolmentState =
  | {
      readonly kind: 'not-enrolled';
      readonly attempts: number;
      /** Why the last attempt came to nothing; undefined before the first. */
      readonly lastError: ReturnType<typeof describeError> | undefined;
    }
  | { readonly kind: 'enrolled'; readonly atMs: number };

export interface Enrolment {
  state(): EnrolmentState;
  /** Ends trying; resolves when the attempt under way has ended. */
  stop(): Promise<void>;
}

export interface EnrolmentOptions {
  readonly client: PlaneClient;
  readonly clusterId: string;
  readonly agentVersion: string;
  /** uid of the namespace kube-system; undefined where it may not be read. */
  readonly clusterUid: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Called once, after the plane has heard us. */
  readonly onEnrolled: () => void;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 50_000;
const JITTER_SHARE = 0.2;

/** The pause after attempt `attempt` (the first is 1) failed: 1, 2, 4, ... s, then between 40 and 60. */
export function enrolmentPauseMs(attempt: number, random: Random): number {
  return jitter(Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS), JITTER_SHARE, random);
}

/** Begins to enrol. */
export function startEnrolment(options: EnrolmentOptions): Enrolment {
  const { clock, random, logger } = options;
  const stopping = new AbortController();
  let state: EnrolmentState = { kind: 'not-enrolled', attempts: 0, lastError: undefined };

  const isStopped = (): boolean => stopping.signal.aborted;

  const run = async (): Promise<void> => {
    for (let attempt = 1; !isStopped(); attempt++) {
      const problem = await enrolOnce(options, stopping.signal);
      if (isStopped()) return;
      if (problem === undefined) {
        state = { kind: 'enrolled', atMs: clock.now() };
        logger.info({ attempts: attempt }, 'enrolled with the plane');
        options.onEnrolled();
        return;
      }
      logFailure(logger, problem, state);
      state = { kind: 'not-enrolled', attempts: attempt, lastError: describeError(problem) };
      await sleep(clock, enrolmentPauseMs(attempt, random), stopping.signal);
    }
  };
  const running = run();
  return {
    state: () => state,
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}

/** One attempt; undefined when it succeeded. No idempotency key: an answer of yesterday would tell nothing of today. */
async function enrolOnce(options: EnrolmentOptions, signal: AbortSignal): Promise<CodedError | undefined> {
  const { client, clusterId, agentVersion, clusterUid, clock } = options;
  const request = {
    cluster_id: clusterId,
    version: agentVersion,
    ...(clusterUid === undefined ? {} : { cluster_uid: clusterUid }),
  };
  const body = Buffer.from(JSON.stringify(request));
  const outcome = outcomeOf(await client.call({ target: ['ClusterService', 'Enroll'], body }, signal), clock.now());
  if (outcome.kind === 'accepted') return undefined;
  return outcome.status === 409 ? new CodedError('PLANE_OTHER_CLUSTER', outcome.detail) : planeProblem(outcome);
}

/** One warning for each new kind of trouble; the same again is worth no line an operator must read. */
function logFailure(logger: Logger, problem: CodedError, before: EnrolmentState): void {
  const isNew = before.kind !== 'not-enrolled' || before.lastError?.code !== problem.code;
  logger[isNew ? 'warn' : 'debug']({ err: problem }, 'not enrolled yet; trying again');
}
