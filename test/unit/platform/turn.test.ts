import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { turnTaker } from '../../../internal/platform/turn.ts';

describe('work in one long row', () => {
  test('gives its turn up every ten milliseconds, and not before', async () => {
    let nowMs = 0;
    const turn = turnTaker({ monotonicMs: () => nowMs });
    assert.equal(turn(), undefined);
    nowMs = 9;
    assert.equal(turn(), undefined);
    nowMs = 10;
    let isOthersTurn = false;
    setImmediate(() => (isOthersTurn = true));
    await turn();
    assert.ok(isOthersTurn);
    assert.equal(turn(), undefined);
  });
});
