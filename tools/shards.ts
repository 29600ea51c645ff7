/**
 * Many test files in few processes: a process costs some 0.4 s of CPU, which for small files is more than their tests.
 * A shard is a file that imports its share of them, so the runner sees one file and every test is still told by its own.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const FOLDER = 'node_modules/.cache/test-shards';

/** Writes the shards of `files`, at most `count` of them, and returns their paths. */
export function writeShards(group: string, files: readonly string[], count: number): string[] {
  const folder = path.join(FOLDER, group);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return dealt(files, count).map((share, index) => {
    const shard = path.join(folder, `${index}.test.mjs`);
    writeFileSync(shard, shardText(share));
    return shard;
  });
}

/** `files` dealt out like cards, none of the hands empty. */
export function dealt(files: readonly string[], count: number): string[][] {
  const hands = Array.from({ length: Math.min(count, files.length) }, (): string[] => []);
  files.forEach((file, index) => hands[index % hands.length]?.push(file));
  return hands;
}

/** One file that can't be loaded fails by itself, and the others run. */
function shardText(files: readonly string[]): string {
  const load = `import { test } from 'node:test';
async function load(name, url) {
  await import(url).catch((error) => test(name + ' can be loaded', () => Promise.reject(error)));
}
`;
  const lines = files.map(
    (file) => `await load(${JSON.stringify(file)}, ${JSON.stringify(pathToFileURL(file).href)});`,
  );
  return `${load}${lines.join('\n')}\n`;
}
