/**
 * ConfigService, an object for each cluster: the remote settings its agent reads. `Get` is shared, so it never waits for
 * anything; `Set` is for whoever runs the plane, and private to Restate unless opened. The cooldown among them is the
 * plane's business as well, so ProjectService is told of it.
 */
import { handlers, object, type ObjectContext, type ObjectSharedContext } from '@restatedev/restate-sdk';
import { remoteSettingsSchema, type PlaneSettings } from '../../internal/restate/wire-schema.ts';
import { jsonBytes, parseBody } from './body.ts';
import { requireCaller } from './caller.ts';
import { delivering, passing } from './handler-options.ts';
import type { PlaneOptions } from './options.ts';
import { projectServiceName, type Cooling } from './project-service.ts';

/** Changes nothing at the agent, and says which further types of events this plane understands. */
const defaultSettings: PlaneSettings = {
  dedup_cooldown_seconds: 0,
  batch_size: 0,
  batch_flush_ms: 0,
  enabled_reasons: [],
  event_types: ['resolved', 'digest', 'silenced'],
};

export function configService({ hasOpenAdmin, identityHeader }: PlaneOptions) {
  return object({
    name: 'ConfigService',
    handlers: {
      Get: handlers.object.shared(passing, async (context: ObjectSharedContext): Promise<PlaneSettings> => {
        requireCaller(context, context.key, identityHeader);
        return { ...defaultSettings, ...(await context.get<PlaneSettings>('settings')) };
      }),
      Set: handlers.object.exclusive(
        { ...delivering, ingressPrivate: !hasOpenAdmin, input: jsonBytes(remoteSettingsSchema) },
        async (context: ObjectContext, body: Uint8Array) => {
          requireCaller(context, context.key, identityHeader);
          const settings = parseBody(remoteSettingsSchema, body);
          context.set('settings', settings);
          // 0 and null mean, here as for the agent: none of its own.
          const seconds = settings.dedup_cooldown_seconds ?? 0;
          const project = context.objectSendClient<Cooling>({ name: projectServiceName }, context.key);
          project.useCooldown(seconds > 0 ? { ms: seconds * 1000 } : {});
          return Promise.resolve({});
        },
      ),
    },
  });
}
