/** Figures as a table, and as the JSON that is kept of a run. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import path from 'node:path';
import { renderTable } from '../../internal/platform/table.ts';
import type { Figure } from './bench.ts';

/** All of one bench, or why there is nothing. */
export interface BenchOutcome {
  readonly name: string;
  readonly figures: readonly Figure[];
  readonly skipped?: string;
  readonly failed?: string;
}

const columns = [
  { heading: 'WHAT' },
  { heading: 'WATCHER', align: 'right' },
  { heading: 'BASELINE', align: 'right' },
  { heading: 'RATIO', align: 'right' },
] as const;

/** A figure a line; the ratio is ours over the baseline's, so that less is better. */
export function renderFigures(figures: readonly Figure[]): string {
  const rows = figures.map(({ what, value, unit, baseline }) => [
    what,
    `${digits(value)} ${unit}`,
    baseline === undefined ? '' : `${digits(baseline)} ${unit}`,
    baseline === undefined ? '' : ratioText(value / baseline),
  ]);
  return renderTable(columns, rows, '  ');
}

/** Three digits, which is more than a noisy machine is good for. */
function digits(value: number): string {
  if (!Number.isFinite(value)) return '?';
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function ratioText(ratio: number): string {
  return Number.isFinite(ratio) ? ratio.toPrecision(2) : '?';
}

export interface Machine {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cpus: number;
  readonly memoryMB: number;
}

/** Under which circumstances a run was made. */
export function describeMachine(): Machine {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? '',
    cpus: availableParallelism(),
    memoryMB: Math.round(totalmem() / 2 ** 20),
  };
}

/** One, five and fifteen minutes. */
export function loadText(): string {
  return loadavg()
    .map((load) => load.toFixed(1))
    .join(', ');
}

/** Writes bench-results/<date>-<commit>.json; its path. */
export function writeResults(outcomes: readonly BenchOutcome[], isQuick: boolean, loads: object): string {
  const commit = commitName();
  const at = new Date().toISOString();
  const file = path.join('bench-results', `${at.slice(0, 19).replaceAll(':', '')}-${commit}.json`);
  mkdirSync('bench-results', { recursive: true });
  const run = { at, commit, isQuick, machine: describeMachine(), load: loads, benches: outcomes };
  writeFileSync(file, `${JSON.stringify(run, null, 2)}\n`);
  return file;
}

/** The commit that is checked out; what is not committed is not told. */
export function commitName(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return 'no-git';
  }
}
