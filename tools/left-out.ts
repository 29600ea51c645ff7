/**
 * What the bundle does without: parts of packages that the agent never reaches, and that would cost it memory and time at
 * every start. Each row names what is replaced, for whom, by what, and why nobody misses it. Where a replacement is reached
 * after all it throws and names this file.
 *
 * From its sources the agent runs with the whole packages: what works there and not in the bundle is a row too many here.
 */
import type { Plugin } from 'esbuild';

interface LeftOut {
  /** What is imported, as it is written there. */
  readonly wanted: RegExp;
  /** Path of the file that imports it. */
  readonly by: RegExp;
  /** What it gets instead: source of a module. */
  readonly instead: string;
}

/** Source of a CommonJS module with these exports, each of which throws. */
function refusing(what: string, names: readonly string[]): string {
  const message = JSON.stringify(`${what} is left out of the bundle: see tools/left-out.ts`);
  return `function refuse() { throw new Error(${message}); }
    ${names.map((name) => `exports.${name} = refuse;`).join('\n')}`;
}

/** A compiler for schemas that is never asked: none of our routes has one. */
const withoutSchemas = `module.exports = () => () => { throw new Error('no route has a schema: see tools/left-out.ts'); };`;

const rows: readonly LeftOut[] = [
  {
    // Two thirds of undici are fetch, web sockets, caches and mocks.
    wanted: /^undici$/,
    by: /internal\/restate/,
    instead: `const Dispatcher = require('undici/lib/dispatcher/dispatcher.js');
      Object.assign(Dispatcher.prototype, require('undici/lib/api/index.js'));
      exports.Client = require('undici/lib/dispatcher/client.js');
      exports.Pool = require('undici/lib/dispatcher/pool.js');`,
  },
  {
    // Off unless an option asks for it; llhttp reads HTTP/1.1.
    wanted: /\/parser-h1\.js$/,
    by: /undici/,
    instead: 'exports.getMiloEnabled = () => false;',
  },
  {
    // HTTP/2 is spoken where a plane asks for it, and read then.
    wanted: /\/client-h2\.js$/,
    by: /undici\/lib\/dispatcher\/client\.js/,
    instead: `module.exports = (...given) => require('undici/lib/dispatcher/client-h2.js')(...given);`,
  },
  {
    // For bodies that are FormData, Blobs or web streams.
    wanted: /\/web\/fetch\/body(\.js)?$/,
    by: /undici/,
    instead: refusing("undici's body of fetch", ['extractBody']),
  },
  {
    // Of KubeConfig only what it knows of credentials is used: no request is its own, and no proxy is given to it.
    wanted: /^undici$/,
    by: /client-node/,
    instead: refusing('fetch for @kubernetes/client-node', ['Agent', 'ProxyAgent', 'fetch']),
  },
  {
    wanted: /^(socks-proxy-agent|socks|hpagent)$/,
    by: /client-node/,
    instead: refusing('proxying by @kubernetes/client-node', [
      ...['SocksProxyAgent', 'SocksClient', 'HttpProxyAgent', 'HttpsProxyAgent'],
    ]),
  },
  {
    // Its index carries 776 models.
    wanted: /^\.\/gen\/index\.js$/,
    by: /client-node\/dist\/config\.js/,
    instead: `export { createConfiguration } from '@kubernetes/client-node/dist/gen/configuration.js';
      export { ServerConfiguration } from '@kubernetes/client-node/dist/gen/servers.js';`,
  },
  { wanted: /^@fastify\/ajv-compiler$/, by: /fastify/, instead: withoutSchemas },
  { wanted: /^@fastify\/fast-json-stringify-compiler$/, by: /fastify/, instead: withoutSchemas },
  {
    // For app.inject(), which tests use.
    wanted: /^light-my-request$/,
    by: /fastify/,
    instead: `module.exports = () => { throw new Error('app.inject is left out: see tools/left-out.ts'); };`,
  },
  {
    // Read only for exemplars, which we don't have.
    wanted: /^@opentelemetry\/api$/,
    by: /prom-client/,
    instead: 'exports.context = { active() {} }; exports.trace = { getSpan() {} };',
  },
];

const NAMESPACE = 'left-out';

export const leaveOut: Plugin = {
  name: NAMESPACE,
  setup(pluginBuild) {
    pluginBuild.onResolve({ filter: /.*/, namespace: 'file' }, ({ path, importer }) => {
      const index = rows.findIndex(({ wanted, by }) => wanted.test(path) && by.test(importer));
      return index < 0 ? undefined : { path: `${index}-${path}`, namespace: NAMESPACE, pluginData: index };
    });
    pluginBuild.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ pluginData }) => ({
      contents: rows[Number(pluginData)]?.instead ?? '',
      resolveDir: import.meta.dirname,
    }));
  },
};
