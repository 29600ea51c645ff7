/**
 * Runs the benchmarks one after the other and prints their figures, with their ratios to a baseline of the same run:
 *
 *   node test/bench/main.ts [--only NAME[,NAME]] [--quick]
 *
 * The JSON of a run goes to bench-results/, which git doesn't keep. Exit code 1 where one failed; one that can't run here
 * is skipped with its reason. The machine's load is printed, as figures of a busy machine mean less.
 */
import { parseArgs } from 'node:util';
import { spanText } from '../../internal/platform/table.ts';
import type { Bench } from './bench.ts';
import { cpu } from './cpu.ts';
import { detection } from './detection-figures.ts';
import { drain } from './drain.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { outbox } from './outbox.ts';
import { loadText, renderFigures, writeResults, type BenchOutcome } from './report.ts';
import { storm } from './storm.ts';
import { watch } from './watch/bench.ts';

/** All of them, in the order in which they run. Another one is a file that exports a Bench, and a line here. */
const benches: readonly Bench[] = [latency, cpu, memory, detection, outbox, drain, storm, watch];

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { only: { type: 'string', multiple: true }, quick: { type: 'boolean', default: false } },
  });
  const names = benches.map(({ name }) => name);
  const wanted = values.only?.flatMap((one) => one.split(',')) ?? names;
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    say(`bench: no ${unknown.join(', ')}; there are ${names.join(', ')}`);
    return 2;
  }
  const before = loadText();
  const outcomes: BenchOutcome[] = [];
  for (const bench of benches) if (wanted.includes(bench.name)) outcomes.push(await runOne(bench, values.quick));
  const file = writeResults(outcomes, values.quick, { before, after: loadText() });
  say(`load average ${before} before, ${loadText()} after; written to ${file}`);
  return outcomes.some(({ failed }) => failed !== undefined) ? 1 : 0;
}

async function runOne(bench: Bench, isQuick: boolean): Promise<BenchOutcome> {
  const { name, about } = bench;
  const startedMs = performance.now();
  say(`${name}\n${about.replaceAll(/^/gm, '  ')}`);
  const skipped = await bench.unavailable();
  if (skipped !== undefined) {
    say(`  skipped: ${skipped}\n`);
    return { name, figures: [], skipped };
  }
  try {
    const figures = await bench.run({ isQuick, say: (text) => say(`  . ${text}`) });
    say(`\n${renderFigures(figures)}  took ${spanText(performance.now() - startedMs)}\n`);
    return { name, figures };
  } catch (error) {
    const failed = error instanceof Error ? error.message : String(error);
    say(`  FAILED: ${failed}\n`);
    return { name, figures: [], failed };
  }
}

process.exitCode = await main().catch((error: unknown) => {
  say(`bench: ${error instanceof Error ? error.message : String(error)}`);
  return 2;
});
