/**
 * Certificates for tests, made in memory: an authority, and what it signs for servers and users. ECDSA P-256 with SHA-256.
 * Node can read certificates but not make them; the structure is that of RFC 5280. Not for anything but tests.
 */
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { bits, boolean, integer, octets, oid, sequence, set, tagged, time, utf8 } from './der.ts';

export interface KeyAndCertificate {
  readonly keyPem: string;
  readonly certificatePem: string;
}

export interface CertificateWishes {
  readonly commonName: string;
  /** O of the subject: a user's groups. */
  readonly organizations?: readonly string[];
  /** Names and addresses of a server. */
  readonly hosts?: readonly string[];
  readonly usage: 'server' | 'client';
  /** Default: valid from an hour ago for 20 years. */
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
}

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

const HOUR_MS = 3_600_000;
const TWENTY_YEARS_MS = 20 * 365 * 24 * HOUR_MS;

interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

interface Subject {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

/** A certificate authority whose key never leaves the process. */
export class CertificateAuthority {
  readonly certificatePem: string;
  readonly #key: KeyObject;
  readonly #keyId: Buffer;
  readonly #name: Subject;
  readonly #nowMs: number;

  constructor(nowMs: number, commonName = 'simulated-ca') {
    const { privateKey, publicKey } = newKeys();
    this.#key = privateKey;
    this.#keyId = keyIdOf(publicKey);
    this.#name = { commonName, organizations: [] };
    this.#nowMs = nowMs;
    const extensions = [
      extension(OID.basicConstraints, sequence(boolean(true)), true),
      // keyCertSign and cRLSign.
      extension(OID.keyUsage, Buffer.from([0x03, 0x02, 0x01, 0x06]), true),
    ];
    this.certificatePem = this.#certificate(this.#name, publicKey, this.#validity({}), extensions);
  }

  issue(wishes: CertificateWishes): KeyAndCertificate {
    const { privateKey, publicKey } = newKeys();
    const subject = { commonName: wishes.commonName, organizations: wishes.organizations ?? [] };
    const usage = wishes.usage === 'server' ? OID.serverAuth : OID.clientAuth;
    const extensions = [extension(OID.extendedKeyUsage, sequence(oid(usage)), false)];
    const hosts = wishes.hosts ?? [];
    if (hosts.length > 0) extensions.push(extension(OID.subjectAltName, sequence(...hosts.map(generalName)), false));
    return {
      keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      certificatePem: this.#certificate(subject, publicKey, this.#validity(wishes), extensions),
    };
  }

  /** Strict verifiers ask for these two. */
  #identifiers(key: KeyObject): Buffer[] {
    return [
      extension(OID.subjectKeyIdentifier, octets(keyIdOf(key)), false),
      extension(OID.authorityKeyIdentifier, sequence(tagged(0, this.#keyId, true)), false),
    ];
  }

  #validity(wishes: Partial<Validity>): Validity {
    return {
      notBeforeMs: wishes.notBeforeMs ?? this.#nowMs - HOUR_MS,
      notAfterMs: wishes.notAfterMs ?? this.#nowMs + TWENTY_YEARS_MS,
    };
  }

  #certificate(subject: Subject, key: KeyObject, validity: Validity, extensions: readonly Buffer[]): string {
    const algorithm = sequence(oid(OID.ecdsaWithSha256));
    const serial = randomBytes(16);
    serial[0] = (serial[0] ?? 0) & 0x7f || 1;
    const body = sequence(
      tagged(0, integer(Buffer.from([2]))),
      integer(serial),
      algorithm,
      distinguishedName(this.#name),
      sequence(time(validity.notBeforeMs), time(validity.notAfterMs)),
      distinguishedName(subject),
      key.export({ type: 'spki', format: 'der' }),
      tagged(3, sequence(...extensions, ...this.#identifiers(key))),
    );
    const signature = sign('sha256', body, this.#key);
    return toPem(sequence(body, algorithm, bits(signature)));
  }
}

function newKeys(): { privateKey: KeyObject; publicKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function keyIdOf(key: KeyObject): Buffer {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20);
}

function distinguishedName(subject: Subject): Buffer {
  const part = (type: string, text: string): Buffer => set(sequence(oid(type), utf8(text)));
  return sequence(
    ...subject.organizations.map((name) => part(OID.organization, name)),
    part(OID.commonName, subject.commonName),
  );
}

function extension(type: string, value: Buffer, isCritical: boolean): Buffer {
  return sequence(oid(type), ...(isCritical ? [boolean(true)] : []), octets(value));
}

/** dNSName or iPAddress of RFC 5280, 4.2.1.6. */
function generalName(host: string): Buffer {
  if (isIP(host) === 0) return tagged(2, Buffer.from(host), true);
  return tagged(7, isIP(host) === 4 ? Buffer.from(host.split('.').map(Number)) : ipv6Bytes(host), true);
}

function ipv6Bytes(host: string): Buffer {
  const [head = '', tail] = host.split('::');
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => parseInt(group, 16)));
  const left = groups(head);
  const right = groups(tail ?? '');
  const all = [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function toPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
