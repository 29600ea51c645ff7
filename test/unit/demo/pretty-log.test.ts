// The agent's log as `make dev` shows it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { plain } from '../../../cmd/demo/paint.ts';
import { prettyLine } from '../../../cmd/demo/pretty-log.ts';

const pretty = (line: object | string): string =>
  prettyLine(typeof line === 'string' ? line : JSON.stringify(line), plain);

describe('a line of the log', () => {
  test('reads as time, level, message and fields', () => {
    const time = '2026-11-21T11:48:33.937Z';
    assert.equal(
      pretty({ level: 'info', time, cluster: 'dev', resource: 'pods', items: 1, msg: 'list is whole' }),
      '11:48:33.937 info list is whole resource=pods items=1',
    );
  });

  test('shows an error as code, message and remedy, on one line', () => {
    const err = { code: 'API_REFUSED', message: '406:\n\nNot Acceptable', remedy: 'look' };
    assert.equal(pretty({ level: 'warn', msg: 'failed', err }), ' warn failed API_REFUSED: 406: Not Acceptable (look)');
  });

  test('stays as it is where it is no line of the log, however broken', () => {
    for (const line of ['Restarting', '{', '{"level":', '']) assert.equal(pretty(line), line);
  });
});
