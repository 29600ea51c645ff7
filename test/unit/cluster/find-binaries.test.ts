// Where binaries come from: the order of places, and the reason given where none has them.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { clusterAvailability } from '../../cluster/availability.ts';
import { readEnvironment, type ClusterEnvironment } from '../../cluster/environment.ts';
import { findBinaries } from '../../cluster/find-binaries.ts';
import { kubernetesMinors, readProjects } from '../../cluster/projects.ts';

function folder(t: TestContext): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'watcher-binaries-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

function putBinaries(dir: string, ...names: string[]): void {
  mkdirSync(dir, { recursive: true });
  for (const name of names) writeFileSync(path.join(dir, name), '');
  for (const name of names) chmodSync(path.join(dir, name), 0o755);
}

function environment(root: string, more: NodeJS.ProcessEnv = {}): ClusterEnvironment {
  return readEnvironment({ XDG_CACHE_HOME: root, WATCHER_CLUSTER_BUILD: '0', ...more });
}

test('KUBEBUILDER_ASSETS comes before the cache', async (t) => {
  const root = folder(t);
  const assets = path.join(root, 'assets');
  const settings = environment(root, { KUBEBUILDER_ASSETS: assets });
  putBinaries(assets, 'etcd', 'kube-apiserver', 'kubectl');
  for (const project of readProjects(settings.kubernetes)) {
    putBinaries(path.join(settings.cacheDir, project.cacheName), ...Object.keys(project.packages));
  }
  const answer = await findBinaries(['etcd', 'kube-apiserver', 'kubectl'], { environment: settings });
  assert.ok(answer.found);
  for (const file of Object.values(answer.paths)) assert.equal(path.dirname(file), assets);
});

test('an API server of KUBEBUILDER_ASSETS is not mixed with a controller manager of another version', async (t) => {
  const root = folder(t);
  const assets = path.join(root, 'assets');
  const settings = environment(root, { KUBEBUILDER_ASSETS: assets });
  putBinaries(assets, 'kube-apiserver');
  const [kubernetes] = readProjects(settings.kubernetes);
  const cached = path.join(settings.cacheDir, kubernetes!.cacheName);
  putBinaries(cached, 'kube-apiserver', 'kube-controller-manager');
  const answer = await findBinaries(['kube-apiserver', 'kube-controller-manager'], { environment: settings });
  assert.ok(answer.found);
  assert.equal(answer.paths['kube-apiserver'], path.join(cached, 'kube-apiserver'));
});

test('what is missing is named together with why it is not built', async (t) => {
  const answer = await clusterAvailability({ environment: environment(folder(t)) });
  assert.equal(answer.available, false);
  assert.match(answer.reason, /kube-apiserver.* not in KUBEBUILDER_ASSETS or .*, and building is off/);
});

test('a file that is not executable is no binary', async (t) => {
  const root = folder(t);
  writeFileSync(path.join(root, 'etcd'), '');
  const settings = environment(root, { KUBEBUILDER_ASSETS: root });
  assert.equal((await findBinaries(['etcd'], { environment: settings })).found, false);
});

test('a version of Kubernetes that the project does not have is said to be missing', async (t) => {
  const settings = environment(folder(t), { WATCHER_CLUSTER_KUBERNETES: '1.2' });
  const answer = await findBinaries(['etcd'], { environment: settings });
  assert.deepEqual(answer, { found: false, reason: 'test/cluster/binaries has no folder kubernetes-1.2' });
});

test('who asks for a version is not given what KUBEBUILDER_ASSETS has, whose version nobody knows', async (t) => {
  const root = folder(t);
  putBinaries(root, 'etcd', 'kube-apiserver', 'kubectl');
  const settings = environment(root, { KUBEBUILDER_ASSETS: root });
  const answer = await clusterAvailability({ environment: settings, kubernetes: settings.kubernetes });
  assert.equal(answer.available, false);
});

test('a version that has an API server only says so to who wants its controllers', async (t) => {
  const [older] = kubernetesMinors();
  assert.ok(older !== undefined);
  const answer = await clusterAvailability({
    environment: environment(folder(t)),
    kubernetes: older,
    controllers: true,
  });
  assert.ok(!answer.available);
  assert.match(answer.reason, /of Kubernetes 1\.33 there is no kube-controller-manager, kube-scheduler$/);
});
