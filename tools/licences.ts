/**
 * The licences of the packages whose code is in the bundle: which ones may be there, and their texts, which have to go where
 * the code goes (dist/LICENSES.txt). The bundle itself has no comments left in which they could stand.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const MODULES = path.join(import.meta.dirname, '..', 'node_modules');

/** Licences (SPDX) that ask for nothing but to be named, of whoever ships the code. */
export const permissiveLicences: ReadonlySet<string> = new Set([
  ...['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Unlicense', 'PSF-2.0'],
]);

export interface Licence {
  readonly name: string;
  readonly version: string;
  /** SPDX, as the package declares it. */
  readonly licence: string;
  /** Licence and notice files, joined; '' where the package brings none. */
  readonly text: string;
}

/** What an installed package says of itself. Throws where it isn't installed. */
export function licenceOf(name: string): Licence {
  const folder = path.join(MODULES, name);
  const { version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
    readonly version: string;
    readonly license?: string;
  };
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i.test(file));
  const text = files
    .toSorted()
    .map((file) => readFileSync(path.join(folder, file), 'utf8').trim())
    .join('\n\n');
  return { name, version, licence: license ?? '', text };
}

/** The texts of all of `names`, in their order, as one file. */
export function licenceTexts(names: readonly string[]): string {
  const parts = names.toSorted().map((name) => {
    const { version, licence, text } = licenceOf(name);
    return `${name} ${version} (${licence})\n\n${text === '' ? 'The package brings no text of its licence.' : text}\n`;
  });
  return `Software in this program that others wrote, and its licences.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
