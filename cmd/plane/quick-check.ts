/**
 * A quick look at events, before the schema takes its time: zod needs some 10 µs for an event and its garbage (measured),
 * half of what a delivery costs the plane; this needs less than 1.
 *
 * It promises: whom it calls valid, the schema (internal/restate/wire-schema.ts) would take; test/unit/plane/quick-check
 * holds it to that. It doesn't promise the reverse. What it doesn't know, a field of a newer schema among it, it leaves to
 * the schema, which also finds the words for what is wrong.
 */
import { EVENT_BYTES } from '../../internal/platform/limits.ts';
import type { ReceivedEvent } from '../../internal/restate/wire-schema.ts';

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string' && value.length <= EVENT_BYTES;
const name: Check = (value) => typeof value === 'string' && value.length >= 1 && value.length <= 256;
const int: Check = (value) => Number.isSafeInteger(value);
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const flag: Check = (value) => typeof value === 'boolean';

/** As the agent writes it. Days from the 29th on depend on month and year: those are left to the schema. */
const MOMENT = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z$/;
const moment: Check = (value) => typeof value === 'string' && value.length <= 40 && MOMENT.test(value);

const required: Readonly<Record<string, Check>> = {
  event_id: name,
  type: (value) => typeof value === 'string' && value.length <= 64,
  namespace: (value) => typeof value === 'string' && value.length <= 256,
  name,
  phase: text,
  reason: text,
  message: text,
  restart_count: count,
  container_name: text,
  // The schema has defaults for these; an event without them is left to it.
  ...{ project_id: text, owner_id: text, workload_id: text, workload_kind: text, workload_name: text },
};

const optional: Readonly<Record<string, Check>> = {
  claimed_ids: (value) => Array.isArray(value) && value.length <= 3 && value.every(text),
  ...{ labels: isLabels, occurred_at: moment, observed_at: moment, pod_uid: text, node_name: text },
  ...{ container_role: text, image: text, exit_code: int, signal: int, exit_reason: text, ran_for_ms: count },
  ...{ exit_cause: text, context: isRecord },
  ...{ incident_key: name, incident_class: text, fingerprint: text, group_id: name, severity: text, covers: isNames },
  ...{ occurrences: count, restarts_unseen: count, agent_version: text, scope: name, truncated: flag, test: flag },
};

/** Without a prototype, so that no field finds there what is no check. */
const checks = Object.assign(Object.create(null) as Record<string, Check>, required, optional);
const requiredNames = Object.keys(required);

/** True where the schema would surely take this event. */
export function isSurelyValid(event: unknown): event is ReceivedEvent {
  if (!isRecord(event)) return false;
  for (const field of requiredNames) if (!Object.hasOwn(event, field)) return false;
  // Not Object.entries, which makes an array a field. What comes from JSON inherits nothing that this would find.
  for (const field in event) if (checks[field]?.(event[field]) !== true) return false;
  return true;
}

/** The same of a batch of them. */
export function areSurelyValid(events: unknown, most: number): events is ReceivedEvent[] {
  return Array.isArray(events) && events.length >= 1 && events.length <= most && events.every(isSurelyValid);
}

function isLabels(value: unknown): boolean {
  return value === null || (isRecord(value) && areTexts(value));
}

function areTexts(labels: Record<string, unknown>): boolean {
  for (const name in labels) if (!text(labels[name])) return false;
  return true;
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.length <= 1000 && value.every(name);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
