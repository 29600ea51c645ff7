import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DeliveryOutcome } from '../../../internal/pipeline/delivery.ts';
import type { Answer, Exchange, Failure } from '../../../internal/restate/exchange.ts';
import { outcomeOf } from '../../../internal/restate/outcome.ts';
import { planeProblem } from '../../../internal/restate/plane-problem.ts';

const nowMs = Date.parse('2026-01-01T00:00:00Z');

function answer(status: number, parts: Partial<Answer> = {}): Answer {
  return {
    kind: 'answer',
    status,
    errorSource: undefined,
    isFromRestate: false,
    contentType: 'application/json',
    retryAfter: undefined,
    body: '{}',
    isBodyCut: false,
    ...parts,
  };
}
const invocation = (status: number): Answer => answer(status, { errorSource: 'invocation' });
const ingress = (status: number, parts: Partial<Answer> = {}): Answer =>
  answer(status, { errorSource: 'ingress', ...parts });
const failure = (cause: Failure['cause']): Failure => ({ kind: 'failure', cause, detail: 'why' });
const html = { contentType: 'text/html', body: '<!DOCTYPE html><title>Sign in</title>' };

/** kind, reason, and for a retry which key and what pause was asked for. */
function told(outcome: DeliveryOutcome): string {
  if (outcome.kind !== 'retry') return `${outcome.kind} ${outcome.reason}`;
  const pause = outcome.afterMs === undefined ? '' : ` after ${outcome.afterMs}`;
  return `retry ${outcome.reason} under the ${outcome.key === 'same' ? 'same key' : 'next key'}${pause}`;
}

const table: Record<string, readonly (readonly [string, Exchange, string])[]> = {
  'a success': [
    ['200 of Restate', answer(200, { isFromRestate: true }), 'accepted executed'],
    [
      '200 of a handler that returns nothing',
      answer(200, { isFromRestate: true, body: '', contentType: '' }),
      'accepted executed',
    ],
    [
      '200 with JSON that no Restate answered, such as a gateway asking for a login',
      answer(200),
      'refused not-the-plane',
    ],
    [
      '202',
      answer(202, { isFromRestate: true, body: '{"invocationId":"inv_1","status":"Accepted"}' }),
      'accepted queued',
    ],
    [
      '202 that was already there',
      answer(202, { isFromRestate: true, body: '{"status":"PreviouslyAccepted"}' }),
      'accepted queued',
    ],
    ['200 with a page', answer(200, html), 'refused not-the-plane'],
    ['200 with a page that calls itself JSON', answer(200, { body: ' <html>' }), 'refused not-the-plane'],
    [
      '200 with a page behind which a Restate header is',
      answer(200, { ...html, isFromRestate: true }),
      'refused not-the-plane',
    ],
    ['200 with nothing', answer(200, { body: '' }), 'retry unexpected-answer under the same key'],
    ['200 with broken JSON', answer(200, { body: '{"a":' }), 'retry unexpected-answer under the same key'],
    ['200 with more than is read', answer(200, { isBodyCut: true }), 'retry unexpected-answer under the same key'],
    ['201', answer(201), 'retry unexpected-answer under the same key'],
    ['204', answer(204, { body: '' }), 'retry unexpected-answer under the same key'],
    ['200 that is an error of an invocation', invocation(200), 'retry unexpected-answer under the next key'],
  ],
  'an error of the invocation': [
    ['400', invocation(400), 'split invalid'],
    ['409', invocation(409), 'split invalid'],
    ['422', invocation(422), 'split invalid'],
    ['413', invocation(413), 'split too-large'],
    ['401', invocation(401), 'retry invocation-failed under the next key after 30000'],
    ['403', invocation(403), 'retry invocation-failed under the next key after 30000'],
    ['404', invocation(404), 'retry invocation-failed under the next key'],
    ['429', invocation(429), 'retry invocation-failed under the next key'],
    ['500', invocation(500), 'retry invocation-failed under the next key'],
    ['503', invocation(503), 'retry invocation-failed under the next key'],
    ['422 told by the body alone', answer(422, { body: '{"code":422,"source":"invocation"}' }), 'split invalid'],
  ],
  'an error of the ingress': [
    ['400', ingress(400), 'refused bad-request'],
    ['404', ingress(404), 'refused not-registered'],
    ['405', ingress(405), 'refused not-registered'],
    ['413', ingress(413), 'split too-large'],
    ['429', ingress(429), 'retry ingress-busy under the same key'],
    ['429 with Retry-After: 5', ingress(429, { retryAfter: '5' }), 'retry ingress-busy under the same key after 5000'],
    [
      '503 with Retry-After: 99999999',
      ingress(503, { retryAfter: '99999999' }),
      'retry ingress-busy under the same key after 300000',
    ],
    ['500', ingress(500), 'retry ingress-error under the same key'],
    ['470', ingress(470), 'refused bad-request'],
  ],
  'an error of whoever stands in between': [
    ['413 in plain text', answer(413, { contentType: 'text/plain', body: 'length limit exceeded' }), 'split too-large'],
    ['422 of a firewall is no poison', answer(422), 'refused bad-request'],
    ['400', answer(400), 'refused bad-request'],
    ['401', answer(401), 'refused unauthorized'],
    ['403', answer(403), 'refused unauthorized'],
    ['403 with a page', answer(403, html), 'refused unauthorized'],
    ['407', answer(407), 'refused unauthorized'],
    ['404 with a page', answer(404, html), 'refused not-the-plane'],
    ['405', answer(405), 'refused not-registered'],
    ['410', answer(410), 'refused not-registered'],
    ['408', answer(408), 'retry ingress-error under the same key'],
    ['425', answer(425), 'retry ingress-error under the same key'],
    ['301', answer(301), 'refused redirected'],
    ['302 to a page', answer(302, html), 'refused redirected'],
    ['304', answer(304, { body: '' }), 'refused redirected'],
    ['502 with a page', answer(502, html), 'retry ingress-error under the same key'],
    ['503', answer(503), 'retry ingress-busy under the same key'],
    ['504', answer(504), 'retry ingress-error under the same key'],
    ['599', answer(599), 'retry ingress-error under the same key'],
  ],
  'no answer': [
    ['a broken connection', failure('network'), 'retry network under the same key'],
    ['a time-out', failure('timeout'), 'retry timeout under the same key'],
    ['a stop of ours', failure('stopped'), 'retry network under the same key'],
    ['credentials that cannot be read', failure('credentials'), 'refused unauthorized'],
  ],
};

