/**
 * The bill of materials of what is shipped, as CycloneDX 1.5: the packages whose code is in the bundle, with the checksums of
 * the lock file, and Node itself. The same lock and bundle give the same bytes: no date, and a serial number that is made of
 * the rest. `npm sbom --omit dev` is not used: npm 11 leaves out what a development package needs as well (measured: semver),
 * and lists much that isn't in the bundle.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { licenceOf } from './licences.ts';

export interface Component {
  readonly type: 'library' | 'application' | 'platform';
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes: readonly { readonly alg: 'SHA-512'; readonly content: string }[];
  readonly licenses: readonly { readonly license: { readonly id: string } }[];
}

export interface Sbom {
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: '1.5';
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: { readonly component: Omit<Component, 'hashes'> };
  readonly components: readonly Component[];
}

interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

interface Locked {
  readonly version: string;
  readonly integrity: string;
  readonly license: string;
}

const root = path.join(import.meta.dirname, '..');
const read = (file: string): unknown => JSON.parse(readFileSync(path.join(root, file), 'utf8'));

/** Node as it comes with the packages (adr/0003), for each platform: their versions may differ. */
const NODE = /^node-(?:linux|darwin)-/;

/** For a bundle of these packages. Throws where the lock file doesn't know one. */
export function sbomOf(names: readonly string[]): Sbom {
  const { version, license, optionalDependencies } = read('package.json') as Manifest;
  const { packages } = read('package-lock.json') as { packages: Readonly<Record<string, Locked | undefined>> };
  const own = { type: 'application', name: 'watcher', version, purl: `pkg:generic/watcher@${version}` } as const;
  const nodes = Object.keys(optionalDependencies).filter((name) => NODE.test(name));
  const components = [...names, ...nodes].toSorted().map((name) => component(name, packages[`node_modules/${name}`]));
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: serialNumber(JSON.stringify([own, components])),
    version: 1,
    metadata: { component: { ...own, licenses: [{ license: { id: license } }] } },
    components,
  };
}

function component(name: string, locked: Locked | undefined): Component {
  if (locked === undefined) throw new Error(`package-lock.json does not know ${name}`);
  const [algorithm, base64 = ''] = locked.integrity.split('-', 2);
  if (algorithm !== 'sha512') throw new Error(`${name} has no SHA-512 in package-lock.json`);
  return {
    type: NODE.test(name) ? 'platform' : 'library',
    name,
    version: locked.version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${locked.version}`,
    hashes: [{ alg: 'SHA-512', content: Buffer.from(base64, 'base64').toString('hex') }],
    licenses: [{ license: { id: NODE.test(name) ? locked.license : licenceOf(name).licence } }],
  };
}

/** A UUID (RFC 9562, version 8: made in a way of our own) of `text`. */
function serialNumber(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
