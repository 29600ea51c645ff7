/**
 * The agent's image as an archive, made as `make image` makes it, for nodes that pull nothing. Needs Debian's packages: from
 * the network once, from the cache after that.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildFacts, imageCache, prepareImage } from '../../tools/image.ts';
import { ownArchitecture, type ImageArchitecture } from '../../tools/image/architecture.ts';
import { debianPackages, debianProblem } from '../../tools/image/debian.ts';
import { imageArchive } from '../../tools/image/oci.ts';

const architecture: ImageArchitecture = ownArchitecture() ?? 'amd64';

/** Why the image can't be made here, or undefined. */
export function imageProblem(): string | undefined {
  const problem = process.platform === 'linux' ? debianProblem() : 'an image is made on Linux';
  if (problem !== undefined) return problem;
  try {
    debianPackages(architecture, imageCache);
    return undefined;
  } catch (error) {
    return `Debian's packages can't be fetched: ${(error as Error).message.slice(0, 200)}`;
  }
}

/** Writes the archive into `folder`, and returns its path. */
export async function writeAgentImage(folder: string): Promise<string> {
  const { layers } = await prepareImage(architecture);
  const file = path.join(folder, 'watcher.tar');
  writeFileSync(file, imageArchive(layers, architecture, buildFacts()).bytes);
  return file;
}
