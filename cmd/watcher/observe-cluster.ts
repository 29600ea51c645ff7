/** What the cluster's side and the pipeline tell, as metrics and log lines. */
import type { ReflectorObserver } from '../../internal/kubernetes/reflector-types.ts';
import type { Metrics } from '../../internal/metrics/metrics.ts';
import type { PipelineDecision, PipelineObserver, PipelineState } from '../../internal/pipeline/pipeline-observer.ts';
import type { PodChange } from '../../internal/pipeline/pod-facts.ts';
import type { ErrorCode } from '../../internal/platform/errors.ts';
import type { Logger } from '../../internal/platform/log.ts';
import { observeDetection } from './failure-times.ts';

export function observeReflector(metrics: Metrics): ReflectorObserver {
  return {
    listBegan: (cause) => metrics.count('watcher_relists_total', 1, { cause }),
    listEnded: (_items, _pages, tookMs) => metrics.observe('watcher_list_seconds', tookMs / 1000),
    watchOpened: () => undefined,
    watchEnded: (cause) => {
      metrics.count('watcher_reconnects_total', 1);
      metrics.count('watcher_watch_ends_total', 1, { cause });
    },
    received: (bytes, frames, tookMs) => {
      metrics.count('watcher_watch_bytes_total', bytes);
      metrics.count('watcher_watch_frames_total', frames);
      metrics.count('watcher_decode_seconds_total', tookMs / 1000);
    },
    failed: (code) => metrics.count('watcher_watch_errors_total', 1, { code }),
  };
}

/** A pod that only left what we watch goes through no stage, so it counts as nothing. */
const CHANGE_WORDS: Record<PodChange['type'], string> = {
  added: 'Added',
  modified: 'Modified',
  deleted: 'Deleted',
  left: '',
};

type HeldUp = Exclude<PipelineState, { readonly kind: 'running' }>['reason'];

const HELD_UP_CODES: Readonly<Record<HeldUp, ErrorCode>> = {
  'outbox-full': 'OUTBOX_FULL',
  'outbox-failed': 'OUTBOX_BROKEN',
  'outbox-slow': 'OUTBOX_SLOW',
};

const TELLING_STATES: readonly PipelineState['kind'][] = ['running', 'waiting', 'coalescing', 'paused'];

export function observePipeline(metrics: Metrics, logger: Logger): PipelineObserver {
  metrics.state('watcher_telling_state', 'state', TELLING_STATES, 'running');
  let pausedFor = 'paused';
  return {
    processed: ({ type }, findings) => {
      for (const { reason, pod } of findings) {
        metrics.count('watcher_events_total', 1, { type: CHANGE_WORDS[type], reason, namespace: pod.namespace });
      }
    },
    silenced: (_pod, { reason }) => metrics.count('watcher_silences_total', 1, { reason }),
    decided: (decision) => {
      const { decision: outcome, reason } = decision;
      metrics.count('watcher_decisions_total', 1, { decision: outcome, reason });
      if (decision.stage === 'dedupe' && outcome === 'deduplicate') metrics.count('watcher_events_deduped_total', 1);
      if (decision.stage === 'silence' && outcome === 'suppress' && decision.isNew) {
        metrics.count('watcher_failures_silenced_total', 1, { source: decision.silence.source });
      }
      if (outcome === 'append') observeDetection(metrics, decision.finding);
      if (outcome === 'coalesce') metrics.count('watcher_events_coalesced_total', 1, { reason });
      logger.debug(linesOf(decision), `${outcome}: ${reason}`);
    },
    stored: (findings, known, released = { events: 0, counted: 0 }) => {
      metrics.count('watcher_events_appended_total', findings.length + released.events - known);
      logger.debug({ findings: findings.length, known, released }, 'findings are in the outbox');
    },
    digested: (failures) => {
      metrics.count('watcher_digests_total', 1);
      metrics.count('watcher_events_digested_total', failures);
      logger.info({ failures }, 'a storm of failures with one fingerprint: a digest of them is in the outbox');
    },
    silenceRefused: (err) => logger.warn({ err }, 'a silence is refused'),
    silenceEnded: ({ reasons, untilMs, firstAtMs, lastAtMs, ...summary }) => {
      const [until, first_at, last_at] = [untilMs, firstAtMs, lastAtMs].map((ms) => new Date(ms).toISOString());
      logger.info(
        { ...summary, reasons: Object.fromEntries(reasons), until, first_at, last_at },
        'a silence has ended',
      );
    },
    stateChanged: (state) => {
      metrics.state('watcher_telling_state', 'state', TELLING_STATES, state.kind);
      if (state.kind === 'paused') pausedFor = state.reason;
      if (state.kind === 'running') logger.info(state, 'telling failures is running');
      else logger.error({ ...state, code: HELD_UP_CODES[state.reason] }, `telling failures is ${state.kind}`);
    },
    skipped: () => metrics.count('watcher_changes_skipped_total', 1, { reason: pausedFor }),
    failed: (what, error) => logger.error({ err: error, what }, 'a stage of the pipeline failed'),
  };
}

function linesOf({ finding }: PipelineDecision): Record<string, unknown> {
  const { eventId, reason, pod, container } = finding;
  return { event_id: eventId, failure: reason, namespace: pod.namespace, pod: pod.name, container: container?.name };
}
