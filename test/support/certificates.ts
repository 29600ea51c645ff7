/**
 * X.509 certificates made on the spot, so that tests of TLS need no openssl and no committed key: a certificate
 * authority, and leaves for servers and clients signed by it. P-256 keys. Just enough DER (X.690) for that.
 */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';

export interface KeyAndCertificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends KeyAndCertificate {
  issue(options: LeafOptions): KeyAndCertificate;
}

export interface LeafOptions {
  readonly commonName: string;
  /** Organisations: groups, to Kubernetes. */
  readonly organizations?: readonly string[];
  /** DNS names and IPv4 addresses. */
  readonly names?: readonly string[];
  readonly notAfter?: Date;
}

export function certificateAuthority(commonName = 'test-ca'): Authority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = name(commonName);
  const cert = certificate({
    issuer,
    subject: issuer,
    publicKey: keys.publicKey,
    signWith: keys.privateKey,
    extensions: [extension('551d13', true, sequence(Buffer.from('0101ff', 'hex')))],
    notAfter: undefined,
  });
  return {
    cert,
    key: pemKey(keys.privateKey),
    issue: (options) => {
      const leaf = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return {
        key: pemKey(leaf.privateKey),
        cert: certificate({
          issuer,
          subject: name(options.commonName, options.organizations),
          publicKey: leaf.publicKey,
          signWith: keys.privateKey,
          extensions: (options.names ?? []).length === 0 ? [] : [alternativeNames(options.names ?? [])],
          notAfter: options.notAfter,
        }),
      };
    },
  };
}

interface Parts {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly signWith: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly notAfter: Date | undefined;
}

const ecdsaWithSha256 = () => sequence(oid('2a8648ce3d040302'));

function certificate(parts: Parts): string {
  const serial = Buffer.concat([Buffer.from([0x40]), randomBytes(8)]);
  const body = sequence(
    tagged(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ecdsaWithSha256(),
    parts.issuer,
    sequence(time(new Date('2020-01-01T00:00:00Z')), time(parts.notAfter ?? new Date('2049-01-01T00:00:00Z'))),
    parts.subject,
    parts.publicKey.export({ type: 'spki', format: 'der' }),
    ...(parts.extensions.length === 0 ? [] : [tagged(0xa3, sequence(...parts.extensions))]),
  );
  const signature = sign('sha256', body, parts.signWith);
  const whole = sequence(body, ecdsaWithSha256(), der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function name(commonName: string, organizations: readonly string[] = []): Buffer {
  const part = (type: string, value: string) => der(0x31, sequence(oid(type), der(0x0c, Buffer.from(value))));
  return sequence(...organizations.map((value) => part('55040a', value)), part('550403', commonName));
}

function alternativeNames(names: readonly string[]): Buffer {
  const entries = names.map((value) =>
    isIP(value) === 4 ? der(0x87, Buffer.from(value.split('.').map(Number))) : der(0x82, Buffer.from(value)),
  );
  return extension('551d11', false, sequence(...entries));
}

function extension(type: string, critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [Buffer.from('0101ff', 'hex')] : [];
  return sequence(oid(type), ...flag, der(0x04, value));
}

function time(date: Date): Buffer {
  const text = date.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
  return der(0x18, Buffer.from(`${text}Z`));
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function sequence(...items: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(items));
}

function tagged(tag: number, value: Buffer): Buffer {
  return der(tag, value);
}

function der(tag: number, value: Buffer): Buffer {
  const length = value.length;
  const head =
    length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), value]);
}

function pemKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
