/**
 * ClusterService: clusters enrol here and say that they live, and whoever asks hears which of them are late. What is
 * known of one is kept by ClusterRegistry, an object for each cluster, which nobody outside can call.
 *
 * A cluster is recognised by the uid of its namespace kube-system. A second one under a name that is taken is refused: it
 * would otherwise tell its failures as the first one's.
 */
import { handlers, service, type Context } from '@restatedev/restate-sdk';
import { enrolSchema, heartbeatSchema } from '../../internal/restate/wire-schema.ts';
import { jsonBytes, parseBody } from './body.ts';
import { requireCaller } from './caller.ts';
import { fleetOf, type FleetReport } from './cluster/fleet.ts';
import { registryOf } from './cluster/registry.ts';
import { passing } from './handler-options.ts';
import type { PlaneOptions } from './options.ts';

export function clusterService({ identityHeader, hasOpenAdmin }: PlaneOptions) {
  return service({
    name: 'ClusterService',
    handlers: {
      Enroll: handlers.handler(
        { ...passing, input: jsonBytes(enrolSchema) },
        async (context: Context, body: Uint8Array) => {
          const enrolment = parseBody(enrolSchema, body);
          requireCaller(context, enrolment.cluster_id, identityHeader);
          const { isFirst } = await registryOf(context, enrolment.cluster_id).enrol(enrolment);
          return { enrolled: true, cluster_id: enrolment.cluster_id, is_first: isFirst };
        },
      ),
      Heartbeat: handlers.handler(
        { ...passing, input: jsonBytes(heartbeatSchema) },
        async (context: Context, body: Uint8Array) => {
          const heartbeat = parseBody(heartbeatSchema, body);
          requireCaller(context, heartbeat.cluster_id, identityHeader);
          await registryOf(context, heartbeat.cluster_id).beat(heartbeat);
          return {};
        },
      ),
      // Where clusters are told apart, none of them may see the others.
      Late: handlers.handler(
        { ...passing, ingressPrivate: identityHeader !== undefined && !hasOpenAdmin },
        (context: Context): Promise<FleetReport> => fleetOf(context).list(),
      ),
    },
  });
}
