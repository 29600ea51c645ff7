// Frames in pieces are the frames that are made whole.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { envelope, watchFrame } from '../../support/protobuf-writer.ts';
import { framePieces } from '../../support/simulated-protobuf-frame.ts';

describe('a frame in pieces', () => {
  for (const size of [0, 1, 100, 127, 128, 5_000, 3_000_000]) {
    test(`is byte for byte the whole one, with a message of ${size} bytes`, () => {
      const message = Buffer.alloc(size, 'x');
      for (const type of ['ADDED', 'MODIFIED']) {
        const pieces = framePieces(type, 'v1', 'Pod', message);
        assert.ok(Buffer.concat(pieces).equals(watchFrame(type, envelope('v1', 'Pod', message))));
        assert.equal(pieces[1], message);
      }
    });
  }
});
