/**
 * Writes deploy/manifests: the chart rendered for each mode, for those who install without Helm. With --check it writes
 * nothing and fails where a file is not what the chart says. Helm is built once a machine, with Go.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { findHelm, type Helm } from '../test/support/helm.ts';

const MODES = ['deployment', 'daemonset', 'statefulset'] as const;
const NAMESPACE = 'watcher';
const DIR = path.join(import.meta.dirname, '..', 'deploy', 'manifests');

/** Of Helm alone. */
const HELMS_OWN = /^ *(helm\.sh\/chart|app\.kubernetes\.io\/(instance|managed-by)|# Source): .*\n/gm;

const keep = {
  deployment: 'two replicas of which one leads; what waits for the plane outlives a container, not its pod',
  daemonset: 'one agent a node; what waits for the plane outlives a container, not its pod',
  statefulset: 'two replicas of which one leads, each with a volume; what waits for the plane outlives the pod',
} as const;

function head(mode: (typeof MODES)[number]): string {
  return `# Made from deploy/chart by \`make manifests\`: ${keep[mode]}.
# Change RESTATE_URL, CLUSTER_ID and the image before you apply it.
apiVersion: v1
kind: Namespace
metadata:
  name: ${NAMESPACE}
  labels:
    pod-security.kubernetes.io/enforce: restricted
`;
}

/** Each file with what it should hold. */
export async function renderManifests(helm: Helm): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const mode of MODES) {
    const values = { restateUrl: 'https://restate.example.com:8080', clusterId: 'my-cluster', mode };
    const text = await helm.template(values, ['--namespace', NAMESPACE, '--skip-tests', '--no-hooks']);
    files.set(
      path.join(DIR, `${mode}.yaml`),
      `${head(mode)}${text.replaceAll(HELMS_OWN, '').replaceAll(/\n+---/g, '\n---')}`,
    );
  }
  return files;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const found = await findHelm();
  if (!found.available) throw new Error(found.reason);
  for (const [file, text] of await renderManifests(found.helm)) {
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
    process.stdout.write(`${values.check ? 'not what the chart says' : 'written'}: ${file}\n`);
    if (values.check) process.exitCode = 1;
    else writeFileSync(file, text);
  }
}
