/**
 * Values that somebody may well give and that must not do harm: contradictions are refused before anything is installed, odd
 * text stays the one value that it is, and two releases do not stand in each other's way. Rendered by Helm; no cluster.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findHelm, objectsIn, required, type Rendered } from '../support/helm.ts';

const found = await findHelm();
const skip = found.available ? false : found.reason;

interface Rule {
  readonly resources: readonly string[];
  readonly resourceNames?: readonly unknown[];
}

const labels = 'app.kubernetes.io/';

describe('the values of the chart', { skip, timeout: 300_000 }, () => {
  const { helm } = found as Extract<typeof found, { available: true }>;

  const policyOf = async (values: object): Promise<{ readonly to?: unknown; readonly ports: { port: number }[] }[]> => {
    const objects = await helm.render({ ...required, ...values });
    const policy = objects.find(({ kind }) => kind === 'NetworkPolicy');
    return (policy?.spec as { egress: { ports: { port: number }[] }[] }).egress;
  };
  const portsOf = async (values: object): Promise<number[][]> =>
    (await policyOf(values)).map(({ ports }) => ports.map(({ port }) => port));
  const leaseOf = (objects: readonly Rendered[]): unknown[] =>
    objects
      .flatMap(({ rules = [] }) => rules as Rule[])
      .filter(({ resources }) => resources.includes('leases'))
      .flatMap(({ resourceNames = [] }) => resourceNames);

  for (const [values, words] of [
    [{ mode: 'daemonset', settings: { nodeName: 'x' } }, /settings\.nodeName .* that one node/],
    [{ settings: { dataDir: 'data' } }, /settings\.dataDir has to begin with \//],
    [{ settings: { httpListen: ':0' } }, /settings\.httpListen: .* a port that is known/],
    [{ settings: { httpListen: '127.0.0.1:8080' } }, /settings\.httpListen: the probes .* do not reach/],
    [{ settings: { httpListen: '[::1]:8080' } }, /settings\.httpListen: the probes .* do not reach/],
    [{ settings: { httpListen: '8080' } }, /settings\.httpListen: "8080" is not an address/],
    [{ terminationGracePeriodSeconds: 25 }, /terminationGracePeriodSeconds .* more than the 25 s/],
    [{ terminationGracePeriodSeconds: 60, settings: { drainTimeout: '2m' } }, /more than the 120 s/],
    [{ planeSecret: { tokenKey: 'token' } }, /planeSecret\.name is required/],
    [{ planeSecret: { name: 'plane' } }, /planeSecret has no key/],
    [{ serviceAccount: { create: false } }, /serviceAccount\.name is required .* every pod of the namespace/],
    [{ settings: null }, /settings holds nothing/],
    [{ fullnameOverride: '123' }, /fullnameOverride/],
  ] as const) {
    test(`that would install what does not do its work are refused: ${JSON.stringify(values)}`, async () => {
      await assert.rejects(helm.template({ ...required, ...values }), words);
    });
  }

  test('that are close to those are taken', async () => {
    const settings = { httpListen: '0.0.0.0:9090', nodeName: 'node-1', drainTimeout: '25s' };
    const planeSecret = { name: 'plane', caKey: 'ca.crt' };
    const objects = await helm.render({ ...required, settings, planeSecret, terminationGracePeriodSeconds: 26 });
    assert.equal(objects.at(-1)?.kind, 'Deployment');
    const bare = await helm.render({ ...required, rbac: { create: false }, serviceAccount: { create: false } });
    assert.deepEqual([bare.length, bare[0]?.kind], [1, 'Deployment']);
  });

  test('give each release a Lease of its own: in one namespace neither keeps the other from telling', async () => {
    const rendered = async (release: string, settings: object = {}): Promise<readonly [string, Rendered[]]> => {
      const args = ['template', release, 'deploy/chart', '--namespace', 'agents'];
      const text = await helm.run(args, { ...required, settings });
      return [text, objectsIn(text)];
    };
    const [usual, objects] = await rendered('watcher');
    assert.deepEqual(leaseOf(objects), ['watcher-leader-lock']);
    assert.doesNotMatch(usual, /LEASE_NAME/);
    const [text, ofShop] = await rendered('watcher-shop', { watchNamespaceMode: 'single', watchNamespace: 'shop' });
    assert.deepEqual(leaseOf(ofShop), ['watcher-shop-leader-lock']);
    assert.match(text, /LEASE_NAME, value: "watcher-shop-leader-lock"/);
    const [named, ofNamed] = await rendered('other', { leaseName: 'lock' });
    assert.deepEqual(leaseOf(ofNamed), ['lock']);
    assert.match(named, /LEASE_NAME, value: "lock"/);
    const [, ofShard] = await rendered('a', { shard: '0/2' });
    assert.deepEqual(leaseOf(ofShard), ['a-watcher-leader-lock-shard-0-of-2']);
  });

  test('name roles so that releases of one name in two namespaces share none', async () => {
    const settings = { watchNamespaceMode: 'single', watchNamespace: 'shop' };
    const rolesFrom = async (namespace: string): Promise<string[]> => {
      const args = ['template', 'watcher', 'deploy/chart', '--namespace', namespace];
      const objects = objectsIn(await helm.run(args, { ...required, settings }));
      return objects
        .filter(({ kind }) => kind.endsWith('Role') || kind.endsWith('Binding'))
        .map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
    };
    const [a, b] = [await rolesFrom('a'), await rolesFrom('b')];
    assert.deepEqual([a.length, a.filter((one) => b.includes(one))], [6, []]);
  });

  for (const odd of ['123', 'true', 'null', 'a, secrets', 'a"b', "a'b", '# a', 'a: b', 'a\n  b: c', '*', '{{ 1 }}']) {
    test(`that are odd text stay what they are: ${JSON.stringify(odd)}`, async () => {
      const objects = await helm.render({
        ...{ ...required, mode: 'statefulset', priorityClassName: odd },
        ...{ serviceAccount: { name: odd }, planeSecret: { name: odd, tokenKey: 'token' } },
        ...{ data: { storageClassName: odd }, podMonitor: { enabled: true, interval: odd } },
        settings: { watchNamespaceMode: 'single', watchNamespace: odd, leaseName: odd, dataDir: `/${odd}` },
      });
      const usual = await helm.render({ ...required, mode: 'statefulset', podMonitor: { enabled: true } });
      // One Role and one RoleBinding more, in the watched namespace.
      assert.equal(objects.length, usual.length + 2);
      assert.deepEqual(leaseOf(objects), [odd]);
      const at = (kind: string): Rendered[] => objects.filter((object) => object.kind === kind);
      assert.deepEqual([at('ServiceAccount')[0]?.metadata.name, at('Role')[0]?.metadata.namespace], [odd, odd]);
      const pod = (at('StatefulSet')[0]?.spec as { template: { spec: Record<string, unknown> } }).template.spec;
      assert.deepEqual([pod['serviceAccountName'], pod['priorityClassName']], [odd, odd]);
      const text = JSON.stringify(at('StatefulSet')[0]);
      for (const [key, value] of Object.entries({ storageClassName: odd, secretName: odd, mountPath: `/${odd}` }))
        assert.ok(text.includes(`${JSON.stringify(key)}:${JSON.stringify(value)}`), `${key}: ${text}`);
    });
  }

  test('take a release of digits', async () => {
    const args = ['template', '123', 'deploy/chart', '--namespace', 'agents'];
    const [account] = objectsIn(await helm.run(args, required));
    const { metadata } = account as { metadata: { labels?: Record<string, unknown> } };
    assert.equal(metadata.labels?.[`${labels}instance`], '123');
  });

  test('open the NetworkPolicy to where telemetry goes, once that is set', async () => {
    const networkPolicy = { enabled: true };
    const usual = await portsOf({ networkPolicy });
    assert.deepEqual(usual, [[53, 53], [443, 6443], [8080]]);
    const settings = { otlpEndpoint: 'http://collector.monitoring:4318' };
    assert.deepEqual(await portsOf({ networkPolicy, settings }), [...usual, [4318]]);
    const collectorTo = [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }];
    const [, , , rule] = await policyOf({ networkPolicy: { enabled: true, collectorTo }, settings });
    assert.deepEqual(rule?.to, collectorTo);
  });

  test('open it to the ports of pods behind Services that change them', async () => {
    const networkPolicy = { enabled: true, dnsPorts: [5353], planePorts: [9070, 9071], collectorPorts: [55681] };
    const settings = { otlpEndpoint: 'http://collector:80', remoteConfigUrl: 'https://settings.example.com/x' };
    const expected = [[5353, 5353], [443, 6443], [9070, 9071, 443], [55681]];
    assert.deepEqual(await portsOf({ networkPolicy, settings }), expected);
  });
});
