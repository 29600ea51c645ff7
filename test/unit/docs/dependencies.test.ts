/** What is shipped of others' code is what docs/DEPENDENCIES.md says: how much, from where, and under which licences. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { recordedPackages } from '../../../tools/bundle-sizes.ts';
import { licenceOf, licenceTexts, permissiveLicences } from '../../../tools/licences.ts';
import { sbomOf } from '../../../tools/sbom.ts';

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

const json = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const page = readFileSync('docs/DEPENDENCIES.md', 'utf8');
const { dependencies, optionalDependencies } = json('package.json') as Readonly<
  Record<'dependencies' | 'optionalDependencies', Record<string, string>>
>;
const nodes = Object.keys(optionalDependencies);
const { packages } = json('package-lock.json') as { packages: Record<string, Locked> };
const locked = Object.entries(packages).filter(([name]) => name !== '');
const shipped = locked.filter(([, { dev }]) => dev !== true);
/** bundle-sizes.test.ts holds this list against the bundle. */
const bundled = recordedPackages();

describe('docs/DEPENDENCIES.md', () => {
  test('says how many packages the bundle is made of', () => {
    assert.deepEqual(
      [...page.matchAll(/code of (\d+) packages|All (\d+) are/g)].map(([, one, other]) => one ?? other),
      [String(bundled.length), String(bundled.length)],
    );
  });

  test('has a reason for each dependency, and for nothing else', () => {
    const rows = [...page.matchAll(/^\| (\S+) \| .+ \| .+ \|$/gm)].map(([, name = '']) => name);
    const named = rows.filter((name) => name !== 'package' && name !== '---');
    assert.deepEqual(named.toSorted(), Object.keys(dependencies).toSorted());
  });
});

describe('the licence', () => {
  for (const name of bundled) {
    test(`of ${name} is permissive`, () => {
      const { licence } = licenceOf(name);
      assert.ok(permissiveLicences.has(licence), licence);
      assert.ok(page.includes(licence), `${licence} is not named in docs/DEPENDENCIES.md`);
    });
  }

  test('of whatever is installed with the agent is permissive', () => {
    const others = shipped.filter(([, { license }]) => !permissiveLicences.has(license ?? ''));
    assert.deepEqual(
      others.map(([name, { license }]) => `${name}: ${license ?? 'none'}`),
      [],
    );
  });

  test('goes with the bundle in its own words', () => {
    const text = licenceTexts(bundled);
    for (const name of bundled) {
      const { version, licence } = licenceOf(name);
      assert.ok(text.includes(`\n${name} ${version} (${licence})\n`), name);
    }
    assert.ok(text.split('Permission is hereby granted').length > 20);
    assert.deepEqual(
      bundled.filter((name) => licenceOf(name).text === ''),
      ['abstract-logging'],
    );
  });
});

describe('the lock file', () => {
  test('has a checksum for each package', () => {
    assert.deepEqual(
      locked.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true).map(([name]) => name),
      [],
    );
  });

  test('names no place that packages come from', () => {
    assert.deepEqual(
      locked.filter(([, { resolved }]) => resolved !== undefined).map(([name]) => name),
      [],
    );
  });

  test('has nothing to run while the agent is installed, and make install runs nothing', () => {
    assert.deepEqual(
      shipped.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([name]) => name),
      [],
    );
    assert.match(readFileSync('Makefile', 'utf8'), /^\t@npm ci --ignore-scripts /m);
    assert.match(readFileSync('.npmrc', 'utf8'), /^ignore-scripts=true$/m);
  });
});

describe('the bill of materials', () => {
  const sbom = sbomOf(bundled);

  test('has each package of the bundle and each Node, with version, checksum and licence', () => {
    assert.deepEqual(
      sbom.components.map(({ name, version }) => `${name}@${version}`),
      [...bundled, ...nodes].toSorted().map((name) => `${name}@${packages[`node_modules/${name}`]?.version ?? ''}`),
    );
    for (const { name, purl, hashes, licenses } of sbom.components) {
      assert.match(purl, /^pkg:npm\/(%40[^/@]+\/)?[^/@]+@\d+\.\d+\.\d+/);
      assert.match(hashes[0]?.content ?? '', /^[0-9a-f]{128}$/, name);
      assert.ok(permissiveLicences.has(licenses[0]?.license.id ?? ''), name);
    }
  });

  test('is the same each time, and another one for another bundle', () => {
    assert.deepEqual(sbomOf(bundled.toReversed()), sbom);
    assert.notEqual(sbomOf(bundled.slice(1)).serialNumber, sbom.serialNumber);
    assert.match(sbom.serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test('is not made of what the lock file does not know', () => {
    assert.throws(() => sbomOf(['left-pad']), /does not know left-pad/);
  });
});
