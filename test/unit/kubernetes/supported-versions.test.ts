/** Which versions of Kubernetes are told to be supported, too old, or newer than what was tested. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  newestKubernetes,
  oldestKubernetes,
  supportOf,
  testedKubernetes,
} from '../../../internal/kubernetes/supported-versions.ts';
import { kubernetesMinors, USUAL_KUBERNETES } from '../../cluster/projects.ts';

test('the tested versions are those that the test cluster can be built of, two at least, the newest being the usual one', () => {
  assert.deepEqual([...testedKubernetes], kubernetesMinors());
  assert.ok(kubernetesMinors().length >= 2);
  assert.equal(newestKubernetes, USUAL_KUBERNETES);
  assert.equal(oldestKubernetes, testedKubernetes[0]);
});

for (const [version, expected] of [
  ['v1.33.0', 'supported'],
  ['v1.36.3', 'supported'],
  ['v1.34.1+k3s1', 'supported'],
  ['v1.33.5-eks-3025e55', 'supported'],
  ['v1.35.0-gke.1036000', 'supported'],
  ['1.33', 'supported'],
  ['v1.32.99', 'older-than-supported'],
  ['v1.9.11', 'older-than-supported'],
  ['v0.36.0', 'older-than-supported'],
  ['v1.37.0-alpha.1', 'newer-than-tested'],
  ['v1.100.0', 'newer-than-tested'],
  ['v2.0.0', 'newer-than-tested'],
  ['', 'unknown'],
  ['v1', 'unknown'],
  ['v1.', 'unknown'],
  ['v1.333333.0', 'unknown'],
  ['master', 'unknown'],
  [undefined, 'unknown'],
] as const) {
  test(`${version ?? 'no version'} is ${expected}`, () => assert.equal(supportOf(version), expected));
}
