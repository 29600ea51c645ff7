// Leader election on a real API server: two candidates, and everything that may happen to one of them.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { clusterAvailability } from '../cluster/availability.ts';
import { startCluster } from '../cluster/cluster.ts';
import type { Cluster } from '../cluster/options.ts';
import { childCandidate, localCandidate } from '../support/leader-rig.ts';
import { untilStopped } from '../support/process-state.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const machine = await clusterAvailability();
const skip = machine.available ? false : machine.reason;

/** A fifth of the usual times, so that the tests are short; what must not depend on it uses the usual ones. */
const quick = { leaseDurationMs: 3000, renewDeadlineMs: 2000, retryMs: 400 };
const leasePath = '/apis/coordination.k8s.io/v1/namespaces/default/leases/watcher-leader-lock';

interface Lease {
  readonly metadata: Record<string, unknown>;
  readonly spec: Record<string, unknown> & { readonly renewTime?: string; readonly holderIdentity?: string };
}

/** The kubeconfig with another address in place of the server's. */
function through(cluster: Cluster, port: number): string {
  const text = readFileSync(cluster.kubeconfigPath, 'utf8').replaceAll(cluster.url, `https://127.0.0.1:${port}`);
  const file = path.join(cluster.runDir, `kubeconfig-through-${port}`);
  writeFileSync(file, text);
  return file;
}

