import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLogger, gatheredOutput } from '../../../internal/platform/log.ts';

describe('gathered output', () => {
  test('writes the lines of one turn in one piece, in their order, when the turn ends', async () => {
    const pieces: string[] = [];
    const logger = createLogger({
      level: 'info',
      destination: gatheredOutput({ write: (text) => void pieces.push(text), flush: (done) => done() }),
    });
    logger.info('one');
    logger.info('two');
    assert.equal(pieces.length, 0);
    await Promise.resolve();
    logger.info('three');
    await Promise.resolve();
    const messages = pieces.map((piece) =>
      piece
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { msg: string }).msg),
    );
    assert.deepEqual(messages, [['one', 'two'], ['three']]);
  });
});
