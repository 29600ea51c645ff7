/** Section 1: what it costs to read one pod, by each of the ways to do it. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { decodeMethodNames, type DecodeMethod } from './decode-methods.ts';
import { podSets, type PodSetName } from './decode-pods.ts';
import { digits, shareText, type BenchOptions, type Judgement, type Section } from './section.ts';

interface Cost {
  readonly micros: number;
  readonly bytes: number;
}

const CHILD = path.join(import.meta.dirname, 'decode-child.ts');
const CHILDREN = 3;
/** So large a young generation that what is counted is not collected meanwhile; no way to measure time. */
const COUNTING_FLAGS = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'];
const BASELINE: DecodeMethod = 'JSON.parse of the bytes';
const TRIAGE: DecodeMethod = 'ours: protobuf, triage';
const FACTS: DecodeMethod = 'ours: protobuf, full facts';
const MOST_OF_TRIAGE = 1 / 15;
const MOST_OF_FACTS = 1 / 6;

export async function measureDecode({ isQuick, say }: BenchOptions): Promise<Section> {
  const rows: string[][] = [];
  const judgements: Judgement[] = [];
  for (const set of isQuick ? (['real web', 'lean'] as const) : podSets) {
    say(`decode: ${set}`);
    const costs = await costsOf(set, isQuick ? 1 : CHILDREN);
    const baseline = costs.get(BASELINE)?.micros ?? NaN;
    for (const [method, { micros, bytes }] of costs) {
      rows.push([
        set,
        method,
        digits(micros),
        shareText(micros, baseline),
        Number.isNaN(bytes) ? '-' : bytes.toFixed(0),
      ]);
    }
    judgements.push(...judge(set, costs, baseline));
  }
  return {
    name: 'decode',
    about:
      'CPU time and bytes allocated on the heap to read one pod; each method in processes of its own (the median of\n' +
      `rounds; the least of ${isQuick ? 1 : CHILDREN} processes). Ratios are to JSON.parse of what arrives, which is bytes.`,
    columns: [
      { heading: 'PODS' },
      { heading: 'METHOD' },
      { heading: 'µS', align: 'right' },
      { heading: 'RATIO', align: 'right' },
      { heading: 'BYTES', align: 'right' },
    ],
    rows,
    judgements,
  };
}

function judge(set: PodSetName, costs: ReadonlyMap<DecodeMethod, Cost>, baseline: number): Judgement[] {
  const ratio = (method: DecodeMethod): number => (costs.get(method)?.micros ?? NaN) / baseline;
  const facts = { what: `full facts, ${set}`, value: ratio(FACTS), limit: MOST_OF_FACTS, unit: 'of JSON.parse' };
  if (set === 'real broken') return [facts];
  return [{ what: `triage, ${set}`, value: ratio(TRIAGE), limit: MOST_OF_TRIAGE, unit: 'of JSON.parse' }, facts];
}

async function costsOf(set: PodSetName, children: number): Promise<Map<DecodeMethod, Cost>> {
  const times = new Map<DecodeMethod, number[]>(decodeMethodNames.map((name) => [name, []]));
  // Method after method and not run after run of one: what else the machine does is to hit them all.
  for (let child = 0; child < children; child++) {
    for (const method of decodeMethodNames) times.get(method)?.push((await runChild(method, set, [])).micros);
  }
  const costs = new Map<DecodeMethod, Cost>();
  for (const [method, micros] of times) {
    const { bytes } = await runChild(method, set, COUNTING_FLAGS);
    // What else the machine does only ever adds: the least disturbed of them.
    costs.set(method, { micros: Math.min(...micros), bytes });
  }
  return costs;
}

async function runChild(method: DecodeMethod, set: PodSetName, flags: readonly string[]): Promise<Cost> {
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, CHILD, method, set]);
  const { micros, bytes } = JSON.parse(stdout) as { micros: number; bytes: number | null };
  return { micros, bytes: bytes ?? NaN };
}
