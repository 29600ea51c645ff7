// Where a binary comes from: KUBEBUILDER_ASSETS, then this machine's cache, then a Go build into that cache.
//
// Chosen a project at a time, never a binary at a time: an API server of envtest with a controller manager of ours would be
// two versions in one cluster. What can't be had is said as a reason, so that tests are skipped and explained, not failed.
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { buildBinaries, findGo, type OnProgress } from './build-binaries.ts';
import { readEnvironment, type ClusterEnvironment } from './environment.ts';
import { binariesOf, hasKubernetes, readProjects, type BinaryName, type Project } from './projects.ts';

/** Paths of all that was asked for, or why they can't be had here. */
export type FoundBinaries =
  | { readonly found: true; readonly paths: Readonly<Record<string, string>> }
  | { readonly found: false; readonly reason: string };

/** How to look. `mayBuild` false never builds, whatever the environment allows. */
export interface FindOptions {
  readonly environment?: ClusterEnvironment;
  /** Minor version of Kubernetes ("1.36"), instead of the environment's; KUBEBUILDER_ASSETS is not looked at then. */
  readonly kubernetes?: string | undefined;
  readonly mayBuild?: boolean;
  readonly onProgress?: OnProgress;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function pathsIn(dir: string, names: readonly BinaryName[]): Record<string, string> | undefined {
  const paths = Object.fromEntries(names.map((name) => [name, path.join(dir, name)]));
  return Object.values(paths).every(isExecutable) ? paths : undefined;
}

async function reasonNotToBuild(mayBuild: boolean): Promise<string | undefined> {
  if (!mayBuild) return 'building is off';
  if ((await findGo()) === undefined) return 'there is no Go to build them with';
  return undefined;
}

async function findInProject(
  project: Project,
  names: readonly BinaryName[],
  environment: ClusterEnvironment,
  options: FindOptions,
): Promise<FoundBinaries> {
  const assets = environment.kubebuilderAssets;
  const dir = path.join(environment.cacheDir, project.cacheName);
  const ready = (assets === undefined ? undefined : pathsIn(assets, names)) ?? pathsIn(dir, names);
  if (ready !== undefined) return { found: true, paths: ready };
  const missing = `${names.join(', ')} (${project.name}) not in KUBEBUILDER_ASSETS or ${dir}`;
  const refusal = await reasonNotToBuild(environment.mayBuild && options.mayBuild !== false);
  if (refusal !== undefined) return { found: false, reason: `${missing}, and ${refusal}` };
  try {
    await buildBinaries(project, dir, names, options.onProgress ?? printProgress);
  } catch (error) {
    return { found: false, reason: `${missing}, and ${error instanceof Error ? error.message : String(error)}` };
  }
  return { found: true, paths: pathsIn(dir, names) ?? {} };
}

function printProgress(line: string): void {
  process.stderr.write(`cluster: ${line}\n`);
}

/**
 * Finds these binaries, building what is missing where that is allowed. Never rejects for a missing one: the answer names
 * the reason.
 */
export async function findBinaries(names: readonly BinaryName[], options: FindOptions = {}): Promise<FoundBinaries> {
  const given = options.environment ?? readEnvironment();
  const { kubernetes = given.kubernetes } = options;
  // Nobody says of which version ready-made ones are: who asks for a version gets that one.
  const kubebuilderAssets = options.kubernetes === undefined ? given.kubebuilderAssets : undefined;
  const environment = { ...given, kubernetes, kubebuilderAssets };
  const paths: Record<string, string> = {};
  if (!hasKubernetes(environment.kubernetes)) {
    return { found: false, reason: `test/cluster/binaries has no folder kubernetes-${environment.kubernetes}` };
  }
  const projects = readProjects(environment.kubernetes);
  const unknown = names.filter((name) => !projects.some((project) => binariesOf(project).includes(name)));
  if (unknown.length > 0) {
    return { found: false, reason: `of Kubernetes ${environment.kubernetes} there is no ${unknown.join(', ')}` };
  }
  for (const project of projects) {
    const wanted = binariesOf(project).filter((name) => names.includes(name));
    if (wanted.length === 0) continue;
    const answer = await findInProject(project, wanted, environment, options);
    if (!answer.found) return answer;
    Object.assign(paths, answer.paths);
  }
  return { found: true, paths };
}
