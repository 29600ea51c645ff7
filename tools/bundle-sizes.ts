/**
 * What the bundle weighed when somebody last looked at it, package by package (bundle-sizes.json), and what has grown since;
 * in files of its own, what is loaded only where a setting asks for it.
 * `node tools/bundle-sizes.ts` compares, `--record` writes the table anew: do that in the change that makes it grow, so that
 * it is seen there.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundle, bytesByPackage } from './build.ts';

/** KiB of each package; ours are called `watcher`. */
export type Sizes = Readonly<Record<string, number>>;

/** Of the shipped files that packages are part of. */
export type BundleSizes = Readonly<Record<BundleFile, Sizes>>;

const FILES = ['watcher.js', 'otlp.js'] as const;
export type BundleFile = (typeof FILES)[number];

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

export function recordedSizes(): BundleSizes {
  return JSON.parse(readFileSync(TABLE, 'utf8')) as BundleSizes;
}

/** The packages that any of the files has code of, each once. */
export function recordedPackages(): string[] {
  const names = Object.values(recordedSizes()).flatMap((sizes) => Object.keys(sizes));
  return [...new Set(names)].filter((name) => name !== 'watcher').toSorted();
}

export interface Bundled {
  readonly sizes: BundleSizes;
  readonly texts: Readonly<Record<BundleFile, string>>;
}

/** Bundles the sources as they are, and hands out the texts of the files with what is in them. */
export async function bundledSizes(): Promise<Bundled> {
  const folder = mkdtempSync(path.join(tmpdir(), 'watcher-bundle-'));
  try {
    const metafile = await bundle(folder);
    const sizesOf = (file: BundleFile): Sizes => {
      const outfile = Object.keys(metafile.outputs).find((name) => name.endsWith(`/${file}`)) ?? '';
      const rows = bytesByPackage(metafile, outfile).map(([name, bytes]) => [name, Math.round(bytes / 102.4) / 10]);
      return Object.fromEntries(rows) as Sizes;
    };
    const textOf = (file: BundleFile): string => readFileSync(path.join(folder, file), 'utf8');
    return { sizes: ofEach(sizesOf), texts: ofEach(textOf) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function ofEach<T>(valueOf: (file: BundleFile) => T): Record<BundleFile, T> {
  return Object.fromEntries(FILES.map((file) => [file, valueOf(file)])) as Record<BundleFile, T>;
}

if (import.meta.main) {
  const { sizes } = await bundledSizes();
  if (process.argv.includes('--record')) writeFileSync(TABLE, `${JSON.stringify(sizes, undefined, 2)}\n`);
  const recorded = recordedSizes();
  const lines = FILES.flatMap((file) => grown(recorded[file], sizes[file]).map((line) => `${file}: ${line}`));
  for (const line of lines) process.stdout.write(`${line}\n`);
}
