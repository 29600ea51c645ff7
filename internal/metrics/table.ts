/**
 * Every metric the agent exports, in one table: from it the registry, the documentation and the tests are made.
 * The first five keep the names and labels of the agent that this one takes the place of.
 */

export interface MetricEntry {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, in the unit of its name. */
  readonly buckets?: readonly number[];
  /** Most combinations of its labels, where more than a few dozen are to be expected. */
  readonly series?: number;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** For times that begin with a fact's own, which has whole seconds (metav1.Time), up to a day without a plane. */
const WHOLE_SECONDS = [1, 2, 5, 10, 30, 60, 120, 300, 900, 3600, 21_600, 86_400];

export const metricTable = {
  watcher_events_total: {
    type: 'counter',
    help: 'Failures seen in pod changes, before filter and dedupe. type is the change: Added, Modified or Deleted.',
    labels: ['type', 'reason', 'namespace'],
    series: 400,
  },
  watcher_reconnects_total: { type: 'counter', help: 'Watches begun again, for whatever cause.', labels: [] },
  watcher_restate_requests_total: {
    type: 'counter',
    help: 'Requests to the plane by HTTP status, or by the kind of error where there was no answer.',
    labels: ['code'],
  },
  watcher_queue_depth: { type: 'gauge', help: 'Events in the outbox that the plane has not acknowledged.', labels: [] },
  watcher_events_deduped_total: {
    type: 'counter',
    help: 'Failures not told because they were told before or cool down.',
    labels: [],
  },
  watcher_decisions_total: {
    type: 'counter',
    help: 'What became of each failure seen: appended, suppressed by the filter, deduplicated, held back by a follower; with the named reason.',
    labels: ['decision', 'reason'],
    series: 100,
  },
  watcher_failures_silenced_total: {
    type: 'counter',
    help: 'Failures not told because of a silence, each once, by who gave it: remote, namespace, workload or pod.',
    labels: ['source'],
  },
  watcher_silences_total: {
    type: 'counter',
    help: 'States of pods that look like failures and are none, by the rule that says so.',
    labels: ['reason'],
  },
  watcher_events_appended_total: {
    type: 'counter',
    help: 'Failures stored in the outbox, each once: on disk, where the outbox is.',
    labels: [],
  },
  watcher_events_coalesced_total: {
    type: 'counter',
    help: 'Failures the full outbox had no room for: kept as the first of their fingerprint, or counted on it and told later if they still show.',
    labels: ['reason'],
  },
  watcher_digests_total: {
    type: 'counter',
    help: 'Digests of storms stored in the outbox, for planes that ask for them.',
    labels: [],
  },
  watcher_events_digested_total: {
    type: 'counter',
    help: 'Failures told by digests, each once; watcher_events_appended_total counted them when they were gathered.',
    labels: [],
  },
  watcher_changes_skipped_total: {
    type: 'counter',
    help: 'Pod changes not looked at while too much waited for the outbox, by what it waited for; all pods are looked at afterwards.',
    labels: ['reason'],
  },
  watcher_telling_state: {
    type: 'gauge',
    help: '1 for the state: running; waiting (the outbox takes nothing); coalescing (it is full, failures are counted); paused (changes are skipped).',
    labels: ['state'],
  },
  watcher_events_delivered_total: { type: 'counter', help: 'Events the plane has acknowledged.', labels: [] },
  watcher_events_past_keys_total: {
    type: 'counter',
    help: 'Events delivered in batches with one older than 24 h, whose keys the plane may have forgotten: their ids alone keep them from counting twice.',
    labels: [],
  },
  watcher_events_quarantined_total: {
    type: 'counter',
    help: 'Events set aside because the plane can not take them.',
    labels: ['reason'],
  },
  watcher_deliveries_total: {
    type: 'counter',
    help: 'Attempts to deliver a batch, by what became of them.',
    labels: ['outcome', 'reason'],
    series: 60,
  },
  watcher_restate_request_seconds: {
    type: 'histogram',
    help: 'Time of one request to the plane.',
    labels: [],
    buckets: SECONDS,
  },
  watcher_accept_seconds: {
    type: 'histogram',
    help: 'Time from seeing a failure to its acknowledgement by the plane.',
    labels: [],
    buckets: SECONDS,
  },
  watcher_failure_detect_seconds: {
    type: 'histogram',
    help: 'Time from a failure to its being seen here: since the time in the pod, which has whole seconds and the clock of its node, so that a second more may show. Each failure told, once, if the pod says when it was; no states told for having lasted.',
    labels: [],
    buckets: WHOLE_SECONDS,
  },
  watcher_failure_accept_seconds: {
    type: 'histogram',
    help: 'Time from a failure to its acknowledgement by the plane, as watcher_failure_detect_seconds has it; without those told by digests.',
    labels: [],
    buckets: WHOLE_SECONDS,
  },
  watcher_backlog_age_seconds: {
    type: 'gauge',
    help: 'Age of the oldest event the plane has not acknowledged.',
    labels: [],
  },
  watcher_outbox_bytes: { type: 'gauge', help: 'Bytes of the events in the outbox.', labels: [] },
  watcher_outbox_used_bytes: {
    type: 'gauge',
    help: 'Of the quota of the outbox, what is in use, as of the scrape before.',
    labels: [],
  },
  watcher_outbox_quota_bytes: { type: 'gauge', help: 'Most the outbox may take, as of the scrape before.', labels: [] },
  watcher_outbox_quarantined: {
    type: 'gauge',
    help: 'Events in quarantine, by why the plane could not take them, as of the scrape before.',
    labels: ['reason'],
  },
  watcher_outbox_promise: {
    type: 'gauge',
    help: '1 for the promise that holds: durable (on disk) or memory.',
    labels: ['promise'],
  },
  watcher_outbox_notices_total: {
    type: 'counter',
    help: 'Damage found in the outbox file, by kind. What could be read was kept.',
    labels: ['kind'],
  },
  watcher_breaker_state: {
    type: 'gauge',
    help: '1 for the state the breaker to the plane is in: closed, open or half-open.',
    labels: ['state'],
  },
  watcher_enrolled: { type: 'gauge', help: '1 once the plane has enrolled this cluster.', labels: [] },
  watcher_remote_settings_total: {
    type: 'counter',
    help: 'Reads of the remote settings, by result.',
    labels: ['result'],
  },
  watcher_settings_revision: {
    type: 'gauge',
    help: 'A number made from the settings in force that the plane may change: it is another when they are, and the same for replicas that agree.',
    labels: [],
  },
  watcher_leading: { type: 'gauge', help: '1 while this replica tells failures.', labels: [] },
  watcher_leader_terms_total: { type: 'counter', help: 'Terms of leadership begun by this replica.', labels: [] },
  watcher_leader_term: {
    type: 'gauge',
    help: 'Number of the term of this replica, rising with each change of leader; 0 while it has none, or where no Lease is asked.',
    labels: [],
  },
  watcher_lease_request_seconds: {
    type: 'histogram',
    help: 'Time a renewal of the Lease took that went well.',
    labels: [],
    buckets: SECONDS,
  },
  watcher_lease_failures_total: {
    type: 'counter',
    help: 'Requests for the Lease that failed, by why: forbidden, refused (somebody was first) or unavailable.',
    labels: ['reason'],
  },
  watcher_watches: { type: 'gauge', help: 'Open watches by state.', labels: ['state'] },
  watcher_watch_age_seconds: {
    type: 'gauge',
    help: 'Time since the least fresh watch last proved to be alive.',
    labels: [],
  },
  watcher_pod_watch_age_seconds: {
    type: 'gauge',
    help: 'Time since a watch of pods last proved to be alive, of each namespace watched by itself; empty for one of the whole cluster.',
    labels: ['namespace'],
    series: 200,
  },
  watcher_watch_ends_total: {
    type: 'counter',
    help: 'Watches that ended: the server closed it, silent for too long, its place expired, it failed, or a list was due.',
    labels: ['cause'],
  },
  watcher_list_seconds: {
    type: 'histogram',
    help: 'Time a full list took, from its request to its last object.',
    labels: [],
    buckets: SECONDS,
  },
  watcher_relists_total: { type: 'counter', help: 'Full lists begun, by cause.', labels: ['cause'] },
  watcher_watch_errors_total: { type: 'counter', help: 'Errors of lists and watches, by code.', labels: ['code'] },
  watcher_watch_bytes_total: { type: 'counter', help: 'Bytes read from lists and watches.', labels: [] },
  watcher_watch_frames_total: {
    type: 'counter',
    help: 'Objects and bookmarks read from lists and watches.',
    labels: [],
  },
  watcher_owner_reads_total: {
    type: 'counter',
    help: 'ReplicaSets and Jobs of failing pods that were to be read, by what came of it.',
    labels: ['kind', 'outcome'],
  },
  watcher_context_reads_total: {
    type: 'counter',
    help: 'Context of failures (--event-context) that was to be read, by what came of it.',
    labels: ['kind', 'outcome'],
  },
  watcher_decode_seconds_total: {
    type: 'counter',
    help: 'Time spent on reading them, and on what follows from them at once.',
    labels: [],
  },
  watcher_event_loop_delay_p99_seconds: {
    type: 'gauge',
    help: 'How late the event loop was, of the last one to two minutes: 99th percentile. Whoever reads it changes nothing, unlike nodejs_eventloop_lag.',
    labels: [],
  },
  watcher_event_loop_delay_max_seconds: {
    type: 'gauge',
    help: 'The same: the longest delay.',
    labels: [],
  },
  watcher_otlp_exports_total: {
    type: 'counter',
    help: 'Exports to the OTLP collector by signal (metrics, traces) and outcome; dropped: given up before it was sent.',
    labels: ['signal', 'outcome'],
  },
  watcher_build_info: { type: 'gauge', help: '1; what runs, by version.', labels: ['version', 'node'] },
  watcher_pods: { type: 'gauge', help: 'Pods known.', labels: [] },
} as const satisfies Record<string, MetricEntry>;

export type MetricName = keyof typeof metricTable;
