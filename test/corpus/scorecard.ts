/** The scorecard as a table: a row for each scenario, a line for each event that should or should not be there. Pure. */
import { isPerfect, type Score } from './score.ts';

const HEAD = ['scenario', 'expected', 'found', 'missed', 'false'];

export function scorecard(scores: readonly Score[]): string {
  const rows = scores.map((score) => [score.scenario.name, ...figuresOf(score)]);
  const sums = [0, 1, 2, 3].map((column) => scores.reduce((sum, score) => sum + (figuresOf(score)[column] ?? 0), 0));
  const all = [HEAD, ...rows, [`${scores.length} scenarios`, ...sums]].map((row) => row.map(String));
  const widths = HEAD.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const table = all.map((row) => row.map((cell, at) => pad(cell, widths[at] ?? 0, at === 0)).join('  '));
  const troubles = scores.filter((score) => !isPerfect(score)).flatMap(troublesOf);
  return [...table, ...(troubles.length === 0 ? [] : ['', ...troubles]), ''].join('\n');
}

function figuresOf(score: Score): number[] {
  return [score.expected, score.found, score.missed.length, score.false.length];
}

function pad(cell: string, width: number, isFirst: boolean): string {
  return isFirst ? cell.padEnd(width) : cell.padStart(width);
}

/** One line for each thing that is not as it should be. */
export function troublesOf({ scenario, missed, false: wrong, unexplained }: Score): string[] {
  return [
    ...missed.map((text) => `${scenario.name}: missed ${text}`),
    ...wrong.map((text) => `${scenario.name}: false ${text}`),
    ...unexplained.map((text) => `${scenario.name}: not seen: ${text}`),
  ];
}
