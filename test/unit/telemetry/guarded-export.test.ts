/** That each export ends once and in time, whatever the exporter below it does. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Collector } from '../../../internal/telemetry/collector.ts';
import { GuardedExport, type Exporter } from '../../../internal/telemetry/guarded-export.ts';
import { ManualClock } from '../../support/manual-clock.ts';

type Done = Parameters<Exporter<string>['export']>[1];

function rig() {
  const clock = new ManualClock();
  const told: string[] = [];
  const ends: unknown[] = [];
  let done: Done = () => assert.fail('nothing was exported');
  const inner: Exporter<string> = { export: (_items, given) => (done = given), shutdown: () => Promise.resolve() };
  const lookup = (): void => assert.fail('nothing is looked up');
  const collector = new Collector({ url: 'http://127.0.0.1:9', lookup, proxy: undefined });
  const report = (outcome: string, detail: string): void => void told.push(`${outcome} ${detail}`.trim());
  const guarded = new GuardedExport(inner, { collector, clock, deadlineMs: 1000, report });
  guarded.export('items', (result) => ends.push(result.code));
  return {
    clock,
    told,
    ends,
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the SDK's enum is in a package of its own
    end: (code: 0 | 1, error?: Error) => done({ code, ...(error && { error }) }),
    [Symbol.dispose]: () => collector.close(),
  };
}

describe('a guarded export', () => {
  test('ends as the exporter does', () => {
    using own = rig();
    own.end(0);
    assert.deepEqual([own.ends, own.told], [[0], ['accepted']]);
  });

  test('ends at its deadline, and what the exporter says later is not heard', async () => {
    using own = rig();
    await own.clock.advance(999);
    assert.deepEqual(own.ends, []);
    await own.clock.advance(1);
    assert.deepEqual([own.ends, own.told], [[1], ['timeout']]);
    own.end(0);
    assert.deepEqual([own.ends, own.told], [[1], ['timeout']]);
  });

  test('hands on no error, since the SDK might print it, and tells of one its code alone', () => {
    using own = rig();
    own.end(1, Object.assign(new Error('s3cret'), { code: 'ECONNRESET' }));
    assert.deepEqual([own.ends, own.told], [[1], ['unreachable ECONNRESET']]);
  });
});
