// The demo as a user runs it: what it shows, how it ends, and that it leaves nothing behind.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { DemoProcess } from '../support/demo-process.ts';
import { until } from '../support/e2e-until.ts';
import { rawPod, rawStatus, waiting } from '../support/raw-pod.ts';
import { skipWithoutRestate } from '../support/restate-server-binary.ts';
import type { KubernetesObject } from '../support/simulated-apiserver/objects.ts';
import { pods } from '../support/simulated-apiserver/resources.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';

const skip = skipWithoutRestate();

/** What is written of a request that writes nothing: reads, and questions about one's own rights. */
const readOnly = /^(get|list|watch|create selfsubject(access|rules)reviews)/;

const unconfigured = rawStatus({ state: waiting('CreateContainerConfigError', 'no such key'), ready: false });

describe('the demo', { skip, timeout: 240_000 }, () => {
  test('shows each of its failures as the plane received it, once, and what stayed silent, and ends with 0', async () => {
    await using demo = new DemoProcess();
    const { code, stdout, stderr } = await demo.ended();
    assert.equal(code, 0, stdout + stderr);
    for (const row of [
      /shop\/evicted +Evicted .*\d m?s$/m,
      /shop\/unpulled +main +(ErrImagePull|ImagePullBackOff) .*\d m?s$/m,
      /shop\/unconfigured +main +CreateContainerConfigError .*\d m?s$/m,
      /shop\/hungry +main +OOMKilled \(exit 137\) .*\d m?s$/m,
      /shop\/looping-\w+-\w+ +main +CrashLoopBackOff \(exit 3\) +Deployment\/looping +.*\d m?s$/m,
      /shop\/uninitialised +migrate +CrashLoopBackOff \(exit 7\) .*\d m?s$/m,
      /shop\/import-\w+ +main +Error \(exit 4\) +Job\/import +.*\d m?s$/m,
      /^9 of 9 failures arrived, each exactly once; 2 of 2 healthy workloads stayed silent\.$/m,
    ]) {
      assert.match(stdout, row);
    }
    assert.match(stdout, /\nWhat next\n {2}KEEP=1 make demo +\S/, 'what to do next');
    assert.equal(stripVTControlCharacters(stdout), stdout, 'colours are for terminals');
    assert.deepEqual(demo.leftovers(), []);
  });

  test('leaves all of it running where that is asked for, with the status page, until Ctrl-C', async () => {
    await using demo = new DemoProcess({ KEEP: '1' });
    const said = await demo.says('Ctrl-C, or kill');
    const url = /status page +(\S+)/.exec(said)?.[1] ?? '';
    const page = await (await fetch(url)).text();
    assert.match(page, /shop\/hungry[\s\S]*OOMKilled/);
    demo.signal('SIGINT');
    const { code, stderr } = await demo.ended();
    assert.equal(code, 0, stderr);
    assert.deepEqual(demo.leftovers(), []);
  });

  test('ends with 1 and says what to do where the plane cannot be registered', async () => {
    await using port = await takenPort();
    const nobody = `http://127.0.0.1:${port.number}`;
    await using demo = new DemoProcess({ RESTATE_URL: nobody, RESTATE_ADMIN_URL: nobody });
    const { code, stdout, stderr } = await demo.ended();
    assert.equal(code, 1, stdout + stderr);
    assert.match(stdout, /reference plane +failed/);
    assert.match(stderr, /^demo: PLANE_NOT_REGISTERED: .+\n {2}what to do: .*RESTATE_ADMIN_URL/);
    assert.deepEqual(demo.leftovers(), []);
  });

  test('ends with 1 and says what to do where the agent’s port is taken', async () => {
    await using port = await takenPort();
    await using demo = new DemoProcess({ HTTP_LISTEN: `127.0.0.1:${port.number}` });
    const { code, stderr } = await demo.ended();
    assert.equal(code, 1);
    assert.match(stderr, /^demo: AGENT_FAILED: the agent ended with exit code 1\n/);
    assert.match(stderr, /LISTEN_FAILED/);
    assert.deepEqual(demo.leftovers(), []);
  });

  test('stops everything it started at Ctrl-C, and says that it was stopped', async () => {
    await using demo = new DemoProcess();
    await demo.says('unpulled:');
    demo.signal('SIGINT');
    const { code, stderr } = await demo.ended();
    assert.equal(code, 1);
    assert.match(stderr, /^demo: INTERRUPTED: /);
    assert.deepEqual(demo.leftovers(), []);
  });

  test('leaves nothing behind when it is killed', async () => {
    await using demo = new DemoProcess();
    await demo.says('unpulled:');
    demo.signal('SIGKILL');
    await demo.ended();
    await until('nothing is left', () => demo.leftovers().length === 0);
  });

  test('shows what fails in the user’s own cluster, and writes nothing there', async () => {
    await using server = await SimulatedApiServer.start();
    await using demo = new DemoProcess({ CLUSTER: 'current', SECONDS: '3' });
    mkdirSync(path.join(demo.folder, '.kube'));
    server.writeKubeconfig(path.join(demo.folder, '.kube/config'));
    await demo.says('watching for 3 s');
    server.put(pods, rawPod({ status: { containerStatuses: [unconfigured] } }) as unknown as KubernetesObject);
    const { code, stdout, stderr } = await demo.ended();
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /shop\/web-1 +app +CreateContainerConfigError/);
    const written = server.requests.all({
      where: ({ method, verb, resource }) => method !== 'GET' && !readOnly.test(`${verb} ${resource}`),
    });
    assert.deepEqual(
      written.map(({ method, path: place }) => `${method} ${place}`),
      [],
    );
  });
});

interface TakenPort extends AsyncDisposable {
  readonly number: number;
}

/** A port somebody listens on who hangs up on everyone. */
async function takenPort(): Promise<TakenPort> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    number: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
      }),
  };
}
