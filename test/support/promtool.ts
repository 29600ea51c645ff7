/** promtool as tests use it: what Prometheus would say of an exposition, of rules, of a query. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { findBinaries } from '../cluster/find-binaries.ts';

const WITHIN_MS = 60_000;

export interface Promtool {
  /** What it says of an exposition: naming, help, duplicates. Rejects where it has anything to say. */
  readonly checkMetrics: (exposition: string) => Promise<void>;
  /** Rejects with what is wrong with one of these rule files. */
  readonly checkRules: (...files: readonly string[]) => Promise<void>;
  readonly checkRuleText: (text: string) => Promise<void>;
  /** Runs the cases of these files. Rejects with those that fail. */
  readonly testRules: (...files: readonly string[]) => Promise<void>;
  /** Rejects where one of these is no PromQL. */
  readonly checkQueries: (queries: readonly string[]) => Promise<void>;
}

export type FoundPromtool =
  { readonly available: true; readonly promtool: Promtool } | { readonly available: false; readonly reason: string };

export async function findPromtool(): Promise<FoundPromtool> {
  const found = await findBinaries(['promtool']);
  if (!found.found) return { available: false, reason: `no promtool here: ${found.reason}` };
  return { available: true, promtool: promtoolAt(found.paths['promtool'] ?? 'promtool') };
}

function promtoolAt(binary: string): Promtool {
  const run = async (args: readonly string[], input = ''): Promise<void> => {
    const child = spawn(binary, args, { stdio: 'pipe', timeout: WITHIN_MS });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    if (code !== 0) throw new Error(`promtool ${args.slice(0, 2).join(' ')} ended with ${code}:\n${out}${err}`);
  };
  return {
    checkMetrics: (exposition) => run(['check', 'metrics'], exposition),
    checkRules: (...files) => run(['check', 'rules', '--lint-fatal', ...files]),
    testRules: (...files) => run(['test', 'rules', ...files]),
    checkRuleText: (text) => withFile(text, (file) => run(['check', 'rules', '--lint-fatal', file])),
    checkQueries: (queries) => {
      const rules = queries.map((expr, index) => ({ record: `query:${index}`, expr }));
      // YAML reads JSON.
      const text = JSON.stringify({ groups: [{ name: 'queries', rules }] });
      return withFile(text, (file) => run(['check', 'rules', file]));
    },
  };
}

async function withFile(text: string, use: (file: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(path.join(tmpdir(), 'watcher-promtool-'));
  try {
    const file = path.join(dir, 'rules.yaml');
    writeFileSync(file, text);
    await use(file);
  } finally {
    rmSync(dir, { recursive: true });
  }
}
