/**
 * ConfigService, an object for each cluster: the remote settings its agent reads. `Get` is shared, so it never waits for
 * anything; `Set` is for whoever runs the plane, and private to Restate unless opened.
 */
import { handlers, object, type ObjectContext, type ObjectSharedContext } from '@restatedev/restate-sdk';
import { remoteSettingsSchema, type PlaneSettings } from '../../internal/restate/wire-schema.ts';
import { jsonBytes, parseBody } from './body.ts';
import { requireCaller } from './caller.ts';
import { delivering, passing } from './handler-options.ts';
import type { PlaneOptions } from './options.ts';

/** Changes nothing at the agent, and says which further types of events this plane understands. */
const defaultSettings: PlaneSettings = {
  dedup_cooldown_seconds: 0,
  batch_size: 0,
  batch_flush_ms: 0,
  enabled_reasons: [],
  event_types: ['resolved', 'digest'],
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
          context.set('settings', parseBody(remoteSettingsSchema, body));
          return Promise.resolve({});
        },
      ),
    },
  });
}
