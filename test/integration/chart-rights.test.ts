/**
 * The chart grants what `watcher rbac` prints, rule for rule, for every combination of the settings that rights depend
 * on: both are made from one table, but the chart's conditions are written in another language.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadConfig } from '../../internal/config/load.ts';
import { environmentName } from '../../internal/config/setting.ts';
import {
  roleObject,
  bindingObject,
  rolesOf,
  serviceAccountObject,
} from '../../internal/kubernetes/rights-manifests.ts';
import { rightsNeeded } from '../../internal/kubernetes/rights.ts';
import { rightsNeedsOf } from '../../cmd/watcher/rights-needs.ts';
import { settings } from '../../internal/config/schema.ts';
import { valueName } from '../../tools/chart-schema.ts';
import { findHelm, required, type Helm, type Rendered } from '../support/helm.ts';

const found = await findHelm();
const skip = found.available ? false : found.reason;
const NAMESPACE = 'agents';
const PARTS = 4;

type Settings = Readonly<Record<string, string | boolean | readonly string[]>>;

/** Which Role a right goes to, and what the Lease is called: every combination of these two ... */
const places: readonly Settings[] = [
  { watchNamespaceMode: 'all' },
  { watchNamespaceMode: 'label', managedNsLabel: 'watched' },
  { watchNamespaceMode: 'single' },
  { watchNamespaceMode: 'single', watchNamespace: 'shop' },
];
const leases: readonly Settings[] = [
  {},
  { leaderElect: 'false' },
  { leaderElect: true, leaseName: 'lock' },
  { shard: '1/3' },
];
/** ... with each of these, which add or take away a right whatever else is set. */
const switches: readonly Settings[] = [
  {},
  { dryRun: true },
  { enabledReasons: ['Failed', 'NodeNotReady'] },
  { enabledReasons: '*' },
  { podNamespace: 'elsewhere', eventContext: ['events', 'image'] },
  { eventContext: '*', silenceAnnotations: 'pods,workloads' },
];
const combinations = places.flatMap((place) =>
  leases.flatMap((lease) => switches.map((more) => ({ ...place, ...lease, ...more }))),
);

const environmentNames = new Map(settings.map(({ flag }) => [valueName(flag), environmentName(flag)]));

/** What the agent makes of the same settings. */
function printed(given: Settings, mode: string): Rendered[] {
  const environment = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [environmentNames.get(name) ?? name, String(value)]),
  );
  const node = mode === 'daemonset' ? { NODE_NAME: 'node-1' } : {};
  const { config } = loadConfig({ argv: [], environment: { ...environment, ...node }, require: [] });
  const needs = rightsNeedsOf(config, { namespace: NAMESPACE, isInCluster: true });
  const bearer = { name: 'watcher', serviceAccount: 'watcher', namespace: NAMESPACE };
  const roles = rolesOf(rightsNeeded(needs), bearer);
  const objects = roles.flatMap((role) => [roleObject(role), bindingObject(role, bearer)]);
  return [serviceAccountObject(bearer), ...objects].map((object) => object as unknown as Rendered);
}

async function granted(helm: Helm, given: Settings, mode: string): Promise<Rendered[]> {
  const objects = await helm.render({ ...required, mode, settings: given });
  const kinds = ['ServiceAccount', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'];
  return objects.filter(({ kind }) => kinds.includes(kind)).map(withoutLabels);
}

const withoutLabels = (object: Rendered): Rendered => {
  const { name, namespace } = object.metadata;
  return { ...object, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
};

const keyOf = ({ kind, metadata }: Rendered): string => `${kind} ${metadata.namespace ?? ''} ${metadata.name}`;
const sorted = (objects: readonly Rendered[]): Rendered[] =>
  objects.toSorted((a, b) => keyOf(a).localeCompare(keyOf(b)));

describe('the rights that the chart grants', { skip, timeout: 300_000, concurrency: 2 }, () => {
  const { helm } = found as Extract<typeof found, { available: true }>;
  for (const mode of ['deployment', 'daemonset']) {
    // One agent a node is no shard, and always wants nodes.
    const isUsable = (one: Settings): boolean => one['shard'] === undefined && one['enabledReasons'] === undefined;
    const usable = combinations.filter((one) => mode !== 'daemonset' || isUsable(one));
    for (let part = 0; part < PARTS; part++) {
      test(`are those that watcher rbac prints: ${mode}, part ${part + 1} of ${PARTS}`, async () => {
        for (const one of usable.filter((_, at) => at % PARTS === part)) {
          assert.deepEqual(sorted(await granted(helm, one, mode)), sorted(printed(one, mode)), JSON.stringify(one));
        }
      });
    }
  }

  test('are the same for a StatefulSet as for a Deployment', async () => {
    assert.deepEqual(await granted(helm, {}, 'statefulset'), await granted(helm, {}, 'deployment'));
  });

  test('are none where rbac.create is off, and go to the account that was named', async () => {
    const kindsOf = async (values: object): Promise<string[]> =>
      (await helm.render({ ...required, ...values })).map(({ kind }) => kind);
    assert.deepEqual(await kindsOf({ rbac: { create: false }, serviceAccount: { create: false } }), ['Deployment']);
    const text = await helm.template({ ...required, serviceAccount: { create: false, name: 'teller' } });
    assert.equal(text.match(/serviceAccountName: "teller"\n/g)?.length, 1);
    assert.equal(text.match(/- kind: ServiceAccount\n +name: "teller"\n +namespace: agents\n/g)?.length, 2);
  });
});
