// What containers leave when they are killed: mounts below the cluster's folder, and a few files outside of it.
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import path from 'node:path';

const ROUNDS = 5;
const LOG_LINKS_DIR = '/var/log/containers';

/** The kernel writes space, tab, newline and backslash of a mount point as \ooo. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Mount points below a folder, the innermost first. */
export function mountsBelow(dir: string): string[] {
  if (!existsSync('/proc/self/mountinfo')) return [];
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const points = lines.map((line) => unescape(line.split(' ')[4] ?? ''));
  return points.filter((point) => point.startsWith(`${dir}/`)).reverse();
}

function unmount(point: string): void {
  try {
    execFileSync('umount', ['-l', point], { stdio: 'ignore' });
  } catch {
    // Went with another one; what stays is seen by the next round.
  }
}

/** Unmounts everything below a folder. Throws, naming what stays mounted: deleting through a mount would delete elsewhere. */
export function unmountBelow(dir: string): void {
  for (let round = 0; round < ROUNDS; round += 1) {
    const points = mountsBelow(dir);
    if (points.length === 0) return;
    points.forEach(unmount);
  }
  throw new Error(`still mounted: ${mountsBelow(dir).join(', ')}`);
}

function shimSocket(bootstrapFile: string): string | undefined {
  try {
    const { address } = JSON.parse(readFileSync(bootstrapFile, 'utf8')) as { address?: unknown };
    const socket = typeof address === 'string' ? address.replace(/^unix:\/\//, '') : '';
    return socket.startsWith('/run/containerd/s/') ? socket : undefined;
  } catch {
    return undefined;
  }
}

/** Removes the sockets of the shims: containerd keeps them in one folder of the machine, whatever its own state folder is. */
export function removeShimSockets(runDir: string): void {
  const bundles = path.join(runDir, 'containerd/state/io.containerd.runtime.v2.task/*/*/bootstrap.json');
  for (const file of globSync(bundles)) {
    const socket = shimSocket(file);
    if (socket !== undefined) rmSync(socket, { force: true });
  }
}

function linkTarget(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

/** Removes the kubelet's links to logs below the folder; their place, /var/log/containers, is fixed. */
export function removeLogLinks(runDir: string): void {
  if (!existsSync(LOG_LINKS_DIR)) return;
  const links = readdirSync(LOG_LINKS_DIR).map((name) => path.join(LOG_LINKS_DIR, name));
  for (const link of links) if (linkTarget(link).startsWith(`${runDir}/`)) rmSync(link, { force: true });
}
