// The level can be changed while running: for the logger and its children, for a while, and never for the audit log.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { errorTable } from '../../../internal/platform/error-table.ts';
import { CodedError } from '../../../internal/platform/errors.ts';
import { createLogger } from '../../../internal/platform/log.ts';
import { LogLevels } from '../../../internal/platform/log-levels.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function changeable() {
  const clock = new ManualClock();
  const levels = new LogLevels('info');
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const logger = createLogger({ level: levels, destination });
  return { clock, levels, lines, logger, child: logger.child({ part: 'a' }) };
}

describe('the level of a log', () => {
  test('is changed for its children as well, and goes back by itself', async () => {
    const { clock, levels, lines, logger, child } = changeable();
    const back: string[] = [];
    levels.onBack((level) => back.push(level));
    child.debug('not yet');
    levels.set('debug', 10_000, clock);
    child.debug('now');
    logger.debug('now');
    assert.deepEqual(levels.inForce(), { level: 'debug', configured: 'info', untilMs: clock.now() + 10_000 });
    await clock.advance(10_000);
    child.debug('no more');
    assert.equal(lines.length, 2);
    assert.deepEqual(back, ['info']);
    assert.equal(levels.inForce().untilMs, undefined);
  });

  test('that is changed again has the end of the last change, and none after a reset', async () => {
    const { clock, levels } = changeable();
    levels.set('debug', 10_000, clock);
    await clock.advance(5_000);
    levels.set('silent', 10_000, clock);
    await clock.advance(5_000);
    assert.equal(levels.inForce().level, 'silent');
    levels.reset();
    assert.equal(levels.inForce().level, 'info');
    assert.equal(clock.pendingTimers, 0);
  });
});

describe('a line at warn or above', () => {
  test('has code and remedy, whatever it was said with', () => {
    const { lines, logger } = changeable();
    logger.warn({ err: new CodedError('OUTBOX_FULL', 'no room') }, 'coded');
    logger.error({ code: 'OUTBOX_SLOW' }, 'with a code');
    logger.error({ err: new TypeError('oops') }, 'not expected');
    logger.warn({ code: 'CONFIG_ODD', remedy: 'write 5s' }, 'with a remedy of its own');
    logger.error({ err: Object.assign(new Error('denied'), { code: 'EACCES' }), code: 'OUTBOX_UNUSABLE' }, 'both');
    const seen = lines.map(({ code, remedy }) => [code, remedy]);
    assert.deepEqual(seen, [
      ['OUTBOX_FULL', errorTable.OUTBOX_FULL.remedy],
      ['OUTBOX_SLOW', errorTable.OUTBOX_SLOW.remedy],
      ['INTERNAL', errorTable.INTERNAL.remedy],
      ['CONFIG_ODD', 'write 5s'],
      ['OUTBOX_UNUSABLE', errorTable.OUTBOX_UNUSABLE.remedy],
    ]);
    assert.deepEqual(lines[0]?.['err'], { code: 'OUTBOX_FULL', message: 'no room' });
    assert.deepEqual(lines[4]?.['err'], { code: 'EACCES', message: 'denied' });
  });

  test('has a stack only while the level is debug, and only where nobody expected the error', () => {
    const { clock, levels, lines, logger } = changeable();
    logger.error({ err: new TypeError('oops') }, 'at info');
    levels.set('debug', 1_000, clock);
    logger.error({ err: new TypeError('oops') }, 'at debug');
    logger.error({ err: new CodedError('OUTBOX_FULL', 'no room') }, 'coded');
    assert.equal(lines[0]?.['stack'], undefined);
    assert.match(String(lines[1]?.['stack']), /TypeError: oops\n {4}at /);
    assert.equal(lines[2]?.['stack'], undefined);
    levels.reset();
  });
});
