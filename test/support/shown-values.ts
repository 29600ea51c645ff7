/** What stands in the place of placeholders and examples when a command of the documents is run in a test. */

export interface ShownValues {
  readonly planeUrl: string;
  /** Of an agent that runs. */
  readonly agentDir: string;
  /** A directory with events in quarantine, nobody's but this command's. */
  readonly idleDir: () => string;
}

const placeholders: readonly [shown: RegExp | string, value: (values: ShownValues) => string][] = [
  [
    /https?:\/\/(?:restate|plane)\.example\.com(?::8080)?|http:\/\/(?:RESTATE|localhost:8080)/g,
    ({ planeUrl }) => planeUrl,
  ],
  [/\bNAMESPACE\/POD\b/g, () => 'shop/web'],
  [/^(watcher explain)$/, () => 'watcher explain shop/web'],
  [/\bshop\/web-7d9f-x2x\b/g, () => 'shop/web'],
  ['--file=FILE', () => '--file=new-$RANDOM.ndjson'],
  [/^watcher replay FILE\b/, () => 'watcher replay pods.ndjson'],
  [/^watcher replay$/, () => 'watcher replay pods.ndjson'],
  ['--file=pods.ndjson', () => '--file=new-$RANDOM.ndjson'],
  [/\[ID\.\.\.\]|ID\.\.\.\|--all|\b3f1c\.\.\./g, () => 'q0'],
  ['PART-OF-ITS-PATH', () => 'unit/platform/table'],
  [/ --data-dir[ =]\/var\/lib\/watcher/g, () => ''],
];

/** As it is run. */
export function withValues(line: string, values: ShownValues): string {
  return placeholders.reduce<string>(
    (text, [shown, value]) =>
      text.replaceAll(typeof shown === 'string' ? shown : new RegExp(shown, 'g'), value(values)),
    line.replace(/^bin\/watcher/, 'watcher'),
  );
}

/** Where the command looks for data: at what waits, or at an agent that runs. */
export function dataDirOf(line: string, values: ShownValues): string {
  return /\bwatcher outbox\b/.test(line) ? values.idleDir() : values.agentDir;
}

/** Exit codes that mean that it worked; 0 where nothing is said. In the world of the test a pod fails. */
const worked: readonly [shown: RegExp, codes: readonly number[]][] = [
  [/^watcher scan\b/, [1]],
  [/\bwatcher check\b/, [0, 1]],
  // 1 where there is none.
  [/^npm run cluster -- status\b/, [0, 1]],
  // By the signal that ends them.
  [/^make dev$/, [0, 2, 143]],
  [/^kubectl get pods .*-w\b/, [0, 1, 143]],
];

export function workedCodes(line: string): readonly number[] {
  return worked.find(([shown]) => shown.test(line))?.[1] ?? [0];
}

/** Runs until it is told to stop, which it is once it has said this. */
const endless: readonly [shown: RegExp, said: RegExp][] = [
  [/^watcher (?!--help|--version)-/, /"msg":"(?:telling failures|following|would tell|outbox)/],
  [/^watcher record\b(?!.*--for)/, /Ctrl-C ends it/],
  [/^make dev$/, /telling failures/],
  [/^kubectl get pods .*-w\b/, /"type":\s*"ADDED"/],
];

export function endlessUntil(line: string): RegExp | undefined {
  return endless.find(([shown]) => shown.test(line))?.[1];
}
