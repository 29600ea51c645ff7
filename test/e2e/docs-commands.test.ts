/**
 * Every command that a document shows is run, as it is shown: on a simulated cluster, a real Restate service and the
 * reference plane; `kubectl` and `helm` on a real API server. What can't be run here stands in test/support/shown-elsewhere.ts
 * with who runs it; a command that is in neither fails. Placeholders get their values in test/support/shown-values.ts.
 */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import { findBinaries } from '../cluster/find-binaries.ts';
import { startCliWorldWithAgent, type CliWorldWithAgent } from '../support/cli-world.ts';
import { DocsShell } from '../support/docs-shell.ts';
import { startPlaneServer } from '../support/plane-server.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';
import { byHand, elsewhere } from '../support/shown-elsewhere.ts';
import { shownLines } from '../support/shown-lines.ts';
import { dataDirOf, endlessUntil, withValues, workedCodes, type ShownValues } from '../support/shown-values.ts';

const pages = globSync(['*.md', 'docs/**/*.md', 'deploy/**/*.md', 'test/**/*.md'])
  // What was decided then is not edited when a flag is renamed.
  .filter((page) => !page.startsWith('docs/adr/') && page !== 'CHANGELOG.md');
const shown = [...new Set(pages.flatMap((page) => shownLines(readFileSync(page, 'utf8'))))];
const isElsewhere = (line: string): boolean => [...elsewhere, ...byHand].some((row) => row.shown.test(line));
/** Last what would be in the way of Helm: it takes over nothing that it did not make. */
const rank = (line: string): number => (line.startsWith('kubectl apply ') ? 1 : 0);
const isOfCluster = (line: string): boolean => /^(?:helm|kubectl (?!exec ))/.test(line);
const here = shown.filter((line) => !isElsewhere(line));

test('no row of those run elsewhere is without a command, or names what is not there', () => {
  for (const row of [...elsewhere, ...byHand])
    assert.ok(
      shown.some((line) => row.shown.test(line)),
      String(row.shown),
    );
  for (const { by, holds } of elsewhere) {
    assert.ok(existsSync(by) && readFileSync(by, 'utf8').includes(holds), `${by}: ${holds}`);
  }
});

describe(
  'shown, and run on a simulated cluster:',
  { skip: skipWithoutRestate(), concurrency: 2, timeout: 600_000 },
  () => {
    const stack = new AsyncDisposableStack();
    let world: CliWorldWithAgent;
    let shell: DocsShell;
    let values: ShownValues;
    before(async () => {
      const plane = await startPlaneServer();
      stack.defer(() => plane.stop());
      world = stack.use(await startCliWorldWithAgent(plane.url));
      shell = stack.use(new DocsShell());
      copyFileSync('test/corpus/recordings/drain.ndjson', path.join(shell.dir, 'pods.ndjson'));
      values = { planeUrl: plane.url, agentDir: world.environment['DATA_DIR'] ?? '', idleDir: world.idleDir };
    });
    after(() => stack.disposeAsync());

    for (const line of here.filter((one) => !isOfCluster(one))) {
      test(line, async () => {
        const told = withValues(line, values);
        const isEndless = endlessUntil(told);
        const dataDir = isEndless === undefined ? dataDirOf(told, values) : path.join(world.dir, 'another-agent');
        const environment = { ...world.environment, DATA_DIR: dataDir, HTTP_LISTEN: '127.0.0.1:0' };
        const { code, said } = await shell.run(told, environment, isEndless);
        assert.ok(
          workedCodes(told).includes(code),
          `${told} ended with ${code} (can't it be run here? test/support/shown-elsewhere.ts):\n${said}`,
        );
      });
    }
  },
);

const machine = await clusterAvailability({ controllers: true });
const helm = await findBinaries(['helm']);
const skip = machine.available ? (helm.found ? false : helm.reason) : machine.reason;

describe('shown, and run on a real API server:', { skip, timeout: 600_000 }, () => {
  const stack = new AsyncDisposableStack();
  let shell: DocsShell;
  const run = (line: string): ReturnType<DocsShell['run']> => shell.run(line, {}, endlessUntil(line));
  before(async () => {
    const cluster = stack.use(await startCluster({ controllers: true }));
    const kubectl = machine.available ? machine.binaries['kubectl'] : undefined;
    const helmPath = helm.found ? helm.paths['helm'] : undefined;
    shell = stack.use(new DocsShell({ kubectl, helm: helmPath, kubeconfig: cluster.kubeconfigPath }));
    for (const name of ['watcher', 'shop']) await cluster.createNamespace(name);
    await cluster.kubectl(['apply', '-f', '-'], EXISTING.map((object) => JSON.stringify(object)).join('\n---\n'));
  });
  after(() => stack.disposeAsync());

  const install = here.find((line) => line.startsWith('helm install ')) ?? '';
  const gone = 'helm uninstall watcher --namespace watcher --ignore-not-found';
  /** What an operator has done before. */
  const beforeIt = (line: string): readonly string[] => {
    if (line.startsWith('helm install ') || line.startsWith('kubectl apply ')) return [gone];
    if (line.startsWith('helm '))
      return [gone, install, ...(line.includes(' rollback ') ? [install.replace('install', 'upgrade')] : [])];
    return [];
  };

  for (const line of here.filter(isOfCluster).toSorted((a, b) => rank(a) - rank(b))) {
    test(line, async () => {
      for (const step of [...beforeIt(line), line]) {
        const { code, said } = await run(step);
        assert.ok(workedCodes(step).includes(code), `${step} ended with ${code}:\n${said}`);
      }
    });
  }
});

const named = (apiVersion: string, kind: string, name: string, namespace: string, spec: object): object => ({
  ...{ apiVersion, kind, metadata: { name, namespace }, spec },
});
const pod = { containers: [{ name: 'app', image: 'app' }], automountServiceAccountToken: false };
const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };

/** What a cluster has in which these commands are of use. */
const EXISTING = [
  ...['shop', 'default'].map((namespace) => named('v1', 'Pod', 'web-0', namespace, pod)),
  named('coordination.k8s.io/v1', 'Lease', 'watcher-leader-lock', 'watcher', { holderIdentity: 'watcher-0' }),
  ...[0, 1].map((at) => named('v1', 'PersistentVolumeClaim', `data-watcher-${at}`, 'watcher', claim)),
];