for (const [what, rows] of Object.entries(table)) {
  describe(what, () => {
    for (const [name, exchange, expected] of rows) {
      test(`${name}: ${expected}`, () => assert.equal(told(outcomeOf(exchange, nowMs)), expected));
    }
  });
}

describe('whatever the answer', () => {
  test('a status of 4xx is never a success', () => {
    for (let status = 400; status < 500; status++) {
      for (const errorSource of [undefined, 'ingress', 'invocation', 'somebody']) {
        const outcome = outcomeOf(answer(status, { errorSource, isFromRestate: true }), nowMs);
        assert.notEqual(outcome.kind, 'accepted', `${status} ${errorSource ?? ''}`);
      }
    }
  });

  test('only an invocation can make a batch poison', () => {
    for (let status = 100; status < 600; status++) {
      const outcome = outcomeOf(answer(status, { errorSource: 'ingress' }), nowMs);
      assert.ok(!(outcome.kind === 'split' && outcome.reason === 'invalid'), String(status));
    }
  });

  test('its words are quoted in one bounded line, without control characters and stack traces', () => {
    const body = JSON.stringify({
      message: `bad\u0007 event ${'x'.repeat(999)}\n    at secret/path.ts:1`,
      source: 'invocation',
    });
    const outcome = outcomeOf(answer(500, { body }), nowMs);
    assert.ok('detail' in outcome);
    assert.match(outcome.detail, /^status 500: bad {2}event x+$/);
    assert.ok(outcome.detail.length <= 220);
  });

  test('anything but success has a code and a remedy', () => {
    for (const [, exchange] of Object.values(table).flat()) {
      const outcome = outcomeOf(exchange, nowMs);
      if (outcome.kind === 'accepted') continue;
      const problem = planeProblem(outcome);
      assert.match(problem.code, /^PLANE_/);
      assert.ok(problem.remedy.length > 10);
    }
  });
});

test('settings behind a URL may come from anybody who answers in JSON', () => {
  assert.equal(told(outcomeOf(answer(200), nowMs, 'anybody')), 'accepted executed');
  assert.equal(told(outcomeOf(answer(200, html), nowMs, 'anybody')), 'refused not-the-plane');
});
