/**
 * Where the outbox lives: the directory that was given, /var/lib/watcher where the image has made one, else the user's
 * state directory (XDG base directories: $XDG_STATE_HOME or ~/.local/state) under the cluster's id, so that agents of
 * two clusters never share one. Pure: it names a directory, others make it and find out whether it can be written.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Environment } from './environment.ts';

export const IMAGE_DATA_DIR = '/var/lib/watcher';

/** File systems allow 255 bytes. */
const LONGEST_SEGMENT = 200;

export type DataDir =
  /** One that was given must be usable; one that was found may be done without. */
  | { readonly kind: 'given' | 'image' | 'user'; readonly path: string }
  | { readonly kind: 'none'; readonly reason: string };

/** The data directory for `config`. `isDirectory` says whether a path is an existing directory. */
export function resolveDataDir(
  config: { readonly dataDir: string | undefined; readonly clusterId: string },
  environment: Environment,
  isDirectory: (path: string) => boolean,
): DataDir {
  if (config.dataDir !== undefined) return { kind: 'given', path: config.dataDir };
  if (isDirectory(IMAGE_DATA_DIR)) return { kind: 'image', path: IMAGE_DATA_DIR };
  const state = stateHome(environment);
  if (state === undefined) return { kind: 'none', reason: 'neither XDG_STATE_HOME nor HOME names a directory' };
  return { kind: 'user', path: join(state, 'watcher', directoryName(config.clusterId)) };
}

/** The specification of base directories has relative paths ignored. */
function stateHome({ XDG_STATE_HOME: state = '', HOME: home = '' }: Environment): string | undefined {
  if (state.startsWith('/')) return state;
  return home.startsWith('/') && home !== '/' ? join(home, '.local', 'state') : undefined;
}

/** One segment of a path, another one for each id: what isn't plain is percent-encoded, what is too long is hashed. */
function directoryName(clusterId: string): string {
  const encoded = encodeURIComponent(clusterId).replace(/^\./, '%2E');
  if (encoded.length <= LONGEST_SEGMENT) return encoded;
  return `${encoded.slice(0, 100)}-${createHash('sha256').update(clusterId).digest('hex')}`;
}
