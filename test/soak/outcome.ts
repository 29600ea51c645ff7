/** What a soak comes to: the verdict, the health of each process, and everything that happened, in numbers. Pure. */
import type { Books } from './books.ts';
import { healthOf, type LifeHealth } from './health.ts';
import { isClean, type SoakVerdict } from './judge.ts';
import type { SoakAgent } from './soak-agent.ts';

export interface SoakParts {
  readonly seed: number;
  readonly minutes: number;
  readonly books: Books;
  readonly did: ReadonlyMap<string, number>;
  readonly faults: readonly string[];
  /** Nothing waited to be told in the end. */
  readonly isSettled: boolean;
  /** The one that lives on comes first. */
  readonly agents: readonly SoakAgent[];
}

export interface SoakOutcome extends SoakParts {
  readonly verdict: SoakVerdict;
  readonly health: readonly LifeHealth[];
  /** Why it failed; nothing where all is well. */
  readonly problems: readonly string[];
}

export function outcomeOf(parts: SoakParts): SoakOutcome {
  const verdict = parts.books.verdict();
  const health = parts.agents.flatMap(({ lives }) => lives.flatMap((life) => healthOf(life) ?? []));
  return { ...parts, verdict, health, problems: problemsOf(parts, verdict, health) };
}

function problemsOf(
  { books, faults, isSettled }: SoakParts,
  verdict: SoakVerdict,
  health: readonly LifeHealth[],
): string[] {
  const { failures, missed, doubled, wrong } = verdict;
  const lists = { missed, doubled, wrong };
  return [
    ...faults,
    ...(failures === 0 ? ['no failure was seen: nothing was tried'] : []),
    ...(isClean(verdict) ? [] : Object.entries(lists).flatMap(([what, all]) => all.map((one) => `${what}: ${one}`))),
    ...(isSettled ? [] : books.waiting.map(({ uid, what }) => `never seen to be told: ${what} (${uid})`)),
    ...health.flatMap(({ leaks }) => leaks),
  ];
}
