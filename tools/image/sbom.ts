/**
 * The bill of materials of an image, as CycloneDX: that of the bundle (tools/sbom.ts), with the Node of the image's own
 * architecture and Debian's packages. Each has the checksum it was checked against.
 */
import { createHash } from 'node:crypto';
import { sbomOf } from '../sbom.ts';
import type { ImageArchitecture } from './architecture.ts';
import { DEBIAN_RELEASE, type DebianPackage } from './debian.ts';
import type { NodeBinary } from './node-binary.ts';

/** What goes into an image beside our own files. */
export interface Ingredients {
  readonly architecture: ImageArchitecture;
  /** Packages whose code is in the bundle. */
  readonly bundled: readonly string[];
  readonly node: NodeBinary;
  readonly debian: readonly DebianPackage[];
}

function nodeComponent({ name, version, integrity }: NodeBinary): object {
  const content = Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex');
  const purl = `pkg:npm/${name}@${version}`;
  const licenses = [{ license: { id: 'MIT' } }];
  return { type: 'platform', name, version, purl, hashes: [{ alg: 'SHA-512', content }], licenses };
}

function debianComponent({ name, version, sha256 }: DebianPackage, architecture: ImageArchitecture): object {
  const from = `arch=${architecture}&distro=debian-${DEBIAN_RELEASE.version}`;
  const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?${from}`;
  return { type: 'library', name, version, purl, hashes: [{ alg: 'SHA-256', content: sha256 }] };
}

/** The document's text; the same ingredients give the same text. */
export function imageSbom({ architecture, bundled, node, debian }: Ingredients): string {
  const base = sbomOf(bundled);
  const components = [
    ...base.components.filter(({ type }) => type !== 'platform'),
    nodeComponent(node),
    ...debian.map((each) => debianComponent(each, architecture)),
  ];
  const metadata = { component: { ...base.metadata.component, type: 'container' } };
  const hex = createHash('sha256')
    .update(JSON.stringify([metadata, components]))
    .digest('hex');
  const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  return `${JSON.stringify({ ...base, serialNumber: `urn:uuid:${uuid}`, metadata, components }, undefined, 2)}\n`;
}
