/**
 * ClusterRegistry, an object for each cluster: what is known of it, and a check that needs nobody to ask. Each heartbeat
 * sees to it that a check is under way: a call to itself that Restate delays and keeps, across restarts of plane and
 * server, until the cluster would be late. It finds that it is, or delays itself again.
 *
 * A plane that was away says of nobody that they were silent: a check that comes late itself gives them all the time again.
 */
import { handlers, object, rpc, TerminalError, type ObjectContext } from '@restatedev/restate-sdk';
import type { ObjectSharedContext } from '@restatedev/restate-sdk';
import type { z } from 'zod';
import type { enrolSchema } from '../../../internal/restate/wire-schema.ts';
import { requireCaller } from '../caller.ts';
import { passing, patient, reading } from '../handler-options.ts';
import type { PlaneOptions } from '../options.ts';
import { noteLate } from './fleet.ts';
import { heard, judged, nextLookMs, patienceMs, type LateNews, type PartSeen } from './lateness.ts';
import {
  describeReplicas,
  everyMsOf,
  forgetReplicas,
  goneParts,
  rememberReplica,
  type ClusterRecord,
  type Heartbeat,
} from './record.ts';

type Enrolment = z.infer<typeof enrolSchema>;

const name = 'ClusterRegistry';
/** Checks come no closer to each other, whatever interval an agent names. */
const LEAST_PAUSE_MS = 250;

/** A check that is later than this, and than half an interval, says that the plane was away. */
const LEAST_LATE_MS = 1_000;

interface RegistryApi {
  enrol: (context: ObjectContext, enrolment: Enrolment) => Promise<{ readonly isFirst: boolean }>;
  beat: (context: ObjectContext, heartbeat: Heartbeat) => Promise<void>;
  check: (context: ObjectContext, dueMs: number) => Promise<void>;
}

export const registryOf = (context: Pick<ObjectContext, 'objectClient'>, cluster: string) =>
  context.objectClient<RegistryApi>({ name }, cluster);

export function clusterRegistry({ hasOpenAdmin, identityHeader, missedBeats }: PlaneOptions) {
  const hidden = { ...reading, ingressPrivate: true };
  const admin = { ...passing, ingressPrivate: !hasOpenAdmin };
  return object({
    name,
    handlers: {
      enrol: handlers.object.exclusive(hidden, enrol),
      beat: handlers.object.exclusive(hidden, (context: ObjectContext, heartbeat: Heartbeat) =>
        beat(context, heartbeat, missedBeats),
      ),
      // All state at once: it looks at every replica.
      check: handlers.object.exclusive(
        { ...passing, ...patient, ingressPrivate: true },
        (context: ObjectContext, dueMs: number) => check(context, dueMs, missedBeats),
      ),
      get: handlers.object.shared(admin, async (context: ObjectSharedContext) => {
        requireCaller(context, context.key, identityHeader);
        const record = await context.get<ClusterRecord>('cluster');
        if (record === null) return null;
        return { ...record, replicas: await describeReplicas(context, await context.date.now(), missedBeats) };
      }),
      forget: handlers.object.exclusive(admin, async (context: ObjectContext) => {
        requireCaller(context, context.key, identityHeader);
        await forget(context);
        return {};
      }),
    },
  });
}

async function enrol(context: ObjectContext, enrolment: Enrolment): Promise<{ isFirst: boolean }> {
  const known = await context.get<ClusterRecord>('cluster');
  const cluster_uid = uidOf(known, enrolment);
  const enrolled_at = await context.date.toJSON();
  context.set('cluster', { ...known, cluster_uid, version: enrolment.version, enrolled_at });
  return { isFirst: known === null };
}

async function beat(context: ObjectContext, heartbeat: Heartbeat, missedBeats: number): Promise<void> {
  const atMs = await context.date.now();
  const at = timeOf(atMs);
  const known = await context.get<ClusterRecord>('cluster');
  const { scope = '', leading: isLeading = true, version } = heartbeat;
  const before = known?.parts?.[scope];
  const part = heard(before, { atMs, everyMs: everyMsOf(heartbeat), isLeading });
  if (before?.late !== undefined && part.late === undefined) {
    noteLate(context, news(context, scope, 'back', { atMs, sinceMs: before.late.sinceMs }));
  }
  rememberReplica(context, heartbeat, atMs);
  const record = { enrolled_at: at, ...known, version, last_heartbeat: { at, ...heartbeat } };
  const parts = { ...known?.parts, [scope]: part };
  const isUnderWay = known?.check_due_ms !== undefined && atMs < known.check_due_ms + patienceMs(part, missedBeats);
  const check_due_ms = isUnderWay ? known.check_due_ms : delayCheck(context, parts, { nowMs: atMs, missedBeats });
  context.set('cluster', { ...record, parts, ...(check_due_ms === undefined ? {} : { check_due_ms }) });
}

