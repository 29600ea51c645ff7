// Builds the binaries of one project with Go, into the cache.
//
// Promise: a binary in the cache is whole (it is put there by one rename) and is built once however many ask at the same
// time. Nothing is downloaded but the Go modules whose sums are committed in go.sum. It takes minutes the first time and says how
// far it is. It does not decide whether building is allowed.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { withLock } from './build-lock.ts';
import type { BinaryName, Project } from './projects.ts';

/** Receives one line about how far the build is. */
export type OnProgress = (line: string) => void;

const REPORT_EVERY_MS = 15_000;
/** Kubernetes took 5 to 25 minutes from nothing on two cores; what takes longer than this is skipped, so that a suite ends. */
const BUILD_WITHIN_MS = 35 * 60_000;
const KEPT_ERROR_LINES = 15;

/** What `go build` inherits: the caller's own environment (module proxy, caches), with what our go.mod relies on fixed. */
function goEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, GOFLAGS: '-mod=readonly', GOWORK: 'off', CGO_ENABLED: '0' };
}

/** The version Go tells of itself ("go1.26.8"), or undefined where there is no Go. */
export function findGo(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn('go', ['env', 'GOVERSION'], { stdio: ['ignore', 'pipe', 'ignore'] });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.once('error', () => resolve(undefined));
    child.once('close', (code) => resolve(code === 0 ? out.trim() : undefined));
  });
}

function runGo(project: Project, args: readonly string[], onPackage: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', 'ignore', 'pipe'] as const;
    const signal = AbortSignal.timeout(BUILD_WITHIN_MS);
    const child = spawn('go', args, { cwd: project.dir, env: goEnvironment(), stdio: [...stdio], signal });
    const lastLines: string[] = [];
    createInterface(child.stderr).on('line', (line) => {
      onPackage();
      lastLines.push(line);
      if (lastLines.length > KEPT_ERROR_LINES) lastLines.shift();
    });
    child.once('error', (error) => {
      if (!signal.aborted) reject(error);
    });
    child.once('close', (code) => {
      if (code === 0) resolve();
      else if (signal.aborted) reject(new Error(`go build in ${project.dir} took longer than ${BUILD_WITHIN_MS} ms`));
      else reject(new Error(`go build in ${project.dir} failed:\n${lastLines.join('\n')}`));
    });
  });
}

async function buildOne(project: Project, dir: string, name: BinaryName, onProgress: OnProgress): Promise<void> {
  const draft = path.join(dir, `.${name}.${process.pid}`);
  const begun = performance.now();
  const elapsed = (): string => `${Math.round((performance.now() - begun) / 1000)} s`;
  let packages = 0;
  onProgress(`building ${name} ${project.version} (minutes the first time, once a machine)`);
  const report = setInterval(() => onProgress(`  ${name}: ${packages} packages, ${elapsed()}`), REPORT_EVERY_MS);
  try {
    // -v prints one line for each package that is compiled: the only sign of progress Go gives.
    const args = ['build', '-v', ...project.flags, '-o', draft, project.packages[name] ?? name];
    await runGo(project, args, () => (packages += 1));
    renameSync(draft, path.join(dir, name));
    onProgress(`built ${name} in ${elapsed()}`);
  } finally {
    clearInterval(report);
    rmSync(draft, { force: true });
  }
}

function removeDrafts(dir: string): void {
  for (const entry of readdirSync(dir)) if (entry.startsWith('.')) rmSync(path.join(dir, entry), { force: true });
}

/** Builds those of `names` which `dir` does not have yet. Rejects with Go's last words where the build fails. */
export async function buildBinaries(
  project: Project,
  dir: string,
  names: readonly BinaryName[],
  onProgress: OnProgress,
): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const wait = (pid: number): void => onProgress(`waiting for process ${pid}, which builds ${project.name}`);
  await withLock(
    `${dir}.lock`,
    (holder) => wait(holder.pid),
    async () => {
      removeDrafts(dir);
      for (const name of names) if (!existsSync(path.join(dir, name))) await buildOne(project, dir, name, onProgress);
    },
  );
}
