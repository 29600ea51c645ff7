/**
 * What can be asked of ProjectService without waiting for its turn: shared handlers, which read and change nothing. For
 * tests, the demo, and for whoever wants to see what arrived.
 */
import { handlers, type ObjectSharedContext } from '@restatedev/restate-sdk';
import { z } from 'zod';
import { parseBody } from './body.ts';
import { reading } from './handler-options.ts';
import { nameOf } from './project/entry.ts';
import { isOpen } from './project/memory.ts';
import { read, type ReceivedPage } from './project/received.ts';
import { emptyHead, readMemory, type Counts, type Head, type Span } from './project/state.ts';

/** What happened to a cluster's events so far. */
export interface Summary extends Counts {
  /** Numbers of the deliveries that `received` can give, from `first` up to, without, `next`. */
  readonly kept: Span;
}

/** How one incident stands; moments in RFC 3339, null where there was none. */
export interface IncidentReport {
  readonly isOpen: boolean;
  readonly told_at: string | null;
  readonly heard_at: string | null;
  readonly closed_at: string | null;
}

const receivedSchema = z.object({
  /** Number of the delivery to begin with. */
  from: z.int().min(0).default(0),
  /** Events after which to stop; a delivery is never split. */
  limit: z.int().min(1).max(5000).default(500),
});
const incidentSchema = z.object({ incident_key: z.string() });

/** The handlers. `own` throws where the call is not the cluster's own. */
export function projectReads(own: (context: ObjectSharedContext) => void) {
  return {
    summary: handlers.object.shared(reading, async (context: ObjectSharedContext): Promise<Summary> => {
      own(context);
      const { counts, log } = (await context.get<Head>('head')) ?? emptyHead();
      return { ...counts, kept: log };
    }),
    received: handlers.object.shared(reading, (context: ObjectSharedContext): Promise<ReceivedPage> => {
      own(context);
      const { body } = context.request();
      const { from, limit } = body.length === 0 ? receivedSchema.parse({}) : parseBody(receivedSchema, body);
      return read(context, from, limit);
    }),
    incident: handlers.object.shared(reading, async (context: ObjectSharedContext): Promise<IncidentReport> => {
      own(context);
      const { incident_key } = parseBody(incidentSchema, context.request().body);
      const memory = await readMemory(context, (await context.get<Head>('head')) ?? emptyHead());
      const incident = memory.incident(nameOf(incident_key));
      const { toldMs, heardMs, closedMs } = incident;
      return {
        isOpen: isOpen(incident),
        told_at: dateOf(toldMs),
        heard_at: dateOf(heardMs),
        closed_at: dateOf(closedMs),
      };
    }),
  };
}

function dateOf(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString();
}
