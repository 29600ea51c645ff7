// Imports run one way (docs/ARCHITECTURE.md). A folder may import only what is named for it here.
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: `^internal/${from}/` },
  to: { path: '^(internal|cmd|test|tools)/', pathNot: `^internal/(${[from, ...allowed].join('|')})/` },
});
const home = (library, folder) => ({
  name: `${library.replaceAll(/[^a-z]/g, '-')}-has-one-home`,
  severity: 'error',
  from: { path: '^(internal|cmd)/', pathNot: folder },
  to: { path: `node_modules/${library}` },
});
const builtinHome = (library, folder) => ({
  name: `${library.replaceAll(/[^a-z]/g, '-')}-has-one-home`,
  severity: 'error',
  from: { path: '^(internal|cmd)/', pathNot: folder },
  to: { path: `^(node:)?${library}$` },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'nobody-imports-tests',
      severity: 'error',
      from: { path: '^(internal|cmd/watcher|cmd/plane)/' },
      to: { path: '^(test|tools)/' },
    },
    { name: 'nobody-imports-commands', severity: 'error', from: { path: '^internal/' }, to: { path: '^cmd/' } },
    only('platform-imports-nothing', 'platform', []),
    only('pipeline-imports-platform', 'pipeline', ['platform']),
    only('kubernetes-imports-pipeline-types', 'kubernetes', ['pipeline', 'platform']),
    only('restate-imports-pipeline-types', 'restate', ['pipeline', 'platform']),
    only('config-imports-platform', 'config', ['platform']),
    only('metrics-imports-platform', 'metrics', ['platform']),
    only('server-imports-metrics', 'server', ['metrics', 'platform']),
    only('telemetry-imports-types', 'telemetry', ['pipeline', 'metrics', 'platform']),
    {
      name: 'only-types-of-the-pipeline',
      severity: 'error',
      from: { path: '^internal/(kubernetes|restate|telemetry)/' },
      to: { path: '^internal/pipeline/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-wire-sees-everything',
      severity: 'error',
      from: { path: '^cmd/watcher/(main|run)\\.ts$' },
      to: { path: '^internal/(kubernetes|pipeline|restate|server|telemetry)/', dependencyTypesNot: ['type-only'] },
    },
    home('@kubernetes/client-node', '^internal/kubernetes/'),
    home('(opossum|p-retry)', '^internal/restate/'),
    home('fastify', '^internal/server/'),
    home('prom-client', '^internal/metrics/'),
    home('pprof-format', '^internal/server/'),
    home('@opentelemetry', '^internal/telemetry/'),
    home('convict', '^internal/config/'),
    home('pino', '^internal/platform/'),
    builtinHome('sqlite', '^internal/pipeline/outbox'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    builtInModules: { add: ['node:sqlite', 'node:test'] },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
