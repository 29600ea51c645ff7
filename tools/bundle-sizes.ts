/**
 * What the bundle weighed when somebody last looked at it, package by package (bundle-sizes.json), and what has grown since.
 * `node tools/bundle-sizes.ts` compares, `--record` writes the table anew: do that in the change that makes it grow, so that
 * it is seen there.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundle, bytesByPackage } from './build.ts';

/** KiB of each package; ours are called `watcher`. */
export type Sizes = Readonly<Record<string, number>>;

const TABLE = path.join(import.meta.dirname, 'bundle-sizes.json');

/** What grows by less needs no look: a package's next patch, a few more functions of ours. */
const SLACK = 0.1;
const SLACK_OF_OURS = 0.5;
const SLACK_KIB = 4;

/** Pure: a line for each package that is new or has grown, the largest growth first; none where all is well. */
export function grown(recorded: Sizes, found: Sizes): readonly string[] {
  return Object.entries(found)
    .map(([name, kib]) => ({ name, kib, before: recorded[name] ?? 0 }))
    .filter(({ name, kib, before }) => kib > most(name, before))
    .toSorted((a, b) => b.kib - b.before - (a.kib - a.before))
    .map(({ name, kib, before }) => `${name}: ${kib} KiB, ${before === 0 ? 'new' : `was ${before} KiB`}`);
}

function most(name: string, before: number): number {
  return before * (1 + (name === 'watcher' ? SLACK_OF_OURS : SLACK)) + SLACK_KIB;
}

export function recordedSizes(): Sizes {
  return JSON.parse(readFileSync(TABLE, 'utf8')) as Sizes;
}

/** Bundles the sources as they are, and hands out the text of the bundle with what is in it. */
export async function bundledSizes(): Promise<{ readonly sizes: Sizes; readonly text: string }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'watcher-bundle-'));
  try {
    const metafile = await bundle(folder);
    const outfile = Object.keys(metafile.outputs).find((name) => name.endsWith('watcher.js')) ?? '';
    const sizes = bytesByPackage(metafile, outfile).map(([name, bytes]) => [name, Math.round(bytes / 102.4) / 10]);
    return { sizes: Object.fromEntries(sizes) as Sizes, text: readFileSync(path.join(folder, 'watcher.js'), 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const { sizes } = await bundledSizes();
  if (process.argv.includes('--record')) writeFileSync(TABLE, `${JSON.stringify(sizes, undefined, 2)}\n`);
  for (const line of grown(recordedSizes(), sizes)) process.stdout.write(`${line}\n`);
}
