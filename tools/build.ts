/**
 * Builds what is shipped: dist/watcher.js, one file with everything the agent needs, beside it the outbox's thread, what is
 * loaded only where a setting asks for it (otlp.js), the source maps and what V8 made of the code (see warm-cache.ts), and bin/watcher, which runs it on the Node that came with
 * the packages; also what of it others wrote, as licences (LICENSES.txt) and bill of materials (watcher.cdx.json). Prints
 * what the bundle is made of.
 *
 * The bundle is CommonJS: an ES module that imports a module of Node's reads every property of it, and so loads what Node
 * itself loads only when asked, its own undici for one. And it is ASCII, since one other character doubles its weight.
 *
 * @kubernetes/client-node is declared free of side effects here, since its package.json doesn't say so: only then can
 * what is not used of it be left out, which is most of it. left-out.ts names what goes beyond that.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { lateBuiltins } from './late-builtins.ts';
import { leaveOut } from './left-out.ts';
import { licenceTexts } from './licences.ts';
import { sbomOf } from './sbom.ts';
import { toolSteps } from './step.ts';
import { warmCache } from './warm-cache.ts';

const freeOfSideEffects: Plugin = {
  name: 'free-of-side-effects',
  setup(pluginBuild) {
    pluginBuild.onResolve({ filter: /^@kubernetes\/client-node/ }, async ({ path: wanted, pluginData, ...options }) => {
      if (pluginData === 'resolving') return undefined;
      const resolved = await pluginBuild.resolve(wanted, { ...options, pluginData: 'resolving' });
      return { ...resolved, sideEffects: false };
    });
    pluginBuild.onResolve({ filter: /^\./ }, async ({ path: wanted, pluginData, ...options }) => {
      if (pluginData === 'resolving' || !options.importer.includes('@kubernetes/client-node')) return undefined;
      const resolved = await pluginBuild.resolve(wanted, { ...options, pluginData: 'resolving' });
      return { ...resolved, sideEffects: false };
    });
  },
};

/** What is imported only where a setting asks for it stays in a file of its own, of which the others know the name alone. */
const ownFiles: Plugin = {
  name: 'own-files',
  setup(pluginBuild) {
    pluginBuild.onResolve({ filter: /\/telemetry\/otlp\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './otlp.js', external: true } : undefined,
    );
  },
};

/** Bundles into `outdir`, which can be run from wherever it stands then. */
export async function bundle(outdir: string): Promise<Metafile> {
  const { metafile } = await build({
    entryPoints: {
      watcher: 'cmd/watcher/main.ts',
      'outbox-thread': 'internal/pipeline/outbox-thread.ts',
      otlp: 'internal/telemetry/otlp.ts',
    },
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    define: { 'import.meta.url': '__fileUrl' },
    charset: 'ascii',
    minify: true,
    keepNames: true,
    legalComments: 'none',
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    external: ['utf-8-validate', 'bufferutil', 'supports-color'],
    plugins: [leaveOut, lateBuiltins, ownFiles, freeOfSideEffects],
    banner: { js: "const __fileUrl=require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'warning',
  });
  writeFileSync(path.join(outdir, 'package.json'), '{ "type": "commonjs" }\n');
  return metafile;
}

/** A package that stands below another one: a second version of one that may stand at the top as well. */
const NESTED = /node_modules\/(?:@[^/]+\/)?[^/]+\/.*node_modules\//;

/**
 * Bytes of each package (or `watcher` for our own files) in the bundle, largest first. Throws for a package in a second
 * version: bill of materials and licences know one of each.
 */
export function bytesByPackage(metafile: Metafile, outfile: string): [name: string, bytes: number][] {
  const totals = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(metafile.outputs[outfile]?.inputs ?? {})) {
    if (bytesInOutput > 0 && NESTED.test(path)) throw new Error(`${path}: a second version of a package is bundled`);
    const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? 'watcher';
    totals.set(name, (totals.get(name) ?? 0) + bytesInOutput);
  }
  return [...totals].sort(([, a], [, b]) => b - a);
}

/** The packages that any of the shipped files has code of, each once, in alphabetical order. */
export function packagesIn(metafile: Metafile): string[] {
  const files = Object.keys(metafile.outputs).filter((name) => name.endsWith('.js'));
  const names = files.flatMap((file) => bytesByPackage(metafile, file).map(([name]) => name));
  return [...new Set(names)].filter((name) => name !== 'watcher').toSorted();
}

/**
 * What Node is started with. A young generation of 1 MiB: what a watch reads dies at once, and room for more of it is only
 * kept, not needed (25 MB less). WebAssembly is not optimised: it is undici's parser alone, and compiling that takes 22 MB
 * which are rarely given back. Nobody opens an inspector by a signal, and
 * no object's prototype can be changed by a key of its JSON.
 */
export const nodeFlags = [
  ...['--max-semi-space-size=1', '--liftoff-only'],
  ...['--disable-sigusr1', '--disable-proto=delete'],
] as const;

const launcher = `#!/bin/sh
# Made by \`make build\`. Runs the agent on the Node that came with the packages, else on the machine's, if that is new enough.
root=$(CDPATH= cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd)
# What V8 made of the code, from the build: portable, so that the folder may move.
export NODE_COMPILE_CACHE="\${NODE_COMPILE_CACHE:-$root/dist/cache}" NODE_COMPILE_CACHE_PORTABLE="\${NODE_COMPILE_CACHE_PORTABLE:-1}"
own="$root/node_modules/.bin/node"
flags='${nodeFlags.join(' ')}'
[ -x "$own" ] && exec "$own" $flags "$root/dist/watcher.js" "$@"
if node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 24 || (+a === 24 && +b >= 15) ? 0 : 1)' 2>/dev/null; then
  exec node $flags "$root/dist/watcher.js" "$@"
fi
echo "watcher: needs Node 24.15 or later: install it, or with the sources run 'make install' in $root" >&2
exit 1
`;

if (import.meta.main) {
  const steps = toolSteps();
  steps.step('bundling ...');
  const metafile = await bundle('dist');
  mkdirSync('bin', { recursive: true });
  writeFileSync('bin/watcher', launcher);
  chmodSync('bin/watcher', 0o755);
  steps.step('having the code compiled for the cache ...');
  const problem = await warmCache('bin/watcher', 'dist/cache').finally(() => steps.done());
  if (problem !== undefined) process.stderr.write(`the first start will be slower: ${problem}\n`);
  const parts = bytesByPackage(metafile, 'dist/watcher.js');
  const packages = packagesIn(metafile);
  writeFileSync('dist/LICENSES.txt', licenceTexts(packages));
  writeFileSync('dist/watcher.cdx.json', JSON.stringify(sbomOf(packages), null, 2));
  const total = parts.reduce((sum, [, bytes]) => sum + bytes, 0);
  process.stdout.write(`bin/watcher: ${(total / 1024).toFixed(0)} KiB\n`);
  for (const [name, bytes] of parts.slice(0, 12))
    process.stdout.write(`  ${(bytes / 1024).toFixed(0).padStart(5)} KiB  ${name}\n`);
}
