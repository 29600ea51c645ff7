/**
 * Node's binary for an image: the one that came with the packages, or for the other architecture the same from the registry,
 * checked against the lock file.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { architectures, type ImageArchitecture } from './architecture.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const MAX_FILE_BYTES = 512 * 2 ** 20;

export interface NodeBinary {
  /** The npm package it is from. */
  readonly name: string;
  readonly version: string;
  /** Subresource integrity of that package, from the lock file. */
  readonly integrity: string;
  readonly content: Buffer;
  readonly licence: Buffer;
}

interface LockedPackage {
  readonly version: string;
  readonly integrity: string;
}

/** What package-lock.json says of the packages, by their folder. */
export function lockedPackages(): Readonly<Record<string, LockedPackage>> {
  const text = readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8');
  return (JSON.parse(text) as { packages: Record<string, LockedPackage> }).packages;
}

/** Throws where the registry is asked in vain, or hands out something else than what is locked. */
export function nodeBinary(architecture: ImageArchitecture, cache: string): NodeBinary {
  const name = `node-linux-${architectures[architecture].node}`;
  const folder = `node_modules/${name}`;
  const locked = lockedPackages()[folder];
  if (locked === undefined) throw new Error(`package-lock.json has no ${name}`);
  const facts = { name, version: locked.version, integrity: locked.integrity };
  if (existsSync(path.join(ROOT, folder, 'bin', 'node'))) {
    const read = (file: string): Buffer => readFileSync(path.join(ROOT, folder, file));
    return { ...facts, content: read('bin/node'), licence: read('LICENSE') };
  }
  const packed = fetched(name, locked, cache);
  const read = (file: string): Buffer =>
    execFileSync('tar', ['-xzOf', packed, `package/${file}`], { maxBuffer: MAX_FILE_BYTES });
  return { ...facts, content: read('bin/node'), licence: read('LICENSE') };
}

function fetched(name: string, { version, integrity }: LockedPackage, cache: string): string {
  const file = path.join(cache, `${name}-${version}.tgz`);
  mkdirSync(cache, { recursive: true });
  if (!existsSync(file)) execFileSync('npm', ['pack', '--silent', `${name}@${version}`], { cwd: cache, stdio: 'pipe' });
  const found = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
  if (found !== integrity) throw new Error(`${file} is not what package-lock.json names: remove it and try again`);
  return file;
}
