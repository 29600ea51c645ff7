/**
 * The benchmark of the watch layer: what reading pods costs, what the process weighs, what it takes to be synced, what
 * updates cost and how late the event loop is, beside informers of @kubernetes/client-node and client-go:
 *
 *   node test/bench/watch/main.ts [--only decode,weight,updates] [--quick] [--record]
 *
 * Prints for each figure that was promised whether it is met. --record writes a full run into docs/PERFORMANCE.md. Exit code
 * 0 whether or not all are met: what a busy machine measures is nobody's fault; 1 where something could not be measured.
 */
import { parseArgs } from 'node:util';
import { spanText } from '../../../internal/platform/table.ts';
import { unavailableHere } from '../process-figures.ts';
import { commitName, describeMachine, loadText } from '../report.ts';
import { unbuilt } from '../subjects.ts';
import { recordRun } from './record.ts';
import { partNames, runSections } from './run.ts';
import { isMet, renderSection } from './section.ts';

const DOCUMENT = 'docs/PERFORMANCE.md';

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      quick: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
    },
  });
  const asked = values.only?.flatMap((one) => one.split(',')) ?? partNames;
  const unknown = asked.filter((name) => !(partNames as readonly string[]).includes(name));
  if (unknown.length > 0) return refuse(`no ${unknown.join(', ')}; there are ${partNames.join(', ')}`);
  if (values.record && (values.quick || values.only !== undefined)) return refuse('only a full run is recorded');
  const missing = unavailableHere() ?? unbuilt();
  if (missing !== undefined) return refuse(missing);
  const startedMs = performance.now();
  const loadBefore = loadText();
  const options = { isQuick: values.quick, say: (text: string) => say(`  . ${text}`) };
  const parts = partNames.filter((name) => asked.includes(name));
  const sections = await runSections(parts, options, (section) => {
    process.stdout.write(`\n${renderSection(section)}\n`);
  });
  const judgements = sections.flatMap((section) => section.judgements);
  const met = judgements.filter(({ value, limit }) => isMet(value, limit)).length;
  const load = { loadBefore, loadAfter: loadText() };
  say(`${met} of ${judgements.length} figures met; took ${spanText(performance.now() - startedMs)}`);
  say(`load average ${load.loadBefore} before, ${load.loadAfter} after`);
  if (values.record) {
    const run = { command: 'make bench-watch', at: new Date().toISOString(), commit: commitName() };
    recordRun(DOCUMENT, sections, { ...run, machine: describeMachine(), ...load });
    say(`written to ${DOCUMENT}`);
  }
  return 0;
}

function refuse(why: string): number {
  say(`bench-watch: ${why}`);
  return 2;
}

process.exitCode = await main().catch((error: unknown) => {
  say(`bench-watch: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
});
