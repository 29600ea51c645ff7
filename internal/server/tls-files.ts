/**
 * Certificate and key of a listener, read again when their files change, so that a rotated certificate needs no restart.
 * A pair that can't be used leaves the old one in force.
 */
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { CodedError, describeError } from '../platform/errors.ts';
import type { ServerTls } from './http.ts';

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Throws LISTEN_TLS where the pair can't be read or doesn't fit together. */
export function readServerTls({ certFile, keyFile }: TlsFiles): ServerTls {
  try {
    const pair = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    createSecureContext(pair);
    return pair;
  } catch (cause) {
    throw new CodedError('LISTEN_TLS', `${certFile}, ${keyFile}: ${describeError(cause).message}`, { cause });
  }
}

/** Changes whenever one of the files does; links are followed, as a mounted Secret is replaced by its link. */
export function tlsStamp({ certFile, keyFile }: TlsFiles): string {
  return [certFile, keyFile]
    .map((file) => {
      const { mtimeMs = 0, ino = 0, size = 0 } = statSync(file, { throwIfNoEntry: false }) ?? {};
      return `${mtimeMs} ${ino} ${size}`;
    })
    .join(', ');
}
