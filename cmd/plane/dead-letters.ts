/**
 * DeadLetters, an object for each cluster: what this plane failed at. A body that is wrong never comes here, its sender
 * hears of it; this is for faults of ours, so that they are found without reading logs. The last hundred are kept.
 */
import {
  handlers,
  object,
  RestateError,
  TerminalError,
  type ObjectContext,
  type ObjectSharedContext,
} from '@restatedev/restate-sdk';
import { requireCaller } from './caller.ts';
import type { FailedAttempts } from './failed-attempts.ts';
import { passing, patient } from './handler-options.ts';
import type { PlaneOptions } from './options.ts';
import { PlaneFault } from './project/take.ts';

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
const ERROR_CHARACTERS = 2000;

/** Attempts at a call, about a second of them. Those behind it wait so long; then it ends in a letter. */
const MOST_ATTEMPTS = 5;

const name = 'DeadLetters';

/** What the object offers to other services. */
interface DeadLettersApi {
  add: (context: ObjectContext, letter: DeadLetter) => Promise<void>;
}

export function deadLetters({ hasOpenAdmin, identityHeader }: PlaneOptions) {
  return object({
    name,
    handlers: {
      add: handlers.object.exclusive(
        { ...passing, ...patient, ingressPrivate: true },
        async (context: ObjectContext, letter: DeadLetter) => {
          const letters = (await context.get<DeadLetter[]>('letters')) ?? [];
          context.set('letters', [...letters, letter].slice(-KEPT));
        },
      ),
      list: handlers.object.shared(
        { ...passing, ingressPrivate: !hasOpenAdmin },
        async (context: ObjectSharedContext) => {
          requireCaller(context, context.key, identityHeader);
          return (await context.get<DeadLetter[]>('letters')) ?? [];
        },
      ),
    },
  });
}

/**
 * Does `work`. A fault of ours is tried again a few times, unless it is known to last; then the call ends with a letter and
 * an error 500 for its sender, who sends again under another key, or sets aside what is to blame.
 */
export async function orDeadLetter<T>(
  context: ObjectContext,
  failed: FailedAttempts,
  work: () => Promise<T>,
): Promise<T> {
  const { id } = context.request();
  try {
    const result = await work();
    failed.forget(id);
    return result;
  } catch (error) {
    // Restate's own business: suspensions, and errors that are an answer.
    if (error instanceof RestateError) throw error;
    if (failed.add(id) < MOST_ATTEMPTS && !(error instanceof PlaneFault)) throw error;
    failed.forget(id);
    sendLetter(context, error);
    throw new TerminalError('the plane failed at this call', { errorCode: 500 });
  }
}

function sendLetter(context: ObjectContext, fault: unknown): void {
  const { id, target, body } = context.request();
  const error = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
  const excerpt = Buffer.from(body).toString().slice(0, EXCERPT_CHARACTERS).toWellFormed();
  const letter: DeadLetter = {
    ...{ handler: String(target), invocation: id, error: error.slice(0, ERROR_CHARACTERS).toWellFormed(), excerpt },
  };
  context.objectSendClient<DeadLettersApi>({ name }, context.key).add(letter);
}
