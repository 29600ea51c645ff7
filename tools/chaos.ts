/**
 * The long form of the proof: `node tools/chaos.ts [--short] [--record] [ID ...]`, or `make chaos ARGS=...`. Runs the
 * scenarios of test/chaos and prints their table; with --record it writes each row into docs/PROMISES.md as it ends, with
 * date and commit. Exit code 1 where anything was lost, doubled, or failed.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { allScenarios } from '../test/chaos/all-scenarios.ts';
import { recordInto } from '../test/chaos/record.ts';
import { runScenarios } from '../test/chaos/run-scenarios.ts';
import { isKept, renderTable, type Outcome } from '../test/chaos/table.ts';

const DOCUMENT = 'docs/PROMISES.md';

const { values, positionals } = parseArgs({
  options: { short: { type: 'boolean', default: false }, record: { type: 'boolean', default: false } },
  allowPositionals: true,
});

const ids = allScenarios.map(({ id }) => id);
const nowhere = positionals.filter((id) => !ids.includes(id));
if (nowhere.length > 0) {
  process.stderr.write(`no scenario is called ${nowhere.join(', ')}; there are ${ids.join(', ')}\n`);
  process.exit(2);
}
const wanted = allScenarios.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
/** As of now: what is built and run is what stands here now. */
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim();

function record(outcome: Outcome): void {
  if (stopping.signal.aborted) return;
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(DOCUMENT, recordInto(readFileSync(DOCUMENT, 'utf8'), [outcome], { date, commit }, allScenarios));
}

const outcomes = await runScenarios(wanted, {
  form: values.short ? 'short' : 'long',
  progress: (line) => process.stderr.write(`${line}\n`),
  signal: stopping.signal,
  ...(values.record ? { finished: record } : {}),
});
process.stdout.write(`${renderTable(outcomes)}\n`);
process.exitCode = outcomes.every(isKept) ? 0 : 1;
