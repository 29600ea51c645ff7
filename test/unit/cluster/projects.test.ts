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
  NODE_BINARIES,
  readProjects,
} from '../../cluster/projects.ts';

const MINOR = readEnvironment({}).kubernetes;

test('every binary is built by exactly one project', () => {
  const built = readProjects(MINOR).flatMap(binariesOf);
  assert.deepEqual(
    built.sort(),
    [...API_BINARIES, ...CONTROLLER_BINARIES, ...NODE_BINARIES, ...INSTALL_BINARIES].sort(),
  );
});

test('the staging modules of Kubernetes are replaced at the release of Kubernetes itself', () => {
  const kubernetes = readProjects(MINOR).find((project) => project.name === `kubernetes-${MINOR}`)!;
  const goMod = readFileSync(path.join(kubernetes.dir, 'go.mod'), 'utf8');
  const replaced = goMod.split('\n').filter((line) => line.includes(' => '));
  const staging = kubernetes.version.replace('v1.', 'v0.');
  assert.match(kubernetes.version, new RegExp(`^v${MINOR.replace('.', '\\.')}\\.\\d+$`));
  assert.ok(replaced.length > 25);
  for (const line of replaced) assert.ok(line.endsWith(` ${staging}`), line);
});

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
