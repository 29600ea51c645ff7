/**
 * ClusterFleet, one object for all clusters: which of them are late, and the last hundred changes of that. It is told of
 * changes alone, so a fleet that is well costs it nothing; each late part has a key of its own, so that an outage of all
 * of them at once does not rewrite a growing list.
 */
import { handlers, object, type ObjectContext, type ObjectSharedContext } from '@restatedev/restate-sdk';
import { patient, reading } from '../handler-options.ts';
import type { PlaneOptions } from '../options.ts';
import type { LateNews } from './lateness.ts';

/** What ClusterService/Late answers. */
export interface FleetReport {
  readonly late: readonly LateNews[];
  /** The last changes, oldest first. */
  readonly recent: readonly LateNews[];
}

const KEPT = 100;
const name = 'ClusterFleet';
/** The one object. */
const KEY = 'all';
const PREFIX = 'late ';

interface FleetApi {
  note: (context: ObjectContext, news: LateNews) => Promise<void>;
  list: (context: ObjectSharedContext) => Promise<FleetReport>;
}

export const fleetOf = (context: Pick<ObjectContext, 'objectClient'>) => context.objectClient<FleetApi>({ name }, KEY);

/** Tells the fleet; arrives once, also across crashes. */
export function noteLate(context: Pick<ObjectContext, 'objectSendClient'>, news: LateNews): void {
  context.objectSendClient<FleetApi>({ name }, KEY).note(news);
}

export function clusterFleet({ tellLate }: PlaneOptions) {
  const hidden = { ...reading, ingressPrivate: true };
  return object({
    name,
    handlers: {
      note: handlers.object.exclusive({ ...hidden, ...patient }, async (context: ObjectContext, news: LateNews) => {
        const key = `${PREFIX}${JSON.stringify([news.cluster_id, news.scope])}`;
        if (news.what === 'silent' || news.what === 'no-leader') context.set(key, news);
        else context.clear(key);
        context.set('recent', [...((await context.get<LateNews[]>('recent')) ?? []), news].slice(-KEPT));
        await context.run('tell', () => tellLate?.(news));
      }),
      list: handlers.object.shared(hidden, async (context: ObjectSharedContext): Promise<FleetReport> => {
        const keys = (await context.stateKeys()).filter((key) => key.startsWith(PREFIX)).toSorted();
        const late: LateNews[] = [];
        for (const key of keys) {
          const news = await context.get<LateNews>(key);
          if (news !== null) late.push(news);
        }
        return { late, recent: (await context.get<LateNews[]>('recent')) ?? [] };
      }),
    },
  });
}
