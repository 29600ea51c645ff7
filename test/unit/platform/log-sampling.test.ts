// What repeats is told once and counted; nothing said is lost from the count, and no kind hides another.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CodedError, type ErrorCode } from '../../../internal/platform/errors.ts';
import { createLogger } from '../../../internal/platform/log.ts';
import { LogSampler } from '../../../internal/platform/log-sampling.ts';
import { ManualClock } from '../../support/manual-clock.ts';

interface Line {
  readonly msg: string;
  readonly code?: string;
  readonly repeated?: number;
  readonly also?: readonly string[];
  readonly err?: { readonly message: string };
}

function sampled() {
  const clock = new ManualClock();
  const sampler = new LogSampler(clock);
  const lines: Line[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Line) };
  const logger = createLogger({ level: 'info', destination, sampler });
  const fail = (code: ErrorCode, detail = 'x', message = 'failed'): void =>
    logger.warn({ err: new CodedError(code, detail) }, message);
  return { clock, sampler, lines, logger, fail };
}

describe('an error that repeats', () => {
  test('is told at once, then once a minute with how many were left out, and not after it has stopped', async () => {
    const { clock, sampler, lines, fail } = sampled();
    for (let second = 0; second < 150; second++) {
      fail('PLANE_UNREACHABLE');
      await clock.advance(1_000);
    }
    assert.deepEqual(
      lines.map(({ repeated }) => repeated),
      [undefined, 58, 59],
    );
    await clock.advance(10 * 60_000);
    assert.deepEqual(
      lines.map(({ repeated }) => repeated),
      [undefined, 58, 59, 29],
    );
    assert.equal(clock.pendingTimers, 0, 'it is forgotten');
    fail('PLANE_UNREACHABLE');
    assert.equal(lines.length, 5, 'and told at once when it comes again');
    sampler.close();
    assert.equal(clock.pendingTimers, 0);
  });

  test('never hides another: neither another code, nor the same code about something else', () => {
    const { lines, logger, fail, sampler } = sampled();
    fail('PLANE_UNREACHABLE');
    fail('PLANE_TIMEOUT');
    fail('PLANE_UNREACHABLE', 'x', 'not enrolled yet');
    logger.child({ part: 'a' }).error({ code: 'PLANE_UNREACHABLE' }, 'failed');
    logger.info('a line that is no error');
    logger.info('a line that is no error');
    assert.equal(lines.length, 6);
    sampler.close();
  });

  test('is told at once where it is about something else, for the first five of these', async () => {
    const { clock, lines, fail } = sampled();
    for (const name of ['a', 'b', 'c', 'b', 'd', 'e', 'f']) fail('SILENCE_INVALID', `namespace ${name}`);
    const told = lines.map(({ err }) => err?.message.at(-1));
    assert.deepEqual(told, ['a', 'b', 'c', 'd', 'e']);
    await clock.advance(60_000);
    assert.deepEqual([lines[5]?.err?.message, lines[5]?.also], ['namespace f', ['namespace b']]);
  });

  test('says what else was left out where the cases differ', async () => {
    const { clock, lines, fail } = sampled();
    for (const name of ['a', 'b', 'c', 'd', 'e']) fail('SILENCE_INVALID', `namespace ${name}`);
    for (const name of ['f', 'g', 'g']) fail('SILENCE_INVALID', `namespace ${name}`);
    await clock.advance(60_000);
    assert.deepEqual(lines[5]?.err?.message, 'namespace g');
    assert.deepEqual(lines[5].also, ['namespace f']);
    assert.equal(lines[5].repeated, 2);
  });

  test('is written each time once there are more kinds than can be counted', async () => {
    const { clock, lines, fail, sampler } = sampled();
    for (let kind = 0; kind < 1_000; kind++) fail('INTERNAL', 'x', `message ${kind}`);
    assert.ok(clock.pendingTimers <= 256);
    for (let kind = 0; kind < 1_000; kind++) fail('INTERNAL', 'x', `message ${kind}`);
    sampler.close();
    assert.equal(lines.length, 2_000);
    await clock.advance(120_000);
    assert.equal(lines.length, 2_000);
  });

  test('is counted in full: lines and what they say was left out add up to what was said', async () => {
    const codes = ['PLANE_UNREACHABLE', 'PLANE_TIMEOUT', 'OUTBOX_FULL', 'INTERNAL'] as const;
    const said = fc.record({ code: fc.constantFrom(...codes), pauseMs: fc.integer({ min: 0, max: 70_000 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(said, { maxLength: 60 }), async (all) => {
        const { clock, sampler, lines, fail } = sampled();
        for (const { code, pauseMs } of all) {
          fail(code);
          await clock.advance(pauseMs);
        }
        sampler.close();
        for (const code of codes) {
          const told = lines.filter((line) => line.code === code);
          const counted = told.reduce((sum, { repeated = 0 }) => sum + 1 + repeated, 0);
          assert.equal(counted, all.filter((one) => one.code === code).length);
        }
      }),
    );
  });
});
