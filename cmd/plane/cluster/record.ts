/** What ClusterRegistry keeps of a cluster, and how it is shown. Each replica has a key of its own: a cluster may have one a node. */
import type { ObjectContext, ObjectSharedContext } from '@restatedev/restate-sdk';
import type { z } from 'zod';
import type { heartbeatSchema } from '../../../internal/restate/wire-schema.ts';
import { patienceMs, type PartSeen } from './lateness.ts';

export type Heartbeat = z.infer<typeof heartbeatSchema>;

export interface ClusterRecord {
  readonly cluster_uid?: string | undefined;
  readonly version: string;
  /** RFC 3339, by the plane's clock. */
  readonly enrolled_at: string;
  readonly last_heartbeat?: { readonly at: string } & Heartbeat;
  /** By the scope that their agents name; '' for all of the cluster. */
  readonly parts?: Readonly<Record<string, PartSeen>>;
  /** When the check that is under way is due, Ms since the epoch. */
  readonly check_due_ms?: number;
}

/** What one replica said last. */
export interface ReplicaSeen {
  readonly atMs: number;
  readonly everyMs: number;
  readonly version: string;
  readonly leading: boolean | undefined;
  readonly scope: string;
  readonly watch_age_ms: number | null;
  readonly backlog_age_ms: number | null;
}

/** Of agents from before the field. */
const EVERY_MS = 60_000;
/** A replica that was not heard for so long is forgotten: its pod is gone, and another has its place. */
const REPLICA_KEPT_MS = 60 * 60_000;
/** A part that was not heard for so long is, where another one is heard: the shards were cut anew. */
const PART_KEPT_MS = 24 * 60 * 60_000;
const PREFIX = 'replica ';

export const everyMsOf = ({ every_ms: everyMs }: Heartbeat): number => everyMs ?? EVERY_MS;

/** With one agent a node it is the node that stays, whatever its pod is called. */
export function rememberReplica(context: ObjectContext, heartbeat: Heartbeat, atMs: number): void {
  const { version, leading, scope = '', watch_age_ms: watchAge, backlog_age_ms: backlogAge } = heartbeat;
  const seen: ReplicaSeen = {
    ...{ atMs, everyMs: everyMsOf(heartbeat), version, leading, scope },
    ...{ watch_age_ms: watchAge ?? null, backlog_age_ms: backlogAge ?? null },
  };
  context.set(`${PREFIX}${heartbeat.node ?? heartbeat.replica ?? ''}`, seen);
}

async function replicasOf(context: ObjectSharedContext): Promise<[name: string, seen: ReplicaSeen][]> {
  const replicas: [string, ReplicaSeen][] = [];
  for (const key of await context.stateKeys()) {
    const seen = key.startsWith(PREFIX) ? await context.get<ReplicaSeen>(key) : null;
    if (seen !== null) replicas.push([key.slice(PREFIX.length), seen]);
  }
  return replicas;
}

export async function forgetReplicas(context: ObjectContext, nowMs: number): Promise<void> {
  for (const [name, { atMs }] of await replicasOf(context)) {
    if (nowMs - atMs >= REPLICA_KEPT_MS) context.clear(`${PREFIX}${name}`);
  }
}

/** Parts that are no more. */
export function goneParts(parts: Readonly<Record<string, PartSeen>>, nowMs: number): string[] {
  const entries = Object.entries(parts);
  const isOneHeard = entries.some(([, { late }]) => late?.reason !== 'silent');
  if (!isOneHeard) return [];
  return entries.filter(([, { heardMs }]) => nowMs - heardMs >= PART_KEPT_MS).map(([scope]) => scope);
}

/** What ClusterRegistry/{cluster}/get answers beside the record. */
export async function describeReplicas(context: ObjectSharedContext, nowMs: number, missedBeats: number) {
  const replicas = await replicasOf(context);
  return replicas.map(([replica, { atMs, everyMs, ...said }]) => ({
    ...{ replica, ...said, last_seen: new Date(atMs).toISOString() },
    is_late: nowMs - atMs >= patienceMs({ everyMs }, missedBeats),
  }));
}
