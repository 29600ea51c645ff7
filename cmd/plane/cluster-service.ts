/**
 * ClusterService: clusters enrol here and say that they live. What is known of one is kept by ClusterRegistry, an object
 * for each cluster, which nobody outside can call.
 *
 * A cluster is recognised by the uid of its namespace kube-system. A second one under a name that is taken is refused: it
 * would otherwise tell its failures as the first one's.
 */
import {
  handlers,
  object,
  service,
  TerminalError,
  type Context,
  type ObjectContext,
  type ObjectSharedContext,
} from '@restatedev/restate-sdk';
import type { z } from 'zod';
import { enrolSchema, heartbeatSchema } from '../../internal/restate/wire-schema.ts';
import { jsonBytes, parseBody } from './body.ts';
import { requireCaller } from './caller.ts';
import { passing } from './handler-options.ts';
import type { PlaneOptions } from './options.ts';

type Enrolment = z.infer<typeof enrolSchema>;
type Heartbeat = z.infer<typeof heartbeatSchema>;

/** What is known of a cluster. */
export interface ClusterRecord {
  readonly cluster_uid?: string | undefined;
  readonly version: string;
  /** RFC 3339, by the plane's clock. */
  readonly enrolled_at: string;
  readonly last_heartbeat?: { readonly at: string } & Heartbeat;
}

const registry = 'ClusterRegistry';

interface RegistryApi {
  enrol: (context: ObjectContext, enrolment: Enrolment) => Promise<{ readonly isFirst: boolean }>;
  beat: (context: ObjectContext, heartbeat: Heartbeat) => Promise<void>;
}

export function clusterService({ identityHeader }: PlaneOptions) {
  return service({
    name: 'ClusterService',
    handlers: {
      Enroll: handlers.handler(
        { ...passing, input: jsonBytes(enrolSchema) },
        async (context: Context, body: Uint8Array) => {
          const enrolment = parseBody(enrolSchema, body);
          requireCaller(context, enrolment.cluster_id, identityHeader);
          const { isFirst } = await context
            .objectClient<RegistryApi>({ name: registry }, enrolment.cluster_id)
            .enrol(enrolment);
          return { enrolled: true, cluster_id: enrolment.cluster_id, is_first: isFirst };
        },
      ),
      Heartbeat: handlers.handler(
        { ...passing, input: jsonBytes(heartbeatSchema) },
        async (context: Context, body: Uint8Array) => {
          const heartbeat = parseBody(heartbeatSchema, body);
          requireCaller(context, heartbeat.cluster_id, identityHeader);
          await context.objectClient<RegistryApi>({ name: registry }, heartbeat.cluster_id).beat(heartbeat);
          return {};
        },
      ),
    },
  });
}

export function clusterRegistry({ hasOpenAdmin, identityHeader }: PlaneOptions) {
  const hidden = { ...passing, ingressPrivate: true };
  return object({
    name: registry,
    handlers: {
      enrol: handlers.object.exclusive(hidden, async (context: ObjectContext, enrolment: Enrolment) => {
        const known = await context.get<ClusterRecord>('cluster');
        const cluster_uid = uidOf(known, enrolment);
        const enrolled_at = await context.date.toJSON();
        context.set('cluster', { ...known, cluster_uid, version: enrolment.version, enrolled_at });
        return { isFirst: known === null };
      }),
      beat: handlers.object.exclusive(hidden, async (context: ObjectContext, heartbeat: Heartbeat) => {
        const at = await context.date.toJSON();
        const known = await context.get<ClusterRecord>('cluster');
        context.set('cluster', {
          enrolled_at: at,
          ...known,
          version: heartbeat.version,
          last_heartbeat: { at, ...heartbeat },
        });
      }),
      get: handlers.object.shared({ ...passing, ingressPrivate: !hasOpenAdmin }, (context: ObjectSharedContext) => {
        requireCaller(context, context.key, identityHeader);
        return context.get<ClusterRecord>('cluster');
      }),
    },
  });
}

/** The uid to keep. An agent that may not read it proves nothing, so it neither fails nor overwrites. */
function uidOf(known: ClusterRecord | null, { cluster_id, cluster_uid }: Enrolment): string | undefined {
  if (known?.cluster_uid === undefined || cluster_uid === undefined) return cluster_uid ?? known?.cluster_uid;
  if (known.cluster_uid === cluster_uid) return cluster_uid;
  throw new TerminalError(`another cluster is enrolled as ${cluster_id}; its uid is ${known.cluster_uid}`, {
    errorCode: 409,
  });
}
