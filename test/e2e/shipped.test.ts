/**
 * The agent as it is shipped, where that differs from its sources: the bundle has parts of packages left out
 * (tools/left-out.ts), and these are the ways that lead closest by them.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { shippedProgram } from '../chaos/chaos-agent.ts';
import { AgentProcess } from '../support/agent-process.ts';
import { agentFlags } from '../support/e2e-agent.ts';
import { KubeconfigDir } from '../support/e2e-kubeconfig.ts';
import { failing } from '../support/pod-watches-case.ts';
import { SimulatedApiServer } from '../support/simulated-apiserver/server.ts';
import { CertificateAuthority } from '../support/simulated-apiserver/x509.ts';

interface Http2Plane extends AsyncDisposable {
  readonly url: string;
  /** Resolves with the handler's name once events came. */
  readonly told: Promise<string>;
}

/** Speaks HTTP/2 and nothing else, and takes whatever comes. */
async function http2Plane(authority: CertificateAuthority): Promise<Http2Plane> {
  const { certificatePem, keyPem } = authority.issue({ commonName: 'plane', hosts: ['127.0.0.1'], usage: 'server' });
  const server = createSecureServer({ cert: certificatePem, key: keyPem, allowHTTP1: false });
  const told = Promise.withResolvers<string>();
  server.on('request', (request, response) => {
    request.resume();
    const handler = request.url.split('/').at(-1) ?? '';
    if (handler.startsWith('onPodEvent')) told.resolve(`${request.httpVersion} ${handler}`);
    response.writeHead(200, { 'content-type': 'application/json', 'x-restate-id': 'inv_1' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    told: told.promise,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

describe('the bundle', { timeout: 180_000 }, () => {
  test('takes the token of an exec plugin, and tells a failure to a plane that speaks HTTP/2 alone', async () => {
    using folder = new KubeconfigDir();
    await using cluster = await SimulatedApiServer.start();
    failing(cluster, 'shop', 'web');
    const authority = new CertificateAuthority(Date.now());
    await using plane = await http2Plane(authority);
    const credential = { token: cluster.adminToken };
    const said = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: credential };
    const exec = {
      apiVersion: said.apiVersion,
      command: 'echo',
      args: [JSON.stringify(said)],
      interactiveMode: 'Never',
    };
    const kubeconfig = folder.kubeconfig({ server: cluster.url, ca: cluster.caPem, user: { exec } });
    const caFile = folder.file('ca.pem', authority.certificatePem);
    const args = [`--restate-ca-file=${caFile}`, '--leader-elect=false', `--data-dir=${folder.path}/data`];
    await using agent = new AgentProcess({
      program: await shippedProgram(),
      args: agentFlags({ kubeconfig, planeUrl: plane.url, args }),
    });
    const ended = agent.exited.then(() => `the agent ended:\n${agent.transcript()}`);
    assert.match(await Promise.race([plane.told, ended]), /^2\.0 onPodEvent/);
    process.kill(agent.pid, 'SIGUSR1');
    assert.deepEqual(await agent.stop(), { code: 0, signal: null }, agent.transcript());
    assert.doesNotMatch(agent.transcript(), /debugger/i, 'a signal opens no inspector');
  });

  test('prints its settings and its version', async () => {
    const [program = '', ...before] = await shippedProgram();
    const run = (...args: string[]): string => execFileSync(program, [...before, ...args], { encoding: 'utf8' });
    assert.match(run('--version'), /^watcher \d/);
    assert.match(run('config', 'print', '--batch-flush=2s'), /batch.flush.*2s/);
  });
});
