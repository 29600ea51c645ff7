/**
 * `make corpus`: plays the scenarios of test/corpus on a real node and records each with `watcher record`.
 *
 *   node tools/corpus.ts [--at-once N] [NAME ...]     `*` in a NAME is any text; none: all
 *
 * Needs a machine that can run a node (test/cluster/README.md). A recording is replaced only by one that was played to
 * its end. Exit code 1 where one could not be.
 */
import { parseArgs } from 'node:util';
import { nodeAvailability } from '../test/cluster/availability.ts';
import { startCluster } from '../test/cluster/cluster.ts';
import { matchesName } from '../test/corpus/pod-states.ts';
import { play } from '../test/corpus/play.ts';
import type { Scenario } from '../test/corpus/scenario.ts';
import { scenarios } from '../test/corpus/scenarios.ts';

const { values, positionals } = parseArgs({
  options: { 'at-once': { type: 'string', default: '5' } },
  allowPositionals: true,
});

const wanted = scenarios.filter(
  ({ name }) => positionals.length === 0 || positionals.some((pattern) => matchesName(pattern, name)),
);

// In production 40 s. A busy machine's kubelet is late with its word, and would be given up with less.
const extraControllerManagerArgs = ['--node-monitor-grace-period=20s', '--node-monitor-period=1s'];

const machine = await nodeAvailability();
if (!machine.available) throw new Error(`no node can be run here: ${machine.reason}`);
await using cluster = await startCluster({ node: true, extraControllerManagerArgs });
const failures: string[] = [];
await inTurns(
  wanted.filter(({ alone }) => alone !== true),
  Number(values['at-once']),
);
await inTurns(
  wanted.filter(({ alone }) => alone === true),
  1,
);
for (const failure of failures) say(`FAILED ${failure}`);
say(`${wanted.length - failures.length} of ${wanted.length} recorded`);
process.exitCode = failures.length === 0 && wanted.length > 0 ? 0 : 1;

async function inTurns(all: readonly Scenario[], atOnce: number): Promise<void> {
  const left = [...all];
  const next = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await recordOne(one);
  };
  await Promise.all(Array.from({ length: Math.max(1, atOnce) }, next));
}

async function recordOne(scenario: Scenario): Promise<void> {
  const beganMs = performance.now();
  try {
    const { events, bytes } = await play(cluster, scenario);
    const took = ((performance.now() - beganMs) / 1000).toFixed(0);
    say(`${scenario.name}: ${events} events, ${(bytes / 1024).toFixed(0)} KiB, ${took} s`);
  } catch (error) {
    failures.push(`${scenario.name}: ${error instanceof Error ? error.message : String(error)}`);
    say(failures.at(-1) ?? '');
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
