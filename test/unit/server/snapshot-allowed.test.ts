import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maySnapshot } from '../../../internal/server/snapshot-allowed.ts';

const MIB = 1024 * 1024;

for (const [isOn, availableMib, heapMib, expected] of [
  [true, 4096, 100, 'allowed'],
  [true, 1600, 100, 'allowed'],
  [true, 1599, 100, 'not-enough-memory'],
  [false, 4096, 1, 'switched-off'],
] as const) {
  test(`a snapshot of ${heapMib} MiB with ${availableMib} MiB left, switched ${isOn ? 'on' : 'off'}: ${expected}`, () => {
    const decision = maySnapshot(isOn, { availableBytes: availableMib * MIB, heapUsedBytes: heapMib * MIB });
    assert.equal(decision.allowed ? 'allowed' : decision.reason, expected);
  });
}