/** A check that another one took the place of does nothing. */
async function check(context: ObjectContext, dueMs: number, missedBeats: number): Promise<void> {
  const record = await context.get<ClusterRecord>('cluster');
  if (record?.parts === undefined || record.check_due_ms !== dueMs) return;
  const nowMs = await context.date.now();
  const longestMs = Math.max(...Object.values(record.parts).map(({ everyMs }) => everyMs));
  const wasAway = nowMs - dueMs >= Math.max(longestMs / 2, LEAST_LATE_MS);
  const looked = wasAway ? excused(record.parts, nowMs) : judgeAll(context, record.parts, { nowMs, missedBeats });
  const gone = new Set(goneParts(looked, nowMs));
  const parts = Object.fromEntries(Object.entries(looked).filter(([scope]) => !gone.has(scope)));
  for (const scope of gone) noteLate(context, news(context, scope, 'forgotten', { atMs: nowMs, sinceMs: nowMs }));
  await forgetReplicas(context, nowMs);
  const { check_due_ms: _done, ...rest } = record;
  const check_due_ms = delayCheck(context, parts, { nowMs, missedBeats });
  context.set('cluster', { ...rest, parts, ...(check_due_ms === undefined ? {} : { check_due_ms }) });
}

type Parts = Readonly<Record<string, PartSeen>>;

interface Look {
  readonly nowMs: number;
  readonly missedBeats: number;
}

function judgeAll(context: ObjectContext, parts: Parts, { nowMs, missedBeats }: Look): Parts {
  return eachPart(parts, (part, scope) => {
    const { late } = judged(part, nowMs, missedBeats);
    if (late === undefined || late.reason === part.late?.reason) return part;
    noteLate(context, news(context, scope, late.reason, { atMs: nowMs, sinceMs: late.sinceMs }));
    return { ...part, late };
  });
}

/** Whoever is not late gets all the time from now on. */
function excused(parts: Parts, nowMs: number): Parts {
  return eachPart(parts, (part) => (part.late === undefined ? { ...part, excusedMs: nowMs } : part));
}

function eachPart(parts: Parts, changed: (part: PartSeen, scope: string) => PartSeen): Parts {
  return Object.fromEntries(Object.entries(parts).map(([scope, part]) => [scope, changed(part, scope)]));
}

/** Sends the next check on its way, and says when it is due; undefined where none is needed. */
function delayCheck(context: ObjectContext, parts: Parts, { nowMs, missedBeats }: Look): number | undefined {
  const nextMs = nextLookMs(Object.values(parts), missedBeats);
  if (nextMs === undefined) return undefined;
  const dueMs = Math.max(nextMs, nowMs + LEAST_PAUSE_MS);
  context
    .objectSendClient<RegistryApi>({ name }, context.key)
    .check(dueMs, rpc.sendOpts({ delay: { milliseconds: dueMs - nowMs } }));
  return dueMs;
}

/** The cluster is gone for good, or was built anew under its name. */
async function forget(context: ObjectContext): Promise<void> {
  const { parts = {} } = (await context.get<ClusterRecord>('cluster')) ?? {};
  const atMs = await context.date.now();
  for (const scope of Object.keys(parts)) {
    noteLate(context, news(context, scope, 'forgotten', { atMs, sinceMs: atMs }));
  }
  context.clearAll();
}

function news(
  { key: cluster_id }: ObjectContext,
  scope: string,
  what: LateNews['what'],
  { atMs, sinceMs }: { readonly atMs: number; readonly sinceMs: number },
): LateNews {
  return { cluster_id, scope, what, at: timeOf(atMs), since: timeOf(sinceMs) };
}

const timeOf = (ms: number): string => new Date(ms).toISOString();

/** The uid to keep. An agent that may not read it proves nothing, so it neither fails nor overwrites. */
function uidOf(known: ClusterRecord | null, { cluster_id, cluster_uid }: Enrolment): string | undefined {
  if (known?.cluster_uid === undefined || cluster_uid === undefined) return cluster_uid ?? known?.cluster_uid;
  if (known.cluster_uid === cluster_uid) return cluster_uid;
  throw new TerminalError(`another cluster is enrolled as ${cluster_id}; its uid is ${known.cluster_uid}`, {
    errorCode: 409,
  });
}
