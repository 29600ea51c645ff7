/**
 * The files of the image: Node with the libraries it needs, and the bundle. No shell, no package manager, no node_modules,
 * nothing that is setuid, and two folders that somebody other than root may write to: /tmp, and where the outbox lies.
 *
 * Pure: what is read and fetched comes in. The same ingredients give the same files in the same order.
 */
import type { TarEntry } from '../../internal/platform/tar.ts';
import { nodeFlags } from '../build.ts';
import { architectures, type ImageArchitecture } from './architecture.ts';
import { IMAGE_USER, NODE_PATH, PROGRAM_PATH, WORKING_DIR } from './config.ts';
import { DEBIAN_RELEASE, fileOf, type DebianPackage } from './debian.ts';
import type { Layer } from './oci.ts';
import { imageSbom, type Ingredients } from './sbom.ts';

/** What `tools/build.ts` bundles, with the texts that have to go along. */
export interface AppFiles {
  readonly bundle: ReadonlyMap<string, Buffer>;
  readonly licence: Buffer;
  readonly licencesOfOthers: string;
}

/** Where glibc and gcc's libraries are taken from; what isn't in a package is looked for in the next. */
function libraryPaths({ triplet }: { readonly triplet: string }): readonly string[] {
  const names = ['libc.so.6', 'libm.so.6', 'libdl.so.2', 'libpthread.so.0', 'libgcc_s.so.1'];
  return [...names.map((name) => `/lib/${triplet}/${name}`), `/usr/lib/${triplet}/libstdc++.so.6`];
}

/**
 * `watcher` for `kubectl exec`, where there is no shell: Node replaces itself by one with the flags, since a `#!` line takes
 * a single argument.
 */
export const launcher = `#!${NODE_PATH} --no-warnings
const flags = ${JSON.stringify(nodeFlags)};
process.execve('${NODE_PATH}', ['${NODE_PATH}', ...flags, '${PROGRAM_PATH}', ...process.argv.slice(2)]);
`;

const passwd = `root:x:0:0:root:/:/sbin/nologin\nnonroot:x:${IMAGE_USER}:${IMAGE_USER}:nonroot:/var/lib/watcher:/sbin/nologin\n`;
const group = `root:x:0:\nnonroot:x:${IMAGE_USER}:\n`;
/** By which scanners tell whose security advisories count. */
const osRelease = `NAME="Debian GNU/Linux"\nPRETTY_NAME="watcher, on libraries of Debian ${DEBIAN_RELEASE.version}"
ID=debian\nVERSION_ID="${DEBIAN_RELEASE.version}"\nVERSION_CODENAME=${DEBIAN_RELEASE.codename}\n`;

class Tree {
  readonly #entries = new Map<string, TarEntry>();

  folder(name: string, mode = 0o755, owner = 0): void {
    this.#parents(name);
    const entry = { kind: 'folder', name: `${name.slice(1)}/`, mode, owner } as const;
    this.#entries.set(entry.name, entry);
  }

  file(name: string, content: Buffer | string, mode = 0o644): void {
    this.#parents(name);
    this.#entries.set(name.slice(1), { kind: 'file', name: name.slice(1), content: Buffer.from(content), mode });
  }

  #parents(name: string): void {
    const parent = name.slice(0, name.lastIndexOf('/'));
    if (parent !== '' && !this.#entries.has(`${parent.slice(1)}/`)) this.folder(parent);
  }

  entries(): TarEntry[] {
    return [...this.#entries.values()];
  }
}

function libraryOf(packages: readonly DebianPackage[], name: string): Buffer {
  const content = packages.map((each) => fileOf(each, name)).find((found) => found !== undefined);
  if (content === undefined) throw new Error(`none of Debian's packages has ${name}`);
  return content;
}

function libraries(tree: Tree, debian: readonly DebianPackage[], architecture: ImageArchitecture): void {
  const names = architectures[architecture];
  for (const name of libraryPaths(names)) tree.file(name, libraryOf(debian, name), 0o755);
  const loaderName = names.loader.slice(names.loader.lastIndexOf('/'));
  tree.file(names.loader, libraryOf(debian, `/lib/${names.triplet}${loaderName}`), 0o755);
  for (const each of debian) {
    tree.file(`/var/lib/dpkg/status.d/${each.name}`, each.control);
    const copyright = fileOf(each, `/usr/share/doc/${each.name}/copyright`);
    if (copyright !== undefined) tree.file(`/usr/share/doc/${each.name}/copyright`, copyright);
  }
}

function baseLayer({ architecture, node, debian }: Ingredients): Layer {
  const tree = new Tree();
  tree.file('/etc/passwd', passwd);
  tree.file('/etc/group', group);
  tree.file('/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n');
  tree.file('/etc/os-release', osRelease);
  tree.folder('/tmp', 0o1777);
  libraries(tree, debian, architecture);
  tree.file(NODE_PATH, node.content, 0o755);
  tree.file('/usr/share/doc/node/LICENSE', node.licence);
  return { entries: tree.entries(), comment: `Node ${node.version}, libraries of Debian ${DEBIAN_RELEASE.version}` };
}

function appLayer(ingredients: Ingredients, app: AppFiles): Layer {
  const tree = new Tree();
  tree.folder(WORKING_DIR);
  tree.folder('/var/lib/watcher', 0o700, IMAGE_USER);
  const folder = PROGRAM_PATH.slice(0, PROGRAM_PATH.lastIndexOf('/'));
  for (const [name, content] of app.bundle) tree.file(`${folder}/${name}`, content);
  tree.file('/usr/bin/watcher', launcher, 0o755);
  tree.file('/usr/share/doc/watcher/LICENSE', app.licence);
  tree.file('/usr/share/doc/watcher/LICENSES.txt', app.licencesOfOthers);
  tree.file('/usr/share/doc/watcher/sbom.cdx.json', imageSbom(ingredients));
  return { entries: tree.entries(), comment: 'watcher' };
}

/** Lowest first: what changes least. */
export function imageLayers(ingredients: Ingredients, app: AppFiles): readonly Layer[] {
  return [baseLayer(ingredients), appLayer(ingredients, app)];
}
