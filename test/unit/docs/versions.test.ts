/** The table of versions: what is listed as tested is tested by that name, and what is tested is listed. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { testedKubernetes } from '../../../internal/kubernetes/supported-versions.ts';
import {
  installedRestate,
  kubernetesVersions,
  oldestRestate,
  planeVersions,
  type SupportedVersion,
} from '../../../tools/versions-table.ts';

const rows: readonly SupportedVersion[] = [...kubernetesVersions(), ...planeVersions()];

describe('each version in the table', () => {
  for (const { version, says, tests } of rows) {
    test(`is named by each of its tests: ${version}`, () => {
      assert.ok(tests.length > 0 && says !== '');
      for (const { file, names } of tests) assert.ok(readFileSync(file, 'utf8').includes(names), `${file}: ${names}`);
    });
  }
});

test('every minor that is tested has a row with its release, and every file of one a row', () => {
  const versions = kubernetesVersions();
  for (const minor of testedKubernetes) {
    const row = versions.find(({ version }) => version === minor);
    assert.ok(row?.isSupported === true && row.says.startsWith(`v${minor}.`), minor);
  }
  const listed = versions.flatMap(({ tests }) => tests.map(({ file }) => file));
  assert.deepEqual(
    globSync('test/integration/versions*.test.ts').filter((file) => !listed.includes(file)),
    [],
  );
});

test('the oldest Restate server is run for each change, and the packages bring none that is older', () => {
  const workflow = readFileSync('.github/workflows/ci.yml', 'utf8');
  assert.ok(workflow.includes(`@restatedev/restate-server@${oldestRestate}\n`));
  assert.ok(installedRestate().localeCompare(oldestRestate, 'en', { numeric: true }) >= 0, installedRestate());
});
