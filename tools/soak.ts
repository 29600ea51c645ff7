/**
 * The soak: `node tools/soak.ts [--minutes N] [--seed N] [--record] [--evidence DIR] [--agent-flag=--FLAG=VALUE ...]`, or
 * `make soak MINUTES=60`. Prints how it goes each minute and its table at the end; with --record it writes the table into
 * docs/PROMISES.md. Exit code 1 where anything was missed, doubled, told without cause or leaked; what it was then found by
 * is kept in a folder that is named.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { keepEvidence } from '../test/soak/evidence.ts';
import { recordSoakInto } from '../test/soak/record-soak.ts';
import { renderSoak } from '../test/soak/report.ts';
import { runSoak } from '../test/soak/run-soak.ts';

const DOCUMENT = 'docs/PROMISES.md';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    record: { type: 'boolean', default: false },
    evidence: { type: 'string' },
    'agent-flag': { type: 'string', multiple: true, default: [] as string[] },
  },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (!(minutes > 0) || !Number.isInteger(seed)) {
  process.stderr.write('--minutes is a number above 0, --seed a whole number\n');
  process.exit(2);
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
/** As of now: what is built and run is what stands here now. */
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim();

say(`soak of ${minutes} min, seed ${seed}`);
const outcome = await runSoak({
  ...{ minutes, seed, agentFlags: values['agent-flag'], progress: say, signal: stopping.signal },
});
const table = renderSoak(outcome);
process.stdout.write(`${table}\n`);
if (outcome.problems.length > 0) {
  const folder = path.resolve(values.evidence ?? `bench-results/soak-${seed}-${Date.now()}`);
  keepEvidence(folder, outcome);
  for (const problem of outcome.problems.slice(0, 20)) say(problem);
  say(`${outcome.problems.length} problems; seed ${seed}; evidence is kept in ${folder}`);
} else if (values.record && !stopping.signal.aborted) {
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(DOCUMENT, recordSoakInto(readFileSync(DOCUMENT, 'utf8'), table, { date, commit }));
}
process.exitCode = outcome.problems.length === 0 ? 0 : 1;
