/**
 * An image as one file, without a container engine: an OCI layout (image-layout.md) in a tar, with the manifest.json that
 * `docker load` reads beside it. `ctr images import`, `docker load`, `podman load` and `skopeo copy oci-archive:` take it.
 *
 * The same layers and facts give the same bytes: no times, no owners but those named, gzip without a name.
 */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { tar, type TarEntry } from '../../internal/platform/tar.ts';
import type { ImageArchitecture } from './architecture.ts';
import { createdAt, labels, runConfig, type BuildFacts } from './config.ts';

/** One layer: what it adds to those below, and why it is there. */
export interface Layer {
  readonly entries: readonly TarEntry[];
  readonly comment: string;
}

export interface ImageArchive {
  readonly bytes: Buffer;
  /** Of the manifest: what `image: watcher@sha256:...` names. */
  readonly digest: string;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** Name and tag as Kubernetes completes `watcher:0.1.0`. */
export function fullName(version: string): string {
  return `docker.io/library/watcher:${version}`;
}

function sha256(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

class Blobs {
  readonly entries: TarEntry[] = [];

  add(mediaType: string, content: Buffer): Descriptor {
    const digest = sha256(content);
    this.entries.push({ kind: 'file', name: pathOf(digest), content });
    return { mediaType, digest, size: content.length };
  }

  addJson(mediaType: string, content: unknown): Descriptor {
    return this.add(mediaType, Buffer.from(JSON.stringify(content)));
  }
}

function pathOf(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

function json(name: string, content: unknown): TarEntry {
  return { kind: 'file', name, content: Buffer.from(JSON.stringify(content)) };
}

export function imageArchive(
  layers: readonly Layer[],
  architecture: ImageArchitecture,
  facts: BuildFacts,
): ImageArchive {
  const blobs = new Blobs();
  const tars = layers.map(({ entries }) => tar(entries));
  const layerBlobs = tars.map((bytes) => blobs.add('application/vnd.oci.image.layer.v1.tar+gzip', gzipSync(bytes)));
  const created = createdAt(facts);
  const config = blobs.addJson('application/vnd.oci.image.config.v1+json', {
    created,
    architecture,
    os: 'linux',
    config: { ...runConfig, Labels: labels(facts) },
    rootfs: { type: 'layers', diff_ids: tars.map(sha256) },
    history: layers.map(({ comment }) => ({ created, created_by: comment })),
  });
  const manifest = blobs.addJson('application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config,
    layers: layerBlobs,
    annotations: labels(facts),
  });
  const annotations = {
    'io.containerd.image.name': fullName(facts.version),
    'org.opencontainers.image.ref.name': facts.version,
  };
  const named = { ...manifest, platform: { architecture, os: 'linux' }, annotations };
  const forDocker = {
    Config: pathOf(config.digest),
    RepoTags: [`watcher:${facts.version}`],
    Layers: layerBlobs.map(({ digest }) => pathOf(digest)),
  };
  const head = [
    json('oci-layout', { imageLayoutVersion: '1.0.0' }),
    json('index.json', {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [named],
    }),
    json('manifest.json', [forDocker]),
  ];
  return { bytes: tar([...head, ...blobs.entries]), digest: manifest.digest };
}
