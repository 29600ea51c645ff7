/**
 * The commands of the documents that test/e2e/docs-commands.test.ts does not run itself: those that need a node, a registry
 * or a long time, each with the test, the check of the suite or the workflow that runs it; and those that nothing runs, with
 * the reason. `holds` stands in the file, so that no row outlives what it names.
 */

export interface Elsewhere {
  readonly shown: RegExp;
  readonly by: string;
  readonly holds: string;
}

const ci = '.github/workflows/ci.yml';
const suite = 'tools/suites.ts';

export const elsewhere: readonly Elsewhere[] = [
  {
    shown: /^WATCHER_RESTATE_SERVER=\S+ node --test test\/contract\//,
    by: 'test/support/restate-server-binary.ts',
    holds: 'WATCHER_RESTATE_SERVER',
  },
  { shown: /^(?:(?:CLUSTER=current|KEEP=1) )?make demo\b/, by: 'test/e2e/demo.test.ts', holds: 'new DemoProcess(' },
  { shown: /^make install$|^npm ci /, by: ci, holds: 'run: make install' },
  { shown: /^npm audit/, by: ci, holds: 'run: npm audit --omit=dev' },
  { shown: /^make verify$/, by: ci, holds: 'run: make verify' },
  { shown: /^make test$|^npm test$|^node tools\/test\.ts --only GROUP$/, by: ci, holds: 'run: make test' },
  {
    shown: /^node tools\/test\.ts e2e\/installed\b/,
    by: 'test/e2e/installed.test.ts',
    holds: 'installed on a real node',
  },
  { shown: /^make chaos$|^node tools\/test\.ts --only chaos$/, by: suite, holds: 'test/chaos/**/*.test.ts' },
  { shown: /^make build$/, by: suite, holds: "command: ['node', 'tools/build.ts']" },
  { shown: /^npm run docs$/, by: suite, holds: "command: ['node', 'tools/docs.ts', '--check']" },
  { shown: /^make manifests$/, by: 'test/integration/chart.test.ts', holds: 'renderManifests' },
  {
    shown: /^node tools\/bundle-sizes\.ts --record$/,
    by: 'test/unit/tools/bundle-sizes.test.ts',
    holds: 'bundle-sizes',
  },
  { shown: /^make image/, by: '.github/workflows/release.yml', holds: 'run: make image ARGS="--arch all"' },
  { shown: /^ctr -n k8s\.io images import /, by: 'test/support/installed-cluster.ts', holds: 'import' },
  { shown: /^npm run cluster -- up --node/, by: 'test/integration/cluster-node.test.ts', holds: 'startCluster(' },
  {
    shown: /^(?:WATCHER_\w+=\S+ )?npm run cluster -- (?:up|up --api-only|down)$/,
    by: 'test/integration/cluster-lifecycle.test.ts',
    holds: 'startCluster(',
  },
  { shown: /^go tool pprof /, by: 'test/e2e/debug.test.ts', holds: "'tool', 'pprof'" },
  { shown: /^kubectl logs /, by: 'test/support/installed-release.ts', holds: "kubectl(['logs', " },
];

export interface ByHand {
  readonly shown: RegExp;
  readonly why: string;
}

export const byHand: readonly ByHand[] = [
  { shown: /^make bench/, why: 'a quarter of an hour, on a machine that does nothing else' },
  {
    shown: /^node test\/bench\/(?:main|plane-memory|watch\/transport)\.ts/,
    why: 'measures, and is judged by who reads it',
  },
  { shown: /^make chaos ARGS=--record$/, why: 'an hour; make chaos without it is in the suite, in part' },
  { shown: /^make soak/, why: 'as long as it is told' },
  { shown: /^make corpus/, why: 'a node, and nine minutes; the recordings are told again by the suite' },
  { shown: /^CLUSTER=real make demo$/, why: 'a node, and minutes' },
  { shown: /^npm run cluster -- prepare$/, why: 'builds Kubernetes, where that has not been done' },
  { shown: /^docker /, why: 'no engine on the machines that run the tests' },
  { shown: /^kubectl port-forward /, why: 'a node; the listener behind it is tested directly' },
  { shown: /^kubectl rollout status /, why: 'a node; test/e2e/installed.test.ts waits for the same through the API' },
];
