/**
 * Makes the agent's image without a container engine: `dist/image/watcher-<version>-<arch>.tar`, an OCI archive that
 * `ctr images import`, `docker load` and `skopeo` take, and its bill of materials beside it. The same commit, lock file and
 * Debian packages give the same bytes.
 *
 * `--root DIR` writes the files of the image as a tree instead, which is what the Dockerfile copies: one content, two ways.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, lchownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { bundle, packagesIn } from './build.ts';
import { architectures, ownArchitecture, type ImageArchitecture } from './image/architecture.ts';
import type { BuildFacts } from './image/config.ts';
import { imageLayers, type AppFiles } from './image/contents.ts';
import { debianPackages, debianProblem } from './image/debian.ts';
import { nodeBinary } from './image/node-binary.ts';
import { imageArchive, type ImageArchive, type Layer } from './image/oci.ts';
import { imageSbom, type Ingredients } from './image/sbom.ts';
import { licenceTexts } from './licences.ts';
import { toolSteps } from './step.ts';

const ROOT = path.join(import.meta.dirname, '..');
/** Where what was fetched is kept, once a machine. */
export const imageCache = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'watcher-image');
/** Source maps stay out: nothing reads them unless Node is started with a flag. */
const SHIPPED = ['watcher.js', 'outbox-thread.js', 'otlp.js', 'package.json'];

export interface Prepared {
  readonly ingredients: Ingredients;
  readonly layers: readonly Layer[];
}

async function bundledApp(): Promise<{ readonly bundled: readonly string[]; readonly app: AppFiles }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'watcher-image-'));
  try {
    const metafile = await bundle(folder);
    const bundled = packagesIn(metafile);
    const files = new Map(SHIPPED.map((name) => [name, readFileSync(path.join(folder, name))]));
    const licence = readFileSync(path.join(ROOT, 'LICENSE'));
    return { bundled, app: { bundle: files, licence, licencesOfOthers: licenceTexts(bundled) } };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Bundles, fetches and lays out. Throws what apt or npm say where they have to be asked and don't answer. */
export async function prepareImage(architecture: ImageArchitecture, cache = imageCache): Promise<Prepared> {
  const { bundled, app } = await bundledApp();
  const node = nodeBinary(architecture, cache);
  const ingredients = { architecture, bundled, node, debian: debianPackages(architecture, cache) };
  return { ingredients, layers: imageLayers(ingredients, app) };
}

function git(...args: readonly string[]): string {
  try {
    return execFileSync('git', args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return '';
  }
}

/** SOURCE_DATE_EPOCH (reproducible-builds.org) wins over the commit's date; without either it is 1970. */
export function buildFacts(): BuildFacts {
  const { version, description } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as BuildFacts;
  const date = process.env['SOURCE_DATE_EPOCH'] ?? git('log', '-1', '--format=%ct');
  const changed = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '-dirty';
  const commit = git('rev-parse', 'HEAD');
  return { version, description, revision: commit && `${commit}${changed}`, createdAtSeconds: Number(date) };
}

/** The files of all layers below `folder`. Owners are kept where this user may. */
export function writeTree(layers: readonly Layer[], folder: string): void {
  for (const entry of layers.flatMap(({ entries }) => entries)) {
    const target = path.join(folder, entry.name);
    if (entry.kind === 'folder') mkdirSync(target, { recursive: true });
    else if (entry.kind === 'file') writeFileSync(target, entry.content);
    else throw new Error(`${entry.name}: the image has no links`);
    if (entry.mode !== undefined) chmodSync(target, entry.mode);
    if (entry.kind === 'folder' && entry.owner !== undefined && process.getuid?.() === 0)
      lchownSync(target, entry.owner, entry.owner);
  }
}

function writeArchive({ ingredients, layers }: Prepared, out: string): ImageArchive & { readonly file: string } {
  const facts = buildFacts();
  const archive = imageArchive(layers, ingredients.architecture, facts);
  const file = path.join(out, `watcher-${facts.version}-${ingredients.architecture}.tar`);
  mkdirSync(out, { recursive: true });
  writeFileSync(file, archive.bytes);
  writeFileSync(file.replace(/\.tar$/, '.cdx.json'), imageSbom(ingredients));
  return { ...archive, file };
}

function wantedArchitectures(arch: string | undefined): readonly ImageArchitecture[] {
  const all = Object.keys(architectures) as ImageArchitecture[];
  if (arch === 'all') return all;
  const found = all.find((name) => name === (arch ?? ownArchitecture()));
  if (found === undefined) throw new Error(`--arch takes ${all.join(', ')} or all`);
  return [found];
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      arch: { type: 'string' },
      out: { type: 'string', default: path.join('dist', 'image') },
      root: { type: 'string' },
    },
  });
  const problem = debianProblem();
  if (problem !== undefined) throw new Error(problem);
  const steps = toolSteps();
  for (const architecture of wantedArchitectures(values.arch)) {
    steps.step(`${architecture}: gathering what goes into the image ...`);
    const prepared = await prepareImage(architecture).finally(() => steps.done());
    if (values.root !== undefined) {
      writeTree(prepared.layers, values.root);
      continue;
    }
    const { file, digest, bytes } = writeArchive(prepared, values.out);
    process.stdout.write(`${file}: ${(bytes.length / 2 ** 20).toFixed(1)} MiB, ${digest}\n`);
  }
}
