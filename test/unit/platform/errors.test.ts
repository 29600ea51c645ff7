import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { errorTable } from '../../../internal/platform/error-table.ts';
import { CodedError, describeError } from '../../../internal/platform/errors.ts';

describe('the error table', () => {
  for (const [code, entry] of Object.entries(errorTable)) {
    test(`says what ${code} means and what to do`, () => {
      assert.match(code, /^[A-Z][A-Z0-9_]+$/);
      assert.ok(entry.meaning.length > 10 && entry.remedy.length > 10);
    });
  }
});

test('a coded error is described by code, detail and remedy, without a stack', () => {
  const described = describeError(new CodedError('LISTEN_FAILED', ':8080: in use', { cause: new Error('secret') }));
  assert.deepEqual(described, {
    code: 'LISTEN_FAILED',
    message: ':8080: in use',
    remedy: errorTable.LISTEN_FAILED.remedy,
  });
});

test('a connection error that hides its story in its list or cause is described by that story', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
  const both = Object.assign(new AggregateError([refused]), { code: 'ECONNREFUSED' });
  assert.deepEqual(describeError(both), { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:1' });
});

test('a thrown value that is no error is described all the same', () => {
  assert.deepEqual(describeError('boom'), { code: 'UNKNOWN', message: 'boom' });
});
