/**
 * DeadLetters, an object for each cluster: what this plane failed at. A body that is wrong never comes here, its sender
 * hears of it; this is for faults of ours, so that they are found without reading logs. The last hundred are kept.
 */
import { handlers, object, type ObjectContext, type ObjectSharedContext } from '@restatedev/restate-sdk';
import { requireCaller } from './caller.ts';
import { passing } from './handler-options.ts';
import type { PlaneOptions } from './options.ts';

export interface DeadLetter {
  readonly handler: string;
  /** Of the call that failed: `restate invocations describe` knows more while it is kept. */
  readonly invocation: string;
  readonly error: string;
  /** First bytes of the body. */
  readonly excerpt: string;
}

const KEPT = 100;
const EXCERPT_CHARACTERS = 500;

const name = 'DeadLetters';

/** What the object offers to other services. */
interface DeadLettersApi {
  add: (context: ObjectContext, letter: DeadLetter) => Promise<void>;
}

export function deadLetters({ hasOpenAdmin, identityHeader }: PlaneOptions) {
  return object({
    name,
    handlers: {
      add: handlers.object.exclusive({ ingressPrivate: true }, async (context: ObjectContext, letter: DeadLetter) => {
        const letters = (await context.get<DeadLetter[]>('letters')) ?? [];
        context.set('letters', [...letters, letter].slice(-KEPT));
      }),
      list: handlers.object.shared({ ingressPrivate: !hasOpenAdmin }, async (context: ObjectSharedContext) => {
        requireCaller(context, context.key, identityHeader);
        return (await context.get<DeadLetter[]>('letters')) ?? [];
      }),
    },
    options: passing,
  });
}

/** Keeps a letter about this call. */
export function sendDeadLetter(context: ObjectContext, error: string): void {
  const { id, target, body } = context.request();
  const excerpt = Buffer.from(body).toString().slice(0, EXCERPT_CHARACTERS).toWellFormed();
  const letter: DeadLetter = { handler: String(target), invocation: String(id), error, excerpt };
  context.objectSendClient<DeadLettersApi>({ name }, context.key).add(letter);
}
