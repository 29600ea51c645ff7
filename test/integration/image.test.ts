/**
 * The image with its real ingredients: Node, Debian's libraries, the bundle. Its files are run as a container runs them, as
 * 65532 on a read-only root, without a container engine; test/unit/tools/image.test.ts has what needs no ingredients.
 *
 * Needs Debian's packages: from the network once, from the cache after that.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { prepareImage, writeTree, type Prepared } from '../../tools/image.ts';
import { architectures, ownArchitecture } from '../../tools/image/architecture.ts';
import { runConfig } from '../../tools/image/config.ts';
import { imageArchive } from '../../tools/image/oci.ts';
import { findCommand } from '../cluster/node/requirements.ts';
import { imageProblem } from '../support/agent-image.ts';
import { AgentProcess } from '../support/agent-process.ts';
import { inImage, inImageProblem } from '../support/in-image.ts';
import { failing } from '../support/pod-watches-case.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';

const architecture = ownArchitecture() ?? 'amd64';
const facts = { version: '0.0.1', description: 'd', revision: 'abc', createdAtSeconds: 1 };

const problem = imageProblem();

let prepared: Prepared;
let folder = '';
before(async () => {
  if (problem !== undefined) return;
  prepared = await prepareImage(architecture);
  folder = mkdtempSync(path.join(tmpdir(), 'watcher-image-'));
  chmodSync(folder, 0o755);
  writeTree(prepared.layers, folder);
});
after(() => folder !== '' && rmSync(folder, { recursive: true, force: true }));

describe('the image', { skip: problem ?? false, timeout: 300_000 }, () => {
  test('is the same bytes when it is made again', async () => {
    const digestOf = ({ layers }: Prepared): string =>
      createHash('sha256')
        .update(imageArchive(layers, architecture, facts).bytes)
        .digest('hex');
    assert.equal(digestOf(await prepareImage(architecture)), digestOf(prepared));
  });

  test('has every library that is asked for in it', (t) => {
    const names = prepared.layers.flatMap(({ entries }) => entries.map(({ name }) => name));
    const binaries = names.filter((name) => name === 'usr/bin/node' || /\.so(\.\d+)*$/.test(name));
    const there = new Set(binaries.map((name) => path.basename(name)));
    if (findCommand('readelf') === undefined) {
      t.skip('there is no readelf');
      return;
    }
    const listing = execFileSync('readelf', ['--dynamic', ...binaries], { cwd: folder }).toString();
    const needed = new Set([...listing.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name = '']) => name));
    assert.ok(needed.has('libc.so.6'), listing);
    assert.deepEqual(
      [...needed].filter((name) => !there.has(name)),
      [],
    );
    assert.ok(names.includes(architectures[architecture].loader.slice(1)));
  });

  test('is below 50 MiB to pull', () => {
    const { bytes } = imageArchive(prepared.layers, architecture, facts);
    assert.ok(bytes.length < 50 * 2 ** 20, `${bytes.length} bytes`);
  });
});

describe('in the image', { skip: problem ?? inImageProblem() ?? false, timeout: 300_000 }, () => {
  // As the kubelet mounts it.
  before(() => writeFileSync(path.join(folder, 'etc', 'hosts'), '127.0.0.1 localhost plane.test\n'));

  const run = (...command: readonly string[]): string => {
    const [program = '', ...args] = inImage(folder, command);
    return execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
  };
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

  test('`watcher` is on the PATH for kubectl exec, and starts Node with the same flags without a word of its own', () => {
    assert.equal(run('watcher', '--version'), `watcher ${version}\n`);
    assert.equal(run(...runConfig.Entrypoint, '--version'), `watcher ${version}\n`);
    assert.match(run('watcher', 'rbac', '--watch-namespace-mode=all'), /kind: ClusterRole/);
  });

  test('nothing but the outbox and /tmp can be written, and there is no shell', () => {
    const script = `const fs = require('node:fs'); const failed = [];
      for (const name of ['/x', '/opt/watcher/dist/x', '/etc/watcher/x', '/usr/bin/x', '/var/lib/watcher/x'])
        try { fs.writeFileSync(name, '') } catch { failed.push(name) }
      console.log(process.getuid(), process.getgid(), failed.length, fs.existsSync('/bin/sh') || fs.existsSync('/usr/bin/sh'))`;
    assert.equal(run('node', '-e', script), '65532 65532 4 false\n');
  });

  test('the agent tells a failure to its plane, with settings from /etc/watcher, and ends in order', async () => {
    await using cluster = await SimulatedApiServer.start();
    failing(cluster, 'shop', 'web');
    const told = Promise.withResolvers<string>();
    const plane = createServer((request, response) => {
      request.resume();
      if (request.url?.includes('onPodEvent') === true) told.resolve(request.url);
      response.writeHead(200, { 'content-type': 'application/json', 'x-restate-id': 'inv_1' }).end('{}');
    }).listen(0, '127.0.0.1');
    try {
      await once(plane, 'listening');
      const kubeconfig = {
        clusters: [
          {
            name: 'c',
            cluster: {
              server: cluster.url,
              'certificate-authority-data': Buffer.from(cluster.caPem).toString('base64'),
            },
          },
        ],
        users: [{ name: 'u', user: { token: cluster.adminToken } }],
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'c',
      };
      writeFileSync(path.join(folder, 'etc', 'watcher', 'kubeconfig'), JSON.stringify(kubeconfig));
      const settings = {
        kubeconfig: '/etc/watcher/kubeconfig',
        restate_url: `http://plane.test:${(plane.address() as AddressInfo).port}`,
        cluster_id: 'image',
        watch_namespace_mode: 'all',
        http_listen: '127.0.0.1:0',
      };
      writeFileSync(path.join(folder, 'etc', 'watcher', 'config.yaml'), JSON.stringify(settings));
      // A chroot starts in /, a container in the working directory.
      const script = `process.chdir('${runConfig.WorkingDir}'); process.execve('/usr/bin/node', ${JSON.stringify(runConfig.Entrypoint)})`;
      const program = inImage(folder, ['node', '--no-warnings', '-e', script]);
      await using agent = new AgentProcess({ program, args: [] });
      const started = await agent.line('serving health and metrics', 60_000);
      assert.ok(started['port']);
      const failed = agent.exited.then(() => assert.fail(`it ended: ${agent.transcript()}`));
      failed.catch(() => undefined);
      assert.match(await Promise.race([told.promise, failed]), /ProjectService\/image\/onPodEvent/);
      assert.equal((await fetch(`${await agent.url()}/livez`)).status, 200);
      assert.deepEqual(await agent.stop(), { code: 0, signal: null });
    } finally {
      plane.closeAllConnections();
      plane.close();
    }
  });
});
