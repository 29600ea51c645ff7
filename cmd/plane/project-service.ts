/**
 * ProjectService, an object for each cluster: takes its failures, each once, and keeps them.
 *
 * Calls for one cluster are handled one after the other, which is what makes "once" and the cooldown simple. A delivery
 * costs one read (the head of its state) beside one recorded decision, and a few writes, however much is remembered. The
 * rules are pure (project/decide.ts), the layout of the state is project/state.ts.
 *
 * On replays: Restate runs a handler again after a crash and expects the same steps. What an event becomes depends on
 * this process's memory and on the time, which another process doesn't share; so that decision is made inside `run`,
 * whose result Restate records. All that follows is a function of the state and of what was recorded.
 */
import { handlers, object, type ObjectContext, type ObjectSharedContext } from '@restatedev/restate-sdk';
import { z } from 'zod';
import type { Clock } from '../../internal/platform/clock.ts';
import { openIncidentsSchema, wireEventSchema, type ReceivedEvent } from '../../internal/restate/wire-schema.ts';
import { jsonBytes, parseBody } from './body.ts';
import { requireCaller } from './caller.ts';
import { orDeadLetter } from './dead-letters.ts';
import { FailedAttempts } from './failed-attempts.ts';
import { delivering } from './handler-options.ts';
import type { PlaneOptions } from './options.ts';
import { projectReads } from './project-reads.ts';
import { closeAbsent } from './project/close.ts';
import { useCooldown } from './project/cooldown.ts';
import { prepare } from './project/decide.ts';
import { forget, isForgettingDue } from './project/forget.ts';
import { Memories } from './project/memories.ts';
import { areSurelyValid } from './quick-check.ts';
import { take, type Delivery, type Receipt } from './project/take.ts';

const MOST_EVENTS = 10_000;
const batchSchema = z.array(wireEventSchema).min(1).max(MOST_EVENTS);

const isValidBatch = (json: unknown): json is ReceivedEvent[] => areSurelyValid(json, MOST_EVENTS);

/** Where a cluster's failures go. */
export const projectServiceName = 'ProjectService';
const name = projectServiceName;

/** What ConfigService tells the object. */
export interface Cooling {
  useCooldown: (context: ObjectContext, cooldown: { readonly ms?: number }) => Promise<void>;
}

/** What the object asks of itself. */
interface Forgetting {
  forget: (context: ObjectContext) => Promise<void>;
}

export function projectService(options: PlaneOptions, clock: Clock) {
  const memories = new Memories(options.namesInMemory);
  const own = (context: ObjectSharedContext): void => requireCaller(context, context.key, options.identityHeader);
  const failed = new FailedAttempts();
  const deliver = (context: ObjectContext, delivery: Delivery): Promise<Receipt> =>
    orDeadLetter(context, failed, async () => {
      const { receipt, head, nowMs } = await take(context, delivery, { ...options, memories, clock });
      if (isForgettingDue(head, nowMs)) context.objectSendClient<Forgetting>({ name }, context.key).forget();
      return receipt;
    });
  return object({
    name,
    handlers: { ...deliveries(own, deliver), ...upkeep(own, failed, memories, clock), ...projectReads(own) },
  });
}

type Check = (context: ObjectSharedContext) => void;

/** onPodEvent and onPodEvents: the same for one and for many. */
function deliveries(own: Check, deliver: (context: ObjectContext, delivery: Delivery) => Promise<Receipt>) {
  return {
    onPodEvent: handlers.object.exclusive(
      { ...delivering, input: jsonBytes(wireEventSchema) },
      (context: ObjectContext, body: Uint8Array) => {
        own(context);
        const events = [prepare(parseBody(wireEventSchema, body))];
        return deliver(context, { events, body: Buffer.concat([Buffer.from('['), body, Buffer.from(']')]) });
      },
    ),
    onPodEvents: handlers.object.exclusive(
      { ...delivering, input: jsonBytes(batchSchema) },
      (context: ObjectContext, body: Uint8Array) => {
        own(context);
        return deliver(context, { events: parseBody(batchSchema, body, isValidBatch).map(prepare), body });
      },
    ),
  };
}

/** Closing what is over, and forgetting what is old. */
function upkeep(own: Check, failed: FailedAttempts, memories: Memories, clock: Clock) {
  return {
    onOpenIncidents: handlers.object.exclusive(
      { ...delivering, input: jsonBytes(openIncidentsSchema) },
      (context: ObjectContext, body: Uint8Array) => {
        own(context);
        const { incident_keys: keys, observed_at, scope } = parseBody(openIncidentsSchema, body);
        const observedAtMs = Date.parse(observed_at);
        return orDeadLetter(context, failed, async () => {
          return { closed: await closeAbsent(context, { keys, observedAtMs, scope }, memories) };
        });
      },
    ),
    useCooldown: handlers.object.exclusive(
      { ...delivering, ingressPrivate: true },
      (context: ObjectContext, { ms }: { readonly ms?: number }) =>
        orDeadLetter(context, failed, () => useCooldown(context, ms, memories)),
    ),
    forget: handlers.object.exclusive({ ...delivering, ingressPrivate: true }, (context: ObjectContext) =>
      orDeadLetter(context, failed, async () => {
        const isMore = await forget(context, await context.run('now', () => clock.now()));
        if (isMore) context.objectSendClient<Forgetting>({ name }, context.key).forget();
      }),
    ),
  };
}
