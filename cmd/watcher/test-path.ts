/**
 * The whole path with one pod in it that never was: facts, detection, filter, dedupe, outbox, batch, plane. Everything is
 * the agent's own but the cluster and the outbox, which is in memory so that a running agent's is left alone. The event
 * carries `test: true` and a pod name that Kubernetes does not allow.
 */
import { Drain } from '../../internal/pipeline/drain.ts';
import { quietDrainObserver } from '../../internal/pipeline/drain-observer.ts';
import type { DeliveryOutcome, Send } from '../../internal/pipeline/delivery.ts';
import { openMemoryOutbox } from '../../internal/pipeline/outbox-memory.ts';
import { Pipeline } from '../../internal/pipeline/pipeline.ts';
import type { PipelineDecision, PipelineObserver } from '../../internal/pipeline/pipeline-observer.ts';
import type { PodFacts } from '../../internal/pipeline/pod-facts.ts';
import type { PipelineSettings } from '../../internal/pipeline/settings.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import { EVENT_BYTES } from '../../internal/platform/limits.ts';
import { silentLogger } from '../../internal/platform/log.ts';
import type { Random } from '../../internal/platform/random.ts';
import { wireEventOf } from '../../internal/restate/wire-format.ts';
import { encodeWithin, shrinkEvent } from '../../internal/restate/wire-trim.ts';
import { version } from './version.ts';

export interface TestPathResult {
  readonly eventId: string;
  /** The last outcome of an attempt; undefined where the event never got as far as the plane. */
  readonly outcome: DeliveryOutcome | undefined;
  readonly tookMs: number;
}

export interface TestPathParts {
  readonly clusterId: string;
  readonly send: Send;
  readonly clock: Clock;
  readonly random: Random;
}

const SETTINGS: PipelineSettings = {
  dedupCooldownMs: 1000,
  batchSize: 1,
  batchFlushMs: 10,
  enabledReasons: ['*'],
  eventTypes: [],
};

function testPod(random: Random, nowMs: number): PodFacts {
  return {
    ...{
      uid: `test-${random.hex(16)}`,
      namespace: 'watcher-test',
      name: 'test_event',
      resourceVersion: '1',
      nodeName: '',
    },
    ...{ createdAtMs: nowMs, deletionAtMs: 0, deletionGraceSeconds: 0, labels: new Map<string, string>() },
    ...{ mirrorHash: '', silence: '', owner: undefined, restartPolicy: 'Never', phase: 'Failed', reason: 'TestEvent' },
    ...{
      message: 'sent by `watcher test-event` to try the way to the plane; nothing failed',
      conditions: [],
      containers: [],
    },
  };
}

/** Sends the event and resolves with what became of it, after all retries of one delivery. Leaves nothing behind. */
export async function walkTestPath({ clusterId, send, clock, random }: TestPathParts): Promise<TestPathResult> {
  const settings = { current: () => SETTINGS };
  const startedMs = clock.monotonicMs();
  const outbox = await openMemoryOutbox({ clock, quotaBytes: 1024 * 1024, onNotice: () => undefined });
  const seen: PipelineDecision[] = [];
  const context = { agentVersion: version, namespaceLabels: () => undefined, workloadOf: () => undefined };
  const pipeline = new Pipeline({
    ...{ clusterId, settings, outbox, clock, lookBackMs: 60_000 },
    encode: (finding) => encodeWithin({ ...wireEventOf(finding, context), test: true }, EVENT_BYTES),
    isTelling: () => true,
    observer: { ...quietPipelineObserver, decided: (decision) => void seen.push(decision) },
    pods: () => [],
  });
  const answered = Promise.withResolvers<DeliveryOutcome>();
  const drain = new Drain({
    ...{ outbox, settings, clock, random, trim: shrinkEvent, logger: silentLogger(), observer: quietDrainObserver() },
    send: async (delivery, signal) => {
      const outcome = await send(delivery, signal);
      answered.resolve(outcome);
      return outcome;
    },
  });
  drain.start();
  pipeline.process({ type: 'added', cause: 'watch', pod: testPod(random, clock.now()) });
  await pipeline.settled();
  const eventId = seen.at(-1)?.finding.eventId ?? '';
  const isStored = outbox.stats().events > 0 || seen.at(-1)?.decision === 'append';
  const outcome = isStored ? await answered.promise : undefined;
  await drain.stop(0);
  await pipeline.stop();
  await outbox.close();
  return { eventId, outcome, tookMs: clock.monotonicMs() - startedMs };
}

const nothing = (): void => undefined;
const quietPipelineObserver: PipelineObserver = {
  ...{ processed: nothing, silenced: nothing, decided: nothing, stored: nothing },
  ...{ stateChanged: nothing, skipped: nothing, failed: nothing },
};
