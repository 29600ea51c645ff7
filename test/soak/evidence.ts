/** What a failed soak leaves behind for whoever looks into it: a folder of its own that nobody removes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SoakOutcome } from './outcome.ts';
import { renderSoak } from './report.ts';

/** Writes it all below `folder`, which it makes. */
export function keepEvidence(folder: string, outcome: SoakOutcome): void {
  mkdirSync(folder, { recursive: true });
  const { books, agents, problems } = outcome;
  const keep = (name: string, lines: Iterable<unknown>): void => {
    writeFileSync(path.join(folder, name), [...lines].map((line) => `${JSON.stringify(line)}\n`).join(''));
  };
  writeFileSync(path.join(folder, 'outcome.md'), `${renderSoak(outcome)}\n\n${problems.join('\n')}\n`);
  keep(
    'seen.jsonl',
    [...books.seen].map(([id, seen]) => ({ id, ...seen })),
  );
  keep('plane.jsonl', books.held);
  keep(
    'vitals.jsonl',
    agents.flatMap(({ lives }) => lives),
  );
  for (const { name, logs } of agents) {
    for (const [index, lines] of logs.entries()) keep(`agent-${name}-${index + 1}.log`, lines);
  }
}
