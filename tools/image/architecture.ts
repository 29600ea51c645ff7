/**
 * The architectures an image can be made for, by the name each party has for them.
 */

/** As containers (and Debian) name them: GOARCH. */
export type ImageArchitecture = 'amd64' | 'arm64';

export interface ArchitectureNames {
  /** Of Node: `process.arch`, and the package node-linux-... */
  readonly node: 'x64' | 'arm64';
  /** Debian's folder of libraries. */
  readonly triplet: string;
  /** Where the loader has to stand, since programs name it in full. */
  readonly loader: string;
}

export const architectures: Readonly<Record<ImageArchitecture, ArchitectureNames>> = {
  amd64: { node: 'x64', triplet: 'x86_64-linux-gnu', loader: '/lib64/ld-linux-x86-64.so.2' },
  arm64: { node: 'arm64', triplet: 'aarch64-linux-gnu', loader: '/lib/ld-linux-aarch64.so.1' },
};

/** This machine's, or undefined where no image could run on it. */
export function ownArchitecture(): ImageArchitecture | undefined {
  return (Object.keys(architectures) as ImageArchitecture[]).find((name) => architectures[name].node === process.arch);
}
