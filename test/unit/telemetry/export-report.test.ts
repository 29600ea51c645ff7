/** That a collector which is gone is counted each time and said once. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exportReport } from '../../../internal/telemetry/export-report.ts';
import { collectingLogger } from '../../support/collecting-logger.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function rig() {
  const { logger, lines } = collectingLogger();
  const clock = new ManualClock();
  const counts: string[] = [];
  const report = exportReport({ clock, logger, count: (signal, outcome) => counts.push(`${signal} ${outcome}`) });
  return { report, clock, counts, said: () => lines.splice(0).map(({ level, msg }) => `${level}: ${msg}`) };
}

describe('what is said of exports', () => {
  test('is nothing while all is well, and one line for each signal that fails, however often', () => {
    const { report, counts, said } = rig();
    report('metrics', 'accepted', '');
    assert.deepEqual(said(), []);
    for (let index = 0; index < 1000; index++) report('metrics', 'unreachable', 'ECONNREFUSED');
    report('traces', 'dropped', '');
    assert.equal(counts.length, 1002);
    assert.deepEqual(said(), [
      'warn: the OTLP collector does not take metrics (unreachable); nothing else waits for it',
      'warn: the OTLP collector does not take traces (dropped); nothing else waits for it',
    ]);
    report('metrics', 'accepted', '');
    assert.deepEqual(said(), ['info: the OTLP collector takes metrics again']);
  });

  test('is another line where the reason changes', () => {
    const { report, said } = rig();
    for (const outcome of ['timeout', 'timeout', 'unauthorized', 'timeout'] as const) report('metrics', outcome, '');
    assert.equal(said().length, 2);
  });

  test('of a collector that flaps is said every ten minutes at most', async () => {
    const { report, clock, said } = rig();
    let warnings = 0;
    for (let minute = 0; minute < 60; minute++) {
      report('metrics', 'busy', 'HTTP 429');
      report('metrics', 'accepted', '');
      warnings += said().filter((line) => line.startsWith('warn')).length;
      await clock.advance(60_000);
    }
    assert.equal(warnings, 6);
  });
});
