/**
 * Modules of Node's that are loaded when one of their exports is first touched, and not when the file that imports them is:
 * packages import what they need for cases that never come (HTTP/2, clusters), and each such module is code that Node has to
 * compile and keep.
 */
import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

/** Of no use to most agents, or not at once. */
const LATE = new Set(['http2', 'child_process', 'cluster', 'inspector', 'inspector/promises', 'v8', 'sqlite', 'vm']);
const NAMESPACE = 'late-builtin';

export const lateBuiltins: Plugin = {
  name: NAMESPACE,
  setup(pluginBuild) {
    pluginBuild.onResolve({ filter: /^(node:)?[a-z0-9_/]+$/, namespace: 'file' }, ({ path }) => {
      const name = path.replace(/^node:/, '');
      return LATE.has(name) && isBuiltin(path) ? { path: name, namespace: NAMESPACE } : undefined;
    });
    pluginBuild.onLoad({ filter: /.*/, namespace: NAMESPACE }, async ({ path }) => ({
      contents: await lateModule(path),
    }));
  },
};

/** Source of a module with the same exports, each of which loads the real one. */
async function lateModule(name: string): Promise<string> {
  const names = Object.keys((await import(`node:${name}`)) as object).filter((key) => key !== 'default');
  return `const load = () => process.getBuiltinModule('node:${name}');
    for (const key of ${JSON.stringify(names)}) {
      Object.defineProperty(exports, key, { enumerable: true, get: () => load()[key] });
    }`;
}
