// The committed Go modules: that their versions agree with each other and that a cache folder is named by what is built.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { readEnvironment } from '../../cluster/environment.ts';
import {
  API_BINARIES,
  binariesOf,
  CONTROLLER_BINARIES,
  hasKubernetes,
  INSTALL_BINARIES,
  kubernetesMinors,
  METRICS_BINARIES,
  NODE_BINARIES,
  readProjects,
} from '../../cluster/projects.ts';

const MINOR = readEnvironment({}).kubernetes;
const OTHERS = kubernetesMinors().filter((minor) => minor !== MINOR);

test('every binary is built by exactly one project', () => {
  const built = readProjects(MINOR).flatMap(binariesOf);
  assert.deepEqual(
    built.sort(),
    [...API_BINARIES, ...CONTROLLER_BINARIES, ...NODE_BINARIES, ...INSTALL_BINARIES, ...METRICS_BINARIES].sort(),
  );
});

for (const minor of kubernetesMinors()) {
  test(`the staging modules of Kubernetes ${minor} are replaced at the release of Kubernetes itself`, () => {
    const kubernetes = readProjects(minor).find((project) => project.name === `kubernetes-${minor}`)!;
    const goMod = readFileSync(path.join(kubernetes.dir, 'go.mod'), 'utf8');
    const replaced = goMod.split('\n').filter((line) => line.includes(' => '));
    const staging = kubernetes.version.replace('v1.', 'v0.');
    assert.match(kubernetes.version, new RegExp(`^v${minor.replace('.', '\\.')}\\.\\d+$`));
    assert.ok(replaced.length > 25);
    for (const line of replaced) assert.ok(line.endsWith(` ${staging}`), line);
  });
}

for (const minor of OTHERS) {
  test(`of Kubernetes ${minor} there is an API server; kubectl is the usual one, and controllers of another there are none`, () => {
    const homes = readProjects(minor).flatMap((project) => binariesOf(project).map((name) => [name, project.name]));
    const home = Object.fromEntries(homes) as Record<string, string>;
    assert.equal(homes.length, Object.keys(home).length);
    assert.deepEqual([home['kube-apiserver'], home['kubectl']], [`kubernetes-${minor}`, `kubernetes-${MINOR}`]);
    for (const name of CONTROLLER_BINARIES) assert.equal(home[name], undefined);
  });
}

test('Kubernetes is built with its own version, without which clients would read v0.0.0', () => {
  const [kubernetes] = readProjects(MINOR);
  const { version, flags } = kubernetes!;
  assert.ok(flags.at(-1)?.includes(`-X k8s.io/component-base/version.gitVersion=${version}`));
});

test('a cache folder is named by the project and a hash, the same at each reading', () => {
  const names = readProjects(MINOR).map((project) => project.cacheName);
  assert.deepEqual(
    names,
    readProjects(MINOR).map((project) => project.cacheName),
  );
  for (const name of names) assert.match(name, /^[a-z]+-\d+\.\d+-[0-9a-f]{12}$/);
});

test('a minor version without a folder, and a name that is none, are known to be missing', () => {
  for (const minor of ['1.1', '../kubernetes', '', '1.36.3']) assert.equal(hasKubernetes(minor), false);
  assert.equal(hasKubernetes(MINOR), true);
});
