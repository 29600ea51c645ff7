import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { digestOf, hasSameImage, hashBytes, hashText, isDigestOf } from '../../../internal/kubernetes/images-digest.ts';
import { isEnvelope, openEnvelope } from '../../../internal/kubernetes/protobuf-envelope.ts';
import { fieldOf, ProtobufReader, WireError } from '../../../internal/kubernetes/protobuf-reader.ts';
import { StringCache } from '../../../internal/kubernetes/string-cache.ts';
import { bytesField, envelope, varint } from '../../support/protobuf-writer.ts';

function at(...bytes: readonly (number | Buffer)[]): ProtobufReader {
  const reader = new ProtobufReader();
  const all = Buffer.concat(bytes.map((part) => (typeof part === 'number' ? Buffer.from([part]) : part)));
  reader.reset(all, 0, all.length);
  return reader;
}

describe('the cursor over protobuf', () => {
  test('reads integers as Go writes them, negative ones and those of ten bytes too', () => {
    const integer = fc.oneof(
      fc.integer(),
      fc.maxSafeInteger(),
      fc.constantFrom(0, -1, 127, 128, 2 ** 31 - 1, -(2 ** 31)),
    );
    fc.assert(
      fc.property(integer, (value) => {
        const reader = at(varint(8), varint(value));
        assert.equal(reader.int64(reader.next()), value);
        const small = at(varint(8), varint(value | 0));
        assert.equal(small.int32(small.next()), value | 0);
      }),
    );
  });

  test('passes over every wire type there is, and ends where the message ends', () => {
    const reader = at(
      0x08,
      0x96,
      0x01,
      0x11,
      Buffer.alloc(8),
      0x1a,
      0x02,
      0xff,
      0xff,
      0x25,
      Buffer.alloc(4),
      varint(8 * 500),
      0x01,
    );
    const seen: number[] = [];
    for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
      seen.push(fieldOf(tag));
      reader.skip(tag);
    }
    assert.deepEqual(seen, [1, 2, 3, 4, 500]);
  });

  for (const [what, bytes] of [
    ['a number that does not end', [0x08, Buffer.alloc(11, 0xff)]],
    ['a number that is cut off', [0x08, 0xff]],
    ['no number at all', [0x08]],
    ['a fixed field that is cut off', [0x11, 0x00]],
    ['bytes that are cut off', [0x1a, 0x05, 0x00]],
    ['a length beyond all bounds', [0x1a, Buffer.alloc(9, 0xff), 0x01]],
    ['the start of a group', [0x0b]],
    ['the end of a group', [0x0c]],
    ['an unknown wire type', [0x0f]],
    ['field number 0', [0x02]],
    ['a field number out of range', [Buffer.alloc(6, 0xff), 0x01]],
  ] as const) {
    test(`refuses ${what}`, () => {
      const reader = at(...bytes);
      assert.throws(() => {
        for (let tag = reader.next(); tag !== 0; tag = reader.next()) reader.skip(tag);
      }, WireError);
    });
  }

  test('refuses a field of another type than is asked for', () => {
    for (const read of ['text', 'word'] as const) {
      const reader = at(0x08, 0x01);
      assert.throws(() => reader[read](reader.next(), 10), WireError);
    }
    const text = at(0x0a, 0x01, 0x61);
    assert.throws(() => text.int64(text.next()), WireError);
  });

  test('never leaves the message it has entered', () => {
    const reader = at(bytesField(1, Buffer.from([0x1a, 0x05])), 0x61, 0x62, 0x63, 0x64, 0x65);
    reader.enter(reader.next());
    const inner = reader.next();
    assert.throws(() => reader.text(inner, 10), WireError);
  });

  test('cuts text at a character and mends what is not UTF-8', () => {
    const read = (bytes: Buffer, limit: number): string => {
      const reader = at(bytesField(1, bytes));
      return reader.text(reader.next(), limit);
    };
    assert.equal(read(Buffer.from('a€😀'), 100), 'a€😀');
    assert.equal(read(Buffer.from('a€😀'), 7), 'a€');
    assert.equal(read(Buffer.from('a€😀'), 3), 'a');
    assert.equal(read(Buffer.from([0x61, 0xff, 0x62]), 100), 'a\ufffdb');
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(40), (bytes, limit) => read(Buffer.from(bytes), limit).isWellFormed()),
    );
  });
});

describe('the cache of strings', () => {
  const cache = new StringCache(16);
  const word = (bytes: Buffer): string => cache.lookUp(bytes, 0, bytes.length) ?? cache.keep(bytes.toString('utf8'));

  test('gives what the bytes say, whatever was read before', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
      fc.constantFrom('é', 'Ã©', 'ü'),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 200 }), (texts) => {
        for (const one of texts) assert.equal(word(Buffer.from(one)), one);
      }),
    );
  });

  test('never takes a byte that is no character for the character of that number', () => {
    assert.equal(word(Buffer.from('é')), 'é');
    for (let byte = 0x80; byte <= 0xff; byte++) assert.equal(word(Buffer.from([byte])), '\ufffd');
  });
});

describe('the digest of images', () => {
  test('is the same from bytes and from text, and tells which image changed', () => {
    for (const image of ['', 'app:1', 'büsybox']) {
      const bytes = Buffer.from(image);
      assert.equal(hashText(image), hashBytes(bytes, 0, bytes.length));
      assert.ok(isDigestOf(digestOf(hashText(image)), hashText(image) >>> 0));
    }
    const before = ['a:1', 'b:1'].map((image) => digestOf(hashText(image))).join('');
    const after = ['a:1', 'b:2'].map((image) => digestOf(hashText(image))).join('');
    assert.deepEqual(
      [0, 1, 2].map((index) => hasSameImage(before, after, index)),
      [true, false, true],
    );
  });
});

test('an envelope is opened by its magic, and refused without or with an encoding', () => {
  const reader = new ProtobufReader();
  const whole = envelope('v1', 'Pod', Buffer.from('raw'));
  assert.equal(openEnvelope(reader, whole, 0, whole.length), 'Pod');
  assert.equal(reader.bytes.toString('utf8', reader.at, reader.end), 'raw');
  assert.equal(isEnvelope(whole, 0, 3), false);
  assert.throws(() => openEnvelope(reader, whole, 1, whole.length), WireError);
  const zipped = Buffer.concat([Buffer.from('k8s\0'), bytesField(3, Buffer.from('gzip'))]);
  assert.throws(() => openEnvelope(reader, zipped, 0, zipped.length), WireError);
});
