import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify, ForeignAnswer, type Failure } from '../../../internal/kubernetes/reflector-failure.ts';
import { ApiStatusError } from '../../../internal/kubernetes/transport-status.ts';
import { CodedError } from '../../../internal/platform/errors.ts';

function status(code: number, message = '', retryAfterMs?: number): ApiStatusError {
  const facts = { status: code, reason: '', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  return new ApiStatusError('API_FAILED', message, facts);
}

const cases: readonly (readonly [string, unknown, Failure])[] = [
  ['410', status(410), { kind: 'expired' }],
  ['429 without a time', status(429), { kind: 'throttled', retryAfterMs: 0 }],
  ['429 with a time', status(429, '', 7000), { kind: 'throttled', retryAfterMs: 7000 }],
  ['401', status(401), { kind: 'denied' }],
  ['403', status(403), { kind: 'denied' }],
  ['406', status(406), { kind: 'unacceptable' }],
  ['415', status(415), { kind: 'unacceptable' }],
  ['400', status(400), { kind: 'refused' }],
  ['404', status(404), { kind: 'refused' }],
  ['500', status(500), { kind: 'unavailable' }],
  ['503', status(503), { kind: 'unavailable' }],
  ['504', status(504, 'gateway'), { kind: 'unavailable' }],
  [
    '504 for a resourceVersion from the future',
    status(504, 'Too large resource version: 9, current: 5'),
    { kind: 'ahead' },
  ],
  ['a redirect', status(302), { kind: 'unavailable' }],
  ['a frame that is no event', new CodedError('WATCH_FRAME_INVALID', ''), { kind: 'broken' }],
  ['a frame that is too large', new CodedError('WATCH_FRAME_TOO_LARGE', ''), { kind: 'broken' }],
  ['an object that is none', new CodedError('WATCH_OBJECT_INVALID', ''), { kind: 'broken' }],
  ['an answer that is none', new CodedError('API_ANSWER_INVALID', ''), { kind: 'broken' }],
  ['a login page', new ForeignAnswer(''), { kind: 'unavailable' }],
  ['a page that is too large', new CodedError('API_ANSWER_TOO_LARGE', ''), { kind: 'too-large' }],
  ['silence', new CodedError('WATCH_IDLE', ''), { kind: 'idle' }],
  ['an end that was not announced', new CodedError('LIST_UNANNOUNCED', ''), { kind: 'unannounced' }],
  ['no connection', new CodedError('API_UNREACHABLE', ''), { kind: 'unreachable' }],
  ['no trust', new CodedError('API_TLS', ''), { kind: 'unreachable' }],
  ['a bug', new TypeError('x is not a function'), { kind: 'unreachable' }],
  ['anything', undefined, { kind: 'unreachable' }],
];

for (const [what, error, failure] of cases) {
  test(`${what} means ${failure.kind}`, () => assert.deepEqual(classify(error), failure));
}
