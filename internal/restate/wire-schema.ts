/**
 * The wire event as a zod schema: what a plane may rely on. Used by the reference plane and by tests; the agent itself
 * does not load it, so zod stays out of its bundle.
 *
 * Strict in what identifies an event, lenient in the rest: fields an older agent never filled have defaults, fields of a
 * newer one are not looked at. Each text is bounded, since an event is at most 8 KiB.
 */
import { z } from 'zod';
import { LabelSelector } from '../platform/label-selector.ts';
import { EVENT_BYTES } from '../platform/limits.ts';
import { parseRfc3339 } from '../platform/rfc3339.ts';

const text = z.string().max(EVENT_BYTES);
const name = z.string().min(1).max(256);
const count = z.int().min(0);
const moment = z.iso.datetime({ offset: true });
/** Not for everything: that is said by the namespace `*`. */
const pattern = z
  .string()
  .max(256)
  .regex(/[^*/=\s]/);
const patterns = z.array(pattern).min(1).max(20);
const namespacePatterns = z
  .array(pattern.or(z.literal('*')))
  .min(1)
  .max(20);
const isSelector = (text: string): boolean => LabelSelector.parse(text) instanceof LabelSelector;

const digestSchema = z.object({
  failures: count,
  pods: count,
  first_at: moment,
  last_at: moment,
  sample_pods: z.array(text).max(100),
  covered: z
    .array(
      z.object({
        event_id: name,
        incident_key: name,
        name: z.string().min(1).max(256),
        observed_at: moment,
        reason: text.optional(),
        scope: text.optional(),
      }),
    )
    .min(1)
    .max(1000),
});

export const wireEventSchema = z.object({
  event_id: name,
  // The agent's predecessor sent ''; a plane takes that for a failure.
  type: z.string().max(64),
  namespace: z.string().max(256),
  name: z.string().min(1).max(256),
  phase: text,
  reason: text,
  message: text,
  restart_count: count,
  container_name: text,
  project_id: text.default(''),
  owner_id: text.default(''),
  workload_id: text.default(''),
  claimed_ids: z.array(text).max(3).optional(),
  workload_kind: text.default(''),
  workload_name: text.default(''),
  labels: z.record(z.string(), text).nullish(),
  occurred_at: moment.optional(),
  observed_at: moment.optional(),
  pod_uid: text.optional(),
  node_name: text.optional(),
  container_role: text.optional(),
  image: text.optional(),
  exit_code: z.int().optional(),
  signal: z.int().optional(),
  exit_reason: text.optional(),
  exit_cause: text.optional(),
  ran_for_ms: z.number().optional(),
  incident_key: name.optional(),
  incident_class: text.optional(),
  fingerprint: text.optional(),
  group_id: name.optional(),
  severity: text.optional(),
  covers: z.array(name).max(1000).optional(),
  closes: z.array(name).max(1000).optional(),
  occurrences: count.optional(),
  digest: digestSchema.optional(),
  silenced: z
    .object({
      ...{ id: text, source: text, owner: text, until: moment, comment: text.optional(), ended: text },
      ...{ failures: count, reasons: z.record(text, count), sample_pods: z.array(text).max(100) },
      ...{ first_at: moment, last_at: moment },
    })
    .optional(),
  restarts_unseen: count.optional(),
  context: z.unknown().optional(),
  scope: name.optional(),
  agent_version: text.optional(),
  truncated: z.boolean().optional(),
  test: z.boolean().optional(),
});

/** An event as a plane may rely on it. */
export type ReceivedEvent = z.infer<typeof wireEventSchema>;

/** Body of ClusterService/Enroll. */
export const enrolSchema = z.looseObject({
  cluster_id: name,
  version: text,
  /** uid of the namespace kube-system: which cluster it really is. Older agents and those without the right leave it out. */
  cluster_uid: name.optional(),
});

/** Body of ClusterService/Heartbeat. */
export const heartbeatSchema = z.looseObject({
  cluster_id: name,
  version: text,
  watch_age_ms: z.number().min(0).nullish(),
  backlog_age_ms: z.number().min(0).nullish(),
  leading: z.boolean().optional(),
  /** Which agent of the cluster this is: its pod, or its host. */
  replica: name.optional(),
  /** Where there is one agent a node. */
  node: name.optional(),
  /** The part of the cluster it tells of, as in events; left out for all of it. */
  scope: name.optional(),
  /** How often it promises to be heard. */
  every_ms: z
    .int()
    .min(100)
    .max(24 * 60 * 60_000)
    .optional(),
});

/** Body of ProjectService/{cluster_id}/onOpenIncidents: the complete set of what is open, and when that was true. */
export const openIncidentsSchema = z.looseObject({
  observed_at: moment,
  incident_keys: z.array(name).max(100_000),
  /** Of which part of the cluster the set is complete; all of it where left out. */
  scope: name.optional(),
});

/** Somebody's word that some failures are not to be told until a moment. */
export const silenceSchema = z.strictObject({
  id: z.string().min(1).max(128),
  owner: z.string().min(1).max(128),
  until: z.string().refine((text) => parseRfc3339(text) !== undefined, 'no moment such as 2026-11-22T10:00:00Z'),
  comment: z.string().max(256).optional(),
  /** Patterns with `*`; all that is given must hold, of a list one. */
  match: z
    .strictObject({
      namespaces: namespacePatterns.optional(),
      selector: z.string().refine(isSelector, 'no label selector').optional(),
      workloads: patterns.optional(),
      reasons: patterns.optional(),
    })
    .refine((match) => Object.keys(match).length > 0, 'names nothing'),
});

/** Answer of ConfigService/{cluster_id}/Get. 0, null and [] mean: keep what you have. */
export const remoteSettingsSchema = z.looseObject({
  dedup_cooldown_seconds: z.int().min(0).max(86_400).nullish(),
  batch_size: z.int().min(0).max(1000).nullish(),
  batch_flush_ms: z.int().min(0).max(60_000).nullish(),
  enabled_reasons: z.array(name).max(100).nullish(),
  event_types: z.array(name).max(20).nullish(),
  silences: z.array(silenceSchema).max(500).nullish(),
  digest_threshold: z.int().min(0).max(100_000).nullish(),
  digest_window_seconds: z.int().min(0).max(600).nullish(),
});

/** Remote settings as the plane keeps them. */
export type PlaneSettings = z.infer<typeof remoteSettingsSchema>;
