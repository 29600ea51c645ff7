/**
 * What proves to the plane who we are, and to us who it is: a bearer token, a CA, a client certificate with its key. All
 * from files, and read again when they change, since they rotate (projected tokens each hour, certificates each week).
 *
 * Promise: `current()` gives one consistent set; a file is looked at again at most each RECHECK_MS, and at once after
 * `recheck()` (the plane said 401). A file that cannot be read keeps the last good value; without one, the call is
 * refused rather than sent without credentials. Nothing of their content is ever logged.
 */
import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '../platform/clock.ts';
import { CodedError, describeError } from '../platform/errors.ts';

export interface CredentialFiles {
  readonly tokenFile?: string | undefined;
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

export interface TlsMaterial {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

export interface Credentials {
  readonly token: string | undefined;
  readonly tls: TlsMaterial;
  /** Changes with `tls`: connections made under another one must not be used again. */
  readonly tlsVersion: number;
}

export interface CredentialSource {
  /** The credentials of this moment. Rejects with PLANE_CREDENTIALS_UNREADABLE. */
  current(): Promise<Credentials>;
  /** Look at the files at the next call, however short ago that was done. */
  recheck(): void;
}

const RECHECK_MS = 5_000;

/** What a header may carry (RFC 6750, 2.1, and a little more): a token with a line break inside is a broken file. */
const TOKEN = /^[\x21-\x7e]+$/;

type Part = keyof CredentialFiles;
interface Loaded {
  readonly version: string;
  readonly text: string;
}

/** Credentials from files. No file given means none used. */
export function fileCredentials(files: CredentialFiles, clock: Clock): CredentialSource {
  const parts = (Object.keys(files) as Part[]).filter((part) => files[part] !== undefined);
  let loaded = new Map<Part, Loaded>();
  let checkedAtMs = Number.NEGATIVE_INFINITY;
  let tlsVersion = 0;

  const refresh = async (): Promise<void> => {
    const next = new Map<Part, Loaded>();
    for (const part of parts) next.set(part, await load(part, files[part] ?? '', loaded.get(part)));
    if (tlsParts.some((part) => next.get(part)?.text !== loaded.get(part)?.text)) tlsVersion += 1;
    loaded = next;
    checkedAtMs = clock.monotonicMs();
  };
  return {
    current: async () => {
      if (parts.length > 0 && clock.monotonicMs() - checkedAtMs >= RECHECK_MS) await refresh();
      const text = (part: Part): string | undefined => loaded.get(part)?.text;
      return {
        token: text('tokenFile'),
        tls: { ca: text('caFile'), cert: text('certFile'), key: text('keyFile') },
        tlsVersion,
      };
    },
    recheck: () => (checkedAtMs = Number.NEGATIVE_INFINITY),
  };
}

const tlsParts: readonly Part[] = ['caFile', 'certFile', 'keyFile'];

async function load(part: Part, file: string, known: Loaded | undefined): Promise<Loaded> {
  try {
    const version = await versionOf(file);
    if (known?.version === version) return known;
    return { version, text: parse(part, await readFile(file, 'utf8')) };
  } catch (error) {
    // In the middle of a rotation a file may be missing or empty for a moment; what worked is better than nothing.
    if (known !== undefined) return known;
    throw new CodedError('PLANE_CREDENTIALS_UNREADABLE', `${file}: ${describeError(error).message}`, { cause: error });
  }
}

/** Kubernetes rotates by swapping a symbolic link, so the inode tells a change even within one tick of the clock. */
async function versionOf(file: string): Promise<string> {
  const { mtimeMs, ino, size } = await stat(file);
  return `${mtimeMs}/${ino}/${size}`;
}

function parse(part: Part, content: string): string {
  const text = content.trim();
  if (text === '') throw new Error('the file is empty');
  if (part === 'tokenFile' && !TOKEN.test(text))
    throw new Error('the file does not hold one token of printable characters');
  return text;
}
