/**
 * What the suite consists of: checks (commands that pass or fail as a whole) and groups of test files. `fast` ones make
 * up `make verify`. Groups that start servers run two or three files at a time: most of theirs is waiting.
 */

export interface Check {
  readonly name: string;
  readonly command: readonly string[];
  readonly fast: boolean;
}

export interface Group {
  readonly name: string;
  readonly patterns: readonly string[];
  readonly concurrency: number;
  readonly fast: boolean;
  readonly fileTimeoutMs: number;
  /** The files are run in so many processes together; absent: each in one of its own. */
  readonly processes?: number;
  /** Files that mostly wait, or need a process for themselves: begun first, each in its own, so that nothing waits behind them. */
  readonly waiting?: readonly string[];
}

const MINUTE_MS = 60_000;

export const CACHE = 'node_modules/.cache';

/** What has not changed since it was last found well is not looked at again. */
const CACHED = ['--cache', '--cache-strategy', 'content'];

export const checks: readonly Check[] = [
  { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', ...CACHED, '.'], fast: true },
  {
    name: 'lint',
    command: ['eslint', '--max-warnings', '0', ...CACHED, '--cache-location', `${CACHE}/eslint/`, '.'],
    fast: true,
  },
  {
    name: 'types',
    command: ['tsc', '--noEmit', '-p', '.', '--incremental', '--tsBuildInfoFile', `${CACHE}/types.json`],
    fast: true,
  },
  {
    name: 'import rules',
    command: [
      'depcruise',
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'err',
      'cmd',
      'internal',
      'test',
      'tools',
    ],
    fast: true,
  },
  { name: 'generated documents are fresh', command: ['node', 'tools/docs.ts', '--check'], fast: true },
  { name: 'build', command: ['node', 'tools/build.ts'], fast: false },
];

export const groups: readonly Group[] = [
  {
    name: 'unit',
    patterns: ['test/unit/**/*.test.ts'],
    concurrency: 6,
    fast: true,
    fileTimeoutMs: 10 * MINUTE_MS,
    processes: 4,
    waiting: [
      'test/unit/cluster/build-lock.test.ts',
      'test/unit/kubernetes/pod-watches.labels.test.ts',
      'test/unit/kubernetes/pod-watches.test.ts',
      'test/unit/pipeline/outbox-sqlite.disk.test.ts',
      // A profile costs with the size of the process.
      'test/unit/server/debug-profiles.test.ts',
      'test/unit/server/debug.test.ts',
      'test/unit/server/http.test.ts',
      'test/unit/server/tls-files.test.ts',
      'test/unit/telemetry/otlp.test.ts',
    ],
  },
  {
    name: 'model',
    patterns: ['test/model/**/*.test.ts'],
    concurrency: 2,
    fast: true,
    fileTimeoutMs: 2 * MINUTE_MS,
  },
  {
    name: 'contract',
    patterns: ['test/contract/**/*.test.ts'],
    concurrency: 1,
    fast: false,
    fileTimeoutMs: 5 * MINUTE_MS,
  },
  {
    name: 'integration',
    patterns: ['test/integration/**/*.test.ts'],
    concurrency: 2,
    fast: false,
    fileTimeoutMs: 8 * MINUTE_MS,
  },
  {
    name: 'end to end',
    patterns: ['test/e2e/**/*.test.ts'],
    concurrency: 3,
    fast: false,
    fileTimeoutMs: 8 * MINUTE_MS,
  },
  {
    name: 'chaos',
    patterns: ['test/chaos/**/*.test.ts', 'test/soak/**/*.test.ts'],
    concurrency: 2,
    fast: false,
    fileTimeoutMs: 10 * MINUTE_MS,
  },
];
