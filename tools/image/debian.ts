/**
 * The libraries Node is linked against, as Debian 12 ships them: fetched by apt, which checks the archive's signature, into a
 * folder of its own, so that neither root nor the machine's own list of packages is needed, and any architecture will do.
 *
 * The packages are those of the day (security updates included); the image names each with version and checksum, and the
 * same packages give the same image. What was fetched is kept, and the index is read anew after a day.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ImageArchitecture } from './architecture.ts';

/** Everything in DT_NEEDED of Node's binary and of those themselves. */
export const DEBIAN_PACKAGES = ['libc6', 'libgcc-s1', 'libstdc++6'] as const;
export const DEBIAN_RELEASE = { codename: 'bookworm', version: '12' } as const;

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const APT = '/usr/bin/apt-get';
/** The release, and its security updates. */
const SUITES = [DEBIAN_RELEASE.codename, `${DEBIAN_RELEASE.codename}-security`];
const INDEX_LASTS_MS = 24 * 3_600_000;

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  /** Where it lies unpacked. */
  readonly folder: string;
  /** The control file: what `dpkg --status` would show. */
  readonly control: string;
}

/** Why no packages can be had here, or undefined. Looks only at this machine. */
export function debianProblem(): string | undefined {
  const missing = [APT, '/usr/bin/dpkg-deb', KEYRING].find((file) => !existsSync(file));
  const hint = missing === KEYRING ? ': install debian-archive-keyring' : '';
  const lacks = 'the image takes libraries from Debian, and this machine';
  if (missing !== undefined) return `${lacks} has no ${missing}${hint}`;
  if (debianSources().length > 0) return undefined;
  return `${lacks}'s apt has no source of ${SUITES[0]}: name a mirror, as DEBIAN_MIRROR=http://HOST`;
}

/**
 * Where the suites come from, as lines of a sources.list: the mirror that the environment names, or those that this machine's
 * own apt is set up with. No mirror is everybody's.
 */
export function debianSources(mirror = process.env['DEBIAN_MIRROR'] ?? ''): string[] {
  const found = mirror === '' ? ownSources() : SUITES.map((suite) => [`${mirror}/${archiveOf(suite)}/`, suite]);
  return found.map(([uri, suite]) => `deb [signed-by=${KEYRING}] ${uri} ${suite} main`);
}

const archiveOf = (suite: string): string => (suite.endsWith('-security') ? 'debian-security' : 'debian');

/** Address and suite, each suite once. */
function ownSources(): string[][] {
  const format = ['--format', '$(REPO_URI) $(RELEASE) $(COMPONENT)', 'Created-By: Packages'];
  const lines = execFileSync(APT, ['indextargets', ...format], { stdio: ['ignore', 'pipe', 'ignore'] })
    .toString()
    .split('\n');
  const known = lines.map((line) => line.split(' '));
  const sources = SUITES.map((wanted) => known.find(([, suite, part]) => suite === wanted && part === 'main'));
  return sources.filter((source) => source !== undefined);
}

/** The packages, from `cache` where they are the ones apt would fetch. Throws what apt says. */
export function debianPackages(architecture: ImageArchitecture, cache: string): DebianPackage[] {
  const folder = path.join(cache, `apt-${DEBIAN_RELEASE.codename}-${architecture}`);
  const apt = aptIn(folder, architecture);
  readIndex(folder, apt);
  const wanted = DEBIAN_PACKAGES.map(String);
  // Asked from a folder where none of them lies: apt is silent about those.
  const uris = apt(['download', '--print-uris', ...wanted], path.join(folder, 'lists'))
    .trim()
    .split('\n')
    .map(parseUri);
  if (uris.some(({ file, sha256 }) => !isWhole(path.join(folder, file), sha256))) apt(['download', ...wanted]);
  return uris.map(({ file, sha256 }) => opened(path.join(folder, file), sha256)).sort(byName);
}

/** One line of `apt-get download --print-uris`. */
function parseUri(line: string): { readonly file: string; readonly sha256: string } {
  const [, file, sha256] = /^'\S+' (\S+) \d+ SHA256:([0-9a-f]{64})$/.exec(line) ?? [];
  if (file === undefined || sha256 === undefined) throw new Error(`apt-get download: ${line}`);
  return { file, sha256 };
}

function byName(a: DebianPackage, b: DebianPackage): number {
  return a.name < b.name ? -1 : 1;
}

function isWhole(file: string, sha256: string): boolean {
  return existsSync(file) && createHash('sha256').update(readFileSync(file)).digest('hex') === sha256;
}

function opened(file: string, sha256: string): DebianPackage {
  if (!isWhole(file, sha256)) throw new Error(`${file} is not what the index of Debian says`);
  const control = execFileSync('dpkg-deb', ['--info', file, 'control']).toString();
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(control)?.[1] ?? '';
  const folder = unpacked(file);
  return { name: field('Package'), version: field('Version'), sha256, folder, control };
}

/** The folder with the package's files: there as a whole, or not at all. */
function unpacked(file: string): string {
  const folder = `${file}.unpacked`;
  if (existsSync(folder)) return folder;
  const begun = `${folder}.${process.pid}`;
  execFileSync('dpkg-deb', ['--extract', file, begun]);
  renameSync(begun, folder);
  return folder;
}

/**
 * One file of a package, `name` as in the package (`/lib/...`); links are followed within its folder. Undefined: it has no
 * such file. Throws for a link that leads out of it, to what this machine has under that name.
 */
export function fileOf(found: DebianPackage, name: string): Buffer | undefined {
  const file = path.join(found.folder, name);
  if (!existsSync(file)) return undefined;
  if (!realpathSync(file).startsWith(realpathSync(found.folder) + path.sep))
    throw new Error(`${name} of ${found.name} leads out of the package`);
  return readFileSync(file);
}

type Apt = (command: readonly string[], folder?: string) => string;

function aptIn(folder: string, architecture: ImageArchitecture): Apt {
  mkdirSync(path.join(folder, 'lists', 'partial'), { recursive: true });
  writeFileSync(path.join(folder, 'sources.list'), `${debianSources().join('\n')}\n`);
  writeFileSync(path.join(folder, 'status'), '');
  const options = [
    `APT::Architecture=${architecture}`,
    `APT::Architectures=${architecture}`,
    `Dir::State::Lists=${folder}/lists`,
    `Dir::State::Status=${folder}/status`,
    `Dir::Cache=${folder}`,
    `Dir::Etc::SourceList=${folder}/sources.list`,
    'Dir::Etc::SourceParts=/dev/null',
    'APT::Sandbox::User=',
    'Acquire::Languages=none',
    'Acquire::Retries=3',
    'APT::Update::Post-Invoke=',
  ].flatMap((option) => ['-o', option]);
  return (command, cwd = folder) =>
    execFileSync(APT, ['-q', ...options, ...command], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    }).toString();
}

function readIndex(folder: string, apt: Apt): void {
  const stamp = path.join(folder, 'index-read');
  if (existsSync(stamp) && Date.now() - statSync(stamp).mtimeMs < INDEX_LASTS_MS) return;
  apt(['update']);
  writeFileSync(stamp, '');
}
