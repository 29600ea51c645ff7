/**
 * The little of ASN.1 DER (X.690) that a certificate is written in. Encoding only.
 */

/** A value with its tag and length. */
export function tlv(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

export const sequence = (...content: readonly Buffer[]): Buffer => tlv(0x30, ...content);
export const set = (...content: readonly Buffer[]): Buffer => tlv(0x31, ...content);
export const boolean = (value: boolean): Buffer => tlv(0x01, Buffer.from([value ? 0xff : 0]));
export const octets = (...content: readonly Buffer[]): Buffer => tlv(0x04, ...content);
export const utf8 = (text: string): Buffer => tlv(0x0c, Buffer.from(text));

/** Whole bytes: no unused bits. */
export const bits = (content: Buffer): Buffer => tlv(0x03, Buffer.from([0]), content);

/** A context-specific tag: `[number]`, constructed unless told otherwise. */
export const tagged = (number: number, content: Buffer, isPrimitive = false): Buffer =>
  tlv((isPrimitive ? 0x80 : 0xa0) | number, content);

/** A positive integer given as big-endian bytes. */
export function integer(bytes: Buffer): Buffer {
  const needsZero = ((bytes[0] ?? 0) & 0x80) !== 0;
  return tlv(0x02, needsZero ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

/** An object identifier given as `1.2.840`. */
export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  return tlv(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
}

/** UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280, 4.1.2.5). */
export function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return ms < Date.UTC(2050, 0) ? tlv(0x17, Buffer.from(digits.slice(2))) : tlv(0x18, Buffer.from(digits));
}
