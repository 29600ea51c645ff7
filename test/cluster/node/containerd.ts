// containerd of one node: everything it keeps is below the cluster's folder, its images come from an archive of ours.
//
// Snapshots are plain copies (the native snapshotter): a busybox is 2 MB, and overlayfs can't be stacked inside many containers.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { startChild, waitUntil, type Child } from '../process/child.ts';
import { imageArchive, PAUSE_IMAGE } from './image.ts';
import { cniConfig, type PodNetwork } from './network.ts';

const SNAPSHOTTER = 'native';

/** What containerd is started with. */
export interface ContainerdSpec {
  readonly binaries: Readonly<Record<string, string>>;
  readonly runDir: string;
  readonly network: PodNetwork;
  readonly runc: string;
  readonly busybox: string;
}

/** A running containerd, images loaded. */
export interface Containerd {
  readonly child: Child;
  readonly socket: string;
  /** Takes the images of an archive: of `docker save`, or an OCI layout. */
  readonly importImages: (archive: string) => Promise<void>;
}

/** TOML as containerd 2 reads it; strings here hold no quotes. */
function configOf(spec: ContainerdSpec, dir: string, socket: string): string {
  const cniBinDirs = ['bridge', 'host-local', 'loopback'].map((name) => path.dirname(spec.binaries[name] ?? ''));
  return `version = 3
root = '${dir}/root'
state = '${dir}/state'
# NRI and the opt plugin have one fixed place on a machine, which two instances would fight over.
disabled_plugins = ['io.containerd.nri.v1.nri', 'io.containerd.internal.v1.opt']
[grpc]
  address = '${socket}'
[ttrpc]
  address = '${socket}.ttrpc'
[plugins.'io.containerd.cri.v1.images']
  snapshotter = '${SNAPSHOTTER}'
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = '${PAUSE_IMAGE}'
[plugins.'io.containerd.cri.v1.runtime']
  # Without it runc can't lower the score of a container where CAP_SYS_RESOURCE is missing, and dies of it.
  restrict_oom_score_adj = true
  # The usual place, /run/netns, would outlive us.
  netns_mounts_under_state_dir = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = [${[...new Set(cniBinDirs)].map((one) => `'${one}'`).join(', ')}]
    conf_dir = '${dir}/cni'
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = 'io.containerd.runc.v2'
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
      BinaryName = '${spec.runc}'
      Root = '${dir}/runc'
      SystemdCgroup = false
`;
}

async function ctr(binary: string, socket: string, ...args: string[]): Promise<void> {
  await promisify(execFile)(binary, ['--address', socket, '--namespace', 'k8s.io', ...args]);
}

async function answers(binary: string, socket: string): Promise<boolean> {
  try {
    await ctr(binary, socket, 'version');
    return true;
  } catch {
    return false;
  }
}

// --local: unpacked by ctr with the snapshotter named here, not by the daemon with its default.
const IMPORT = ['images', 'import', '--local', '--snapshotter', SNAPSHOTTER];

/** Starts containerd and loads the images. */
export async function startContainerd(spec: ContainerdSpec): Promise<Containerd> {
  const { runDir, binaries, network } = spec;
  const dir = path.join(runDir, 'containerd');
  const socket = path.join(dir, 'grpc.sock');
  mkdirSync(path.join(dir, 'cni'), { recursive: true });
  writeFileSync(path.join(dir, 'config.toml'), configOf(spec, dir, socket));
  writeFileSync(
    path.join(dir, 'cni', '10-bridge.conflist'),
    JSON.stringify(cniConfig(network, path.join(dir, 'ipam'))),
  );
  const command = binaries['containerd'] ?? 'containerd';
  // The shim is looked for beside containerd and on the path.
  const searchPath = [path.dirname(binaries['containerd-shim-runc-v2'] ?? ''), path.dirname(spec.runc)];
  const args = ['--config', path.join(dir, 'config.toml')];
  const child = await startChild({ name: 'containerd', command, args, runDir, searchPath });
  const patience = { what: 'containerd does not answer', timeoutMs: 20_000, runDir, children: [child] };
  const client = binaries['ctr'] ?? 'ctr';
  await waitUntil(patience, () => answers(client, socket));
  const archive = path.join(dir, 'images.tar');
  writeFileSync(archive, imageArchive(spec.busybox));
  const importImages = (file: string): Promise<void> => ctr(client, socket, ...IMPORT, file);
  await importImages(archive);
  return { child, socket, importImages };
}
