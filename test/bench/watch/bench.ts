/** The benchmark of the watch layer as one of `make bench`: its sections in full, and beside them each figure to reach. */
import type { Bench, BenchContext, Unit } from '../bench.ts';
import { unavailableHere } from '../process-figures.ts';
import { unbuilt } from '../subjects.ts';
import { partNames, runSections } from './run.ts';
import { renderSection } from './section.ts';

export const watch: Bench = {
  name: 'watch',
  about:
    'What reading pods costs, what the process weighs, what it takes to be synced, what updates cost and how late the event\n' +
    'loop is, beside client-node and client-go. Baseline of the figures at its end: what was to be reached.',
  unavailable: () => Promise.resolve(unavailableHere() ?? unbuilt()),
  run: async ({ isQuick, say }: BenchContext) => {
    const sections = await runSections(partNames, { isQuick, say }, (section) => {
      process.stdout.write(`\n${renderSection(section)}\n`);
    });
    return sections.flatMap(({ judgements }) =>
      judgements.map(({ what, value, limit, unit }) => ({ what, value, unit: unitOf(unit), baseline: limit })),
    );
  },
};

function unitOf(unit: string): Unit {
  return unit === 'MB' || unit === 'KB' || unit === 'ms' ? unit : 'ratio';
}
