/**
 * Words in a PNG (PNG specification, third edition, 11.3.3.2): what a picture shows is written into it as text, so that a test
 * can read it, and so that two pictures can be compared without looking at them. Pure.
 */
import { crc32 } from 'node:zlib';

const SIGNATURE_BYTES = 8;
/** Length, type and checksum. */
const FRAME_BYTES = 12;

/** `png` with `words` under `keyword` right behind its head; other text of this keyword is not looked for. */
export function withWords(png: Buffer, keyword: string, words: string): Buffer {
  // An international text chunk, not compressed, in no language: UTF-8.
  const data = Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1'), Buffer.from(words, 'utf8')]);
  const head = SIGNATURE_BYTES + FRAME_BYTES + png.readUInt32BE(SIGNATURE_BYTES);
  return Buffer.concat([png.subarray(0, head), chunk('iTXt', data), png.subarray(head)]);
}

/** What was written under `keyword`; undefined where nothing was. */
export function wordsOf(png: Buffer, keyword: string): string | undefined {
  for (let at = SIGNATURE_BYTES; at < png.length; at += FRAME_BYTES + png.readUInt32BE(at)) {
    const type = png.toString('latin1', at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + png.readUInt32BE(at));
    const prefix = `${keyword}\0\0\0\0\0`;
    if (type === 'iTXt' && data.toString('latin1', 0, prefix.length) === prefix)
      return data.toString('utf8', prefix.length);
  }
  return undefined;
}

/** In pixels, as its head says. */
export function sizeOf(png: Buffer): { readonly width: number; readonly height: number } {
  return { width: png.readUInt32BE(SIGNATURE_BYTES + 8), height: png.readUInt32BE(SIGNATURE_BYTES + 12) };
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(4);
  frame.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([frame, body, checksum]);
}
