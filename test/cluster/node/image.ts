// The images of the test node, made by hand because nothing is pulled: a docker-archive with one layer holding a static busybox.
//
// Two names on one layer: watcher.test/busybox:1 for pods, watcher.test/pause:1 for sandboxes. Give pods `imagePullPolicy: IfNotPresent`.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tar, type TarEntry } from '../../../internal/platform/tar.ts';

/** What pods run. */
export const BUSYBOX_IMAGE = 'watcher.test/busybox:1';
/** What holds a pod's namespaces. */
export const PAUSE_IMAGE = 'watcher.test/pause:1';

const GO_ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

function appletsOf(busybox: string): string[] {
  const names = execFileSync(busybox, ['--list']).toString().split('\n');
  return names.filter((name) => name !== '' && name !== 'busybox');
}

function layerOf(busybox: string): Buffer {
  const links = appletsOf(busybox).map((name): TarEntry => ({ kind: 'link', name: `bin/${name}`, target: 'busybox' }));
  return tar([
    { kind: 'folder', name: 'bin/' },
    { kind: 'file', name: 'bin/busybox', content: readFileSync(busybox), mode: 0o755 },
    ...links,
    { kind: 'folder', name: 'etc/' },
    {
      kind: 'file',
      name: 'etc/passwd',
      content: Buffer.from('root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n'),
    },
    { kind: 'file', name: 'etc/group', content: Buffer.from('root:x:0:\nnogroup:x:65534:\n') },
    { kind: 'folder', name: 'tmp/', mode: 0o1777 },
  ]);
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function configOf(layer: Buffer, command: readonly string[]): Buffer {
  const config = {
    architecture: GO_ARCHITECTURES[process.arch] ?? process.arch,
    os: 'linux',
    config: { Env: ['PATH=/bin'], Cmd: command },
    rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
  };
  return Buffer.from(JSON.stringify(config));
}

/** The archive for `ctr images import`, made from a statically linked busybox. */
export function imageArchive(busybox: string): Buffer {
  const layer = layerOf(busybox);
  const images = [
    { tag: BUSYBOX_IMAGE, config: configOf(layer, ['/bin/sh']) },
    { tag: PAUSE_IMAGE, config: configOf(layer, ['/bin/sleep', '2147483647']) },
  ];
  const configName = (config: Buffer): string => `${sha256(config)}.json`;
  const manifest = images.map(({ tag, config }) => ({
    Config: configName(config),
    RepoTags: [tag],
    Layers: ['layer.tar'],
  }));
  return tar([
    ...images.map(({ config }): TarEntry => ({ kind: 'file', name: configName(config), content: config })),
    { kind: 'file', name: 'layer.tar', content: layer },
    { kind: 'file', name: 'manifest.json', content: Buffer.from(JSON.stringify(manifest)) },
  ]);
}
