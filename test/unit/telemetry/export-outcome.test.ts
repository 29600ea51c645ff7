/** What an export came to, by all that a collector may say or not say. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exportOutcome, type ExportEnd } from '../../../internal/telemetry/export-outcome.ts';

const json = 'application/json';
const answered = (status: number, contentType = json): Partial<ExportEnd> => ({
  isSuccess: status < 300,
  answer: { status, contentType },
});

const cases: readonly [what: string, end: Partial<ExportEnd>, outcome: string][] = [
  ['200 with JSON', answered(200), 'accepted'],
  ['202 without a type', answered(202, ''), 'accepted'],
  ['200 with a login page', answered(200, 'text/html; charset=utf-8'), 'not-a-collector'],
  ['an answer that was too long', { ...answered(200), isSuccess: false }, 'refused'],
  ['302', answered(302), 'redirected'],
  ['400', answered(400), 'refused'],
  ['401', answered(401), 'unauthorized'],
  ['403', answered(403), 'unauthorized'],
  ['404', answered(404), 'not-a-collector'],
  ['413', answered(413), 'refused'],
  ['429', answered(429), 'busy'],
  ['503', answered(503), 'busy'],
  ['no connection', { errorCode: 'ECONNREFUSED' }, 'unreachable'],
  ['an address that is refused', { errorCode: 'URL_REFUSED' }, 'unreachable'],
  ['silence', {}, 'timeout'],
  ['an answer without end', { ...answered(200), isCut: true }, 'timeout'],
  ['a file of headers that is none', { errorCode: 'OTLP_HEADERS_UNREADABLE' }, 'no-headers'],
];

describe('an export', () => {
  for (const [what, end, outcome] of cases) {
    test(`that met ${what} is ${outcome}`, () => {
      const nothing = { isSuccess: false, answer: undefined, isCut: false, errorCode: '' };
      assert.equal(exportOutcome({ ...nothing, ...end }), outcome);
    });
  }
});
