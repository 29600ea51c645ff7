/** A soak's outcome as a table, for the terminal and for docs/PROMISES.md. Pure. */
import { renderRows } from '../chaos/table.ts';
import { medianOf, megabytes, type LifeHealth } from './health.ts';
import type { SoakOutcome } from './outcome.ts';
import { COUNTED } from './vitals.ts';

type Row = readonly [what: string, value: string];

/** The table. */
export function renderSoak(outcome: SoakOutcome): string {
  return renderRows([['what', 'measured'], ...rowsOf(outcome)]);
}

function rowsOf(outcome: SoakOutcome): Row[] {
  const { verdict, books, agents, did, minutes, seed } = outcome;
  const [steady, ...others] = agents;
  const starts = others.reduce((sum, agent) => sum + agent.starts, 0);
  return [
    ['lasted; seed', `${minutes.toFixed(1)} min; ${seed}`],
    ['failures played', count(books.played)],
    ['failures the lister saw and that had to be told', count(verdict.failures)],
    ['... of them told', count(verdict.told)],
    ['missed', count(verdict.missed.length)],
    ['doubled', count(verdict.doubled.length)],
    ['told without cause', count(verdict.wrong.length)],
    [
      'events at the plane',
      `${count(books.held.length)}: ${listed(countedBy(books.held.map(({ event }) => event.type)))}`,
    ],
    ['failures by reason', listed(reasonsOf(outcome))],
    ['what happened to the cluster, the plane and the agents', listed(did)],
    ['starts of agents', `${steady?.starts ?? 0} of the one that lives on, ${starts} of the other`],
    ...COUNTED.map((name): Row => [`\`${name}\``, listed(countedOf(outcome, name))]),
    ...healthRows(outcome.health),
  ];
}

function healthRows(health: readonly LifeHealth[]): Row[] {
  const [longest] = [...health].sort((a, b) => b.ageMs - a.ageMs);
  if (longest === undefined) return [];
  const { rss, heap, files, handles, loopP99Ms } = longest;
  const others = health.filter((one) => one !== longest);
  return [
    ['longest life of a process', `${(longest.ageMs / 60_000).toFixed(1)} min (${longest.agent})`],
    ['... resident memory, start and end, growth', memory(rss)],
    ['... heap in use, start and end, growth', memory(heap)],
    ['... open files, start and end', `${files.start}, ${files.end}`],
    ['... handles, start and end', `${handles.start}, ${handles.end}`],
    [
      '... event loop late (p99), median and highest',
      `${loopP99Ms.median.toFixed(0)} ms, ${loopP99Ms.max.toFixed(0)} ms`,
    ],
    [
      'other lives',
      `${others.length}, resident memory at their end ${megabytes(medianOf(others.map((one) => one.rss.end)))} MB (median), ` +
        `${megabytes(Math.max(0, ...others.map((one) => one.rss.end)))} MB (highest)`,
    ],
  ];
}

function memory({ start, end, perHour }: LifeHealth['rss']): string {
  const growth = perHour === undefined ? 'too short for a slope' : `${megabytes(perHour)} MB an hour`;
  return `${megabytes(start)} MB, ${megabytes(end)} MB, ${growth}`;
}

/** Of what had to be told, by the reason the plane was given. */
function reasonsOf({ books }: SoakOutcome): Map<string, number> {
  const failures = books.held.filter(({ event }) => event.type === 'failure' || event.type === 'digest');
  return countedBy(failures.map(({ event }) => event.reason));
}

function countedOf({ agents }: SoakOutcome, name: (typeof COUNTED)[number]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const agent of agents) {
    for (const [label, value] of agent.counted(name)) sums.set(label, (sums.get(label) ?? 0) + value);
  }
  return sums;
}

function countedBy(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

function listed(counts: ReadonlyMap<string, number>): string {
  const some = [...counts].filter(([, times]) => times > 0).sort(([, a], [, b]) => b - a);
  if (some.length === 0) return '0';
  return some.map(([what, times]) => (what === '' ? count(times) : `${what} ${count(times)}`)).join(', ');
}

const count = (value: number): string => value.toLocaleString('en');
