/**
 * Gathers what is asked about one finding, all at once, until it is there or `signal` is aborted: what came by then is
 * the context, what didn't is in its notes. Never rejects.
 */
import { noteOf, type AskedKind, type ContextAnswer, type ContextFailure, type ContextSource } from './context.ts';
import type { ContextSubject, FindingContext } from './context.ts';

export interface GatherParts {
  readonly source: ContextSource;
  /** Each time something was asked for, and what came of it. */
  readonly asked?: (kind: AskedKind, outcome: ContextAnswer['outcome']) => void;
}

/** Why gathering ends early, as the reason of the signal; any other reason is its deadline. */
export type EarlyEnd = Extract<ContextFailure, 'stopped' | 'too-many'>;

export async function gather(
  kinds: readonly AskedKind[],
  about: ContextSubject,
  { source, asked }: GatherParts,
  signal: AbortSignal,
): Promise<FindingContext> {
  const ended = ending(signal);
  const answers = await Promise.all(
    kinds.map(async (kind) => {
      const answer = await Promise.race([source.ask(kind, about, signal), ended]);
      asked?.(kind, answer.outcome);
      return answer;
    }),
  );
  const notes = kinds.flatMap((kind, at) => {
    const outcome = answers[at]?.outcome ?? 'failed';
    return outcome === 'read' ? [] : [noteOf(kind, outcome)];
  });
  return answers.reduce<FindingContext>(
    (context, answer) => (answer.outcome === 'read' ? { ...context, ...answer.part } : context),
    { notes },
  );
}

function ending(signal: AbortSignal): Promise<{ readonly outcome: ContextFailure }> {
  const outcome = (): ContextFailure => {
    const reason: unknown = signal.reason;
    return reason === 'stopped' || reason === 'too-many' ? reason : 'timed-out';
  };
  if (signal.aborted) return Promise.resolve({ outcome: outcome() });
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve({ outcome: outcome() }), { once: true });
  });
}
