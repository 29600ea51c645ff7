/**
 * How a container of the image is run: what the Dockerfile says in its last stage, as the image's configuration (OCI image
 * specification, config.md). A test holds the two against each other.
 *
 * Nobody in it is root, and there is no shell: the entrypoint is Node itself. `watcher` on the PATH (contents.ts) is for
 * `kubectl exec`.
 */
import { nodeFlags } from '../build.ts';

/** User and group, as the chart runs it; the number that distroless images gave to `nonroot`. */
export const IMAGE_USER = 65532;
export const NODE_PATH = '/usr/bin/node';
export const PROGRAM_PATH = '/opt/watcher/dist/watcher.js';
/** Where a config.yaml is looked for when no --config names one. */
export const WORKING_DIR = '/etc/watcher';

export const runConfig = {
  User: `${IMAGE_USER}:${IMAGE_USER}`,
  ExposedPorts: { '8080/tcp': {} },
  Env: ['PATH=/usr/bin'],
  Entrypoint: [NODE_PATH, ...nodeFlags, PROGRAM_PATH],
  WorkingDir: WORKING_DIR,
} as const;

export interface BuildFacts {
  readonly version: string;
  readonly description: string;
  /** The commit it was made from, with `-dirty` where the sources differ from it; '' where that isn't known. */
  readonly revision: string;
  /** Seconds since 1970, of that commit: never the time of the build, which would be other bytes each time. */
  readonly createdAtSeconds: number;
}

export function createdAt(facts: BuildFacts): string {
  return new Date(facts.createdAtSeconds * 1000).toISOString();
}

/** Labels of the OCI image specification (annotations.md). */
export function labels(facts: BuildFacts): Readonly<Record<string, string>> {
  return {
    'org.opencontainers.image.title': 'watcher',
    'org.opencontainers.image.description': facts.description,
    'org.opencontainers.image.version': facts.version,
    'org.opencontainers.image.licenses': 'Apache-2.0',
    'org.opencontainers.image.created': createdAt(facts),
    ...(facts.revision === '' ? {} : { 'org.opencontainers.image.revision': facts.revision }),
  };
}
