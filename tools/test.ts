/**
 * Runs the suite: `node tools/test.ts [--fast] [--only GROUP] [PATTERN ...]`. The last line it prints is
 * `N passed, N failed, N skipped`; each check counts as one test. Exit code 1 if anything failed.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CACHE, checks, groups, type Check, type Group } from './suites.ts';
import { writeShards } from './shards.ts';
import { addResult, emptyTally, type Tally } from './tally.ts';

const { values, positionals } = parseArgs({
  options: {
    fast: { type: 'boolean', default: false },
    only: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

const tally = emptyTally();
const startedMs = performance.now();

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function runCheck(check: Check): Promise<void> {
  const [command = '', ...args] = check.command;
  const beganMs = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('error', (error) => output.push(Buffer.from(error.message)));
    child.on('close', (code) => {
      const took = `${((performance.now() - beganMs) / 1000).toFixed(1)} s`;
      if (code === 0) tally.passed += 1;
      else tally.failed.push(`check: ${check.name}`);
      say(`${code === 0 ? 'ok  ' : 'FAIL'} ${check.name} (${took})`);
      if (code !== 0) say(Buffer.concat(output).toString().trimEnd());
      resolve();
    });
  });
}

async function runGroup(group: Group, into: Tally): Promise<void> {
  const files = globSync([...group.patterns])
    .filter(isWanted)
    .sort();
  if (files.length === 0) return;
  const beganMs = performance.now();
  const tallied = emptyTally();
  const { concurrency, fileTimeoutMs } = group;
  const stream = run({ files: runsOf(group, files), concurrency, timeout: fileTimeoutMs, env: environmentOf(group) });
  stream.on('test:pass', (result) => addResult(tallied, 'pass', result));
  stream.on('test:fail', (result) => addResult(tallied, 'fail', result));
  await report(stream);
  const took = `${((performance.now() - beganMs) / 1000).toFixed(1)} s`;
  const { passed, failed, skipped } = tallied;
  say(
    `${failed.length === 0 ? 'ok  ' : 'FAIL'} ${group.name}: ${passed} passed, ${failed.length} failed, ` +
      `${skipped.length} skipped (${files.length} files, ${took})`,
  );
  into.passed += passed;
  into.failed.push(...failed);
  into.skipped.push(...skipped);
}

/** Compiled once for all runs, but where processes are measured. */
function environmentOf({ fast }: Group): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...(fast ? { NODE_COMPILE_CACHE: path.resolve(CACHE, 'compiled') } : {}),
    ...(values.fast ? { PROPERTY_SHARE: '0.2' } : {}),
  };
}

/** The files as they are run. */
function runsOf({ name, processes, waiting = [] }: Group, files: readonly string[]): string[] {
  if (processes === undefined) return [...files];
  const others = files.filter((file) => !waiting.includes(file));
  return [...files.filter((file) => waiting.includes(file)), ...writeShards(name, others, processes)];
}

/** Everything with --verbose; else only the failures, told in full as they happen. */
async function report(stream: ReturnType<typeof run>): Promise<void> {
  if (values.verbose) {
    for await (const chunk of stream.compose(spec)) process.stdout.write(chunk);
    return;
  }
  stream.on('test:fail', (result) => {
    if (result.details.type === 'suite') return;
    say(`FAIL ${result.file ?? ''}: ${result.name}`);
    const { error } = result.details;
    say(indent(error.cause instanceof Error ? (error.cause.stack ?? String(error.cause)) : String(error)));
  });
  stream.on('test:stderr', ({ message }) => process.stderr.write(message));
  for await (const _ of stream);
}

const indent = (text: string): string => text.replaceAll(/^/gm, '     ');
const isWanted = (file: string): boolean => positionals.length === 0 || positionals.some((part) => file.includes(part));

function printSkipped(): void {
  if (tally.skipped.length === 0) return;
  say('skipped:');
  for (const line of tally.skipped) say(`  - ${line}`);
}

function printFailed(): void {
  if (tally.failed.length === 0) return;
  say('failed:');
  for (const line of tally.failed) say(`  - ${line}`);
}

/** Builds or finds the binaries of the test cluster once, with its own progress; tests then skip with a reason what is missing. */
function prepareCluster(): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn('node', ['test/cluster/main.ts', 'prepare'], { stdio: 'inherit' });
    child.on('error', () => resolve());
    child.on('close', () => resolve());
  });
}

const wantsChecks = values.only === undefined && positionals.length === 0;
const wanted = groups.filter(({ name, fast }) =>
  values.only === undefined ? fast || !values.fast : name === values.only,
);

async function runChecks(): Promise<void> {
  for (const check of wantsChecks ? checks : []) if (!values.fast || check.fast) await runCheck(check);
}

async function runGroups(): Promise<void> {
  if (wanted.some(({ fast }) => !fast)) {
    await prepareCluster();
    process.env['WATCHER_CLUSTER_BUILD'] = '0';
  }
  for (const group of wanted) await runGroup(group, tally);
}

// The fast checks share the two cores with the tests; the whole suite measures deadlines and gets the machine to itself.
if (values.fast) await Promise.all([runChecks(), runGroups()]);
else await runChecks().then(runGroups);
if (tally.passed + tally.failed.length + tally.skipped.length === 0)
  tally.failed.push('nothing ran: no group or file is called that');
printSkipped();
printFailed();
say(`took ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
say(`${tally.passed} passed, ${tally.failed.length} failed, ${tally.skipped.length} skipped`);
process.exitCode = tally.failed.length === 0 ? 0 : 1;
