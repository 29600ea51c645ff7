import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ByteQueue } from '../../../internal/kubernetes/byte-queue.ts';
import {
  lengthFramer,
  lineFramer,
  type Framer,
  type OnFrame,
} from '../../../internal/kubernetes/watch-stream-frames.ts';

const LIMIT = 1000;

const framings = [
  {
    name: 'lines',
    open: (onFrame: OnFrame): Framer => lineFramer(LIMIT, onFrame),
    // A line of nothing is no frame, and a newline within one would be two.
    encode: (frame: Buffer): Buffer =>
      Buffer.concat([Buffer.from(frame.map((byte) => (byte === 10 ? 11 : byte))), Buffer.from('\n')]),
  },
  {
    name: 'lengths',
    open: (onFrame: OnFrame): Framer => lengthFramer(LIMIT, onFrame),
    encode: (frame: Buffer): Buffer => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(frame.length);
      return Buffer.concat([length, frame]);
    },
  },
] as const;

const arbitraryFrames = fc.array(
  fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 20 },
);
const arbitraryCuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 50 });

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

for (const { name, open, encode } of framings) {
  describe(`frames by ${name}`, () => {
    test('are the same however the network cuts the bytes', () => {
      fc.assert(
        fc.property(arbitraryFrames, arbitraryCuts, (frames, sizes) => {
          const encoded = frames.map((frame) => encode(frame));
          const seen: Buffer[] = [];
          const framer = open((bytes, start, end) => seen.push(Buffer.from(bytes.subarray(start, end))));
          for (const piece of cut(Buffer.concat(encoded), sizes)) framer.push(piece);
          framer.end();
          const expected = name === 'lines' ? encoded.map((bytes) => bytes.subarray(0, -1)) : frames;
          assert.deepEqual(seen, expected);
        }),
      );
    });

    test('that are cut off at the end of the stream are an error, wherever the cut is', () => {
      const whole = encode(Buffer.from('hello'));
      for (let size = 1; size < whole.length; size++) {
        const framer = open(assertNoFrame);
        framer.push(whole.subarray(0, size));
        assert.throws(() => framer.end(), { code: 'WATCH_FRAME_INVALID' });
      }
    });

    test('beyond the limit are refused, in one piece or in many, and one at the limit is not', () => {
      let frames = 0;
      const atLimit = open(() => frames++);
      atLimit.push(encode(Buffer.alloc(LIMIT, 'x')));
      assert.equal(frames, 1);
      const beyond = encode(Buffer.alloc(LIMIT + 1, 'x'));
      assert.throws(() => open(assertNoFrame).push(beyond), { code: 'WATCH_FRAME_TOO_LARGE' });
      const framer = open(assertNoFrame);
      assert.throws(
        () => {
          for (const piece of cut(beyond, [100])) framer.push(piece);
        },
        { code: 'WATCH_FRAME_TOO_LARGE' },
      );
    });
  });
}

test('an announced length of 4 GiB is refused at once, not waited for', () => {
  assert.throws(() => lengthFramer(LIMIT, assertNoFrame).push(Buffer.from([0xff, 0xff, 0xff, 0xff])), {
    code: 'WATCH_FRAME_TOO_LARGE',
  });
});

test('empty lines keep a stream alive and say nothing', () => {
  let frames = 0;
  const framer = lineFramer(LIMIT, () => frames++);
  framer.push(Buffer.from('\n\n\n'));
  framer.end();
  assert.equal(frames, 0);
});

test('a queue of bytes gives back what was put into it, in pieces of any size', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), arbitraryCuts, (chunks, sizes) => {
      const queue = new ByteQueue();
      for (const chunk of chunks) queue.push(Buffer.from(chunk));
      const all = Buffer.concat(chunks);
      const out: Buffer[] = [];
      for (let turn = 0; queue.length > 0; turn++) {
        const size = Math.min(queue.length, sizes[turn % sizes.length] ?? 1);
        out.push(Buffer.from(queue.peek(size)));
        queue.skip(size);
      }
      assert.deepEqual(Buffer.concat(out), all);
    }),
  );
});

function assertNoFrame(): never {
  throw new assert.AssertionError({ message: 'no frame was expected' });
}