describe('leader election on a real API server', { skip, timeout: 180_000 }, () => {
  let cluster: Cluster;
  const readLease = (): Promise<Lease> => cluster.api('GET', leasePath);
  /** The Lease as `holds` wants it. */
  const leaseOnce = async (what: string, holds: (lease: Lease) => boolean): Promise<Lease> => {
    const endMs = performance.now() + 30_000;
    for (;;) {
      const lease = await readLease().catch(() => undefined);
      if (lease !== undefined && holds(lease)) return lease;
      assert.ok(performance.now() < endMs, `not within 30 s: ${what}; ${JSON.stringify(lease)}`);
      await setTimeout(20);
    }
  };
  /** The Lease after so many more renewals by whoever holds it. */
  const renewed = async (times: number): Promise<Lease> => {
    let lease = await leaseOnce('a Lease', () => true);
    for (let at = 0; at < times; at++) {
      const { renewTime } = lease.spec;
      lease = await leaseOnce('a renewal', ({ spec }) => spec.renewTime !== renewTime);
    }
    return lease;
  };
  before(async () => {
    cluster = await startCluster({ tokenUsers: [{ user: 'guest' }] });
  });
  beforeEach(() => cluster.api('DELETE', leasePath).catch(() => undefined));
  after(() => cluster.stop());

  test('a leader that stops is followed within two seconds, at the usual times', async () => {
    await using a = localCandidate(cluster.kubeconfigPath, 'a');
    await a.telling.next('leads');
    await using b = localCandidate(cluster.kubeconfigPath, 'b');
    await b.telling.next('sees a');
    const stoppedAtMs = Date.now();
    await a.elector.stop();
    const { atMs } = await b.telling.next('leads');
    assert.ok(atMs - stoppedAtMs < 2000, `${atMs - stoppedAtMs} ms`);
    assert.equal((await readLease()).spec['leaseTransitions'], 1);
    assert.ok(Math.abs((b.terms[0]?.previousRenewAtMs ?? 0) - stoppedAtMs) < 1000);
  });

  test('a leader that is killed is followed when its Lease has run out, not before', async () => {
    await using a = childCandidate(cluster.kubeconfigPath, 'a', quick);
    await a.telling.next('leads');
    await using b = localCandidate(cluster.kubeconfigPath, 'b', quick);
    await b.telling.next('sees a');
    await renewed(2);
    a.process.kill('SIGKILL');
    const killedAtMs = Date.now();
    const { atMs } = await b.telling.next('leads');
    assert.ok(atMs - killedAtMs > 2000 && atMs - killedAtMs < 4500, `${atMs - killedAtMs} ms`);
  });

  test('renewals that hang end the term in time, before another leads', async () => {
    await using proxy = await startTcpProxy(new URL(cluster.url));
    await using a = localCandidate(through(cluster, proxy.port), 'a', quick);
    await a.telling.next('leads');
    await using b = localCandidate(cluster.kubeconfigPath, 'b', quick);
    await b.telling.next('sees a');
    proxy.silence();
    const silencedAtMs = Date.now();
    const stopped = await a.telling.next('stopped: renew-deadline');
    const leads = await b.telling.next('leads');
    assert.ok(stopped.atMs - silencedAtMs <= 2050, `${stopped.atMs - silencedAtMs} ms`);
    assert.ok(leads.atMs > stopped.atMs);
    assert.equal(a.terms[0]?.isValid(), false);
    proxy.resume();
    await a.telling.next('sees b');
  });

  test('a frozen leader does nothing after it wakes until it leads again', async () => {
    await using a = childCandidate(cluster.kubeconfigPath, 'a', quick);
    await a.telling.next('acts');
    await using b = localCandidate(cluster.kubeconfigPath, 'b', quick);
    await b.telling.next('sees a');
    a.process.kill('SIGSTOP');
    await untilStopped(a.process.pid ?? 0);
    const frozenAtMs = Date.now();
    await b.telling.next('leads');
    await renewed(1);
    a.process.kill('SIGCONT');
    await a.telling.next('sees b', frozenAtMs);
    const acts = a.telling.all.filter((told) => told.what === 'acts' && told.atMs > frozenAtMs);
    assert.deepEqual(acts, []);
    assert.ok(a.telling.words().includes('stopped: renew-deadline'));
  });

  test('a Lease that is deleted is made anew by the leader or taken by another, and one leads', async () => {
    await using a = localCandidate(cluster.kubeconfigPath, 'a', quick);
    await a.telling.next('leads');
    await using b = localCandidate(cluster.kubeconfigPath, 'b', quick);
    await b.telling.next('sees a');
    await cluster.api('DELETE', leasePath);
    const { spec } = await renewed(3);
    const leaders = [a, b].filter((one) => one.elector.term?.isValid() === true);
    assert.deepEqual(
      leaders.map((one) => one.elector.describe().identity),
      [spec.holderIdentity],
    );
  });

  test('a Lease edited by hand: labels are kept, another holder is obeyed and outlived', async () => {
    await using a = localCandidate(cluster.kubeconfigPath, 'a', quick);
    await a.telling.next('leads');
    const patch = { metadata: { labels: { mine: 'yes' } } };
    await cluster.kubectl(['patch', 'lease', 'watcher-leader-lock', '--type=merge', '-p', JSON.stringify(patch)]);
    const lease = await renewed(2);
    assert.deepEqual(lease.metadata['labels'], { mine: 'yes' });
    assert.deepEqual(a.telling.words(), ['leads']);
    const given = { spec: { holderIdentity: 'nobody' } };
    await cluster.kubectl(['patch', 'lease', 'watcher-leader-lock', '--type=merge', '-p', JSON.stringify(given)]);
    const editedAtMs = Date.now();
    await a.telling.next('sees nobody');
    const again = await a.telling.next('leads', editedAtMs);
    assert.ok(again.atMs - editedAtMs < 5000);
    assert.equal((await readLease()).spec['holderIdentity'], 'a');
  });

  test('an API server that restarts costs the leader nothing, at the usual times', async () => {
    await using a = localCandidate(cluster.kubeconfigPath, 'a');
    await a.telling.next('leads');
    await cluster.restartApiServer();
    await renewed(1);
    assert.deepEqual(a.telling.words(), ['leads']);
    assert.equal(a.elector.term?.isValid(), true);
  });

  test('missing rights are said once with their code; granted, they are used', async () => {
    await using guest = localCandidate(cluster.kubeconfigFor('guest'), 'guest', { ...quick, slowRetryMs: 500 });
    while (guest.asked() < 3) await setTimeout(20);
    const warnings = guest.log.filter((line) => line.level === 'warn');
    assert.deepEqual(
      warnings.map((line) => line.err?.code),
      ['API_FORBIDDEN'],
    );
    const rules = ['--verb=get,create,update', '--resource=leases.coordination.k8s.io'];
    await cluster.kubectl(['create', 'role', 'leader', ...rules]);
    await cluster.kubectl(['create', 'rolebinding', 'leader', '--role=leader', '--user=guest']);
    await guest.telling.next('leads');
  });
});
