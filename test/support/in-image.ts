/**
 * Runs a command in a tree of files as a container would: as its root, read-only, as the image's user, with an outbox that
 * can be written and nothing of this machine but /proc and the network. Needs root, no container engine; the mounts are in a
 * namespace of their own and go with the command.
 */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { IMAGE_USER } from '../../tools/image/config.ts';

const TOOLS = { unshare: '/usr/bin/unshare', chroot: '/usr/sbin/chroot', mount: '/usr/bin/mount' } as const;

/** Why nothing can be run so here, or undefined. */
export function inImageProblem(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may change the root of a process';
  const missing = Object.values(TOOLS).find((file) => !existsSync(file));
  return missing && `there is no ${missing}`;
}

const SCRIPT = `set -e
cd "$1"; shift
mount --bind . .
cd "$PWD"
mount -t proc proc proc
mount -t tmpfs -o uid=${IMAGE_USER},gid=${IMAGE_USER},mode=700 outbox var/lib/watcher
mount -o remount,bind,ro "$PWD"
exec env -i PATH=/usr/bin ${TOOLS.chroot} --userspec=${IMAGE_USER}:${IMAGE_USER} "$PWD" "$@"
`;

/** The command line that runs `command` in `folder`; its process becomes the command's. */
export function inImage(folder: string, command: readonly string[]): string[] {
  mkdirSync(path.join(folder, 'proc'), { recursive: true });
  return [TOOLS.unshare, '--mount', '/bin/sh', '-c', SCRIPT, 'sh', folder, ...command];
}
