import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Session } from '../../../internal/kubernetes/reflector-session.ts';
import type { ApiStream } from '../../../internal/kubernetes/transport.ts';

describe('a stream that always has more', () => {
  test('lets others have their turn while it is read', async () => {
    const CHUNKS = 100;
    const CHUNK_MS = 5;
    let nowMs = 0;
    const clock = { now: () => nowMs, monotonicMs: () => nowMs, setTimer: () => ({ cancel: () => undefined }) };
    const chunks = (async function* () {
      for (let count = 0; count < CHUNKS; count++) yield await Promise.resolve(Buffer.from('x'));
    })();
    const stream = { chunks } as unknown as ApiStream;
    let turns = 0;
    let isOver = false;
    const others = (): void => {
      turns += 1;
      if (!isOver) setImmediate(others);
    };
    setImmediate(others);
    await new Session(clock).drain(stream, 1000, () => (nowMs += CHUNK_MS));
    isOver = true;
    assert.ok(turns >= (CHUNKS * CHUNK_MS) / 20, `${turns} turns in ${nowMs} ms`);
  });
});
