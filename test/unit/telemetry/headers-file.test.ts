/** The file with headers: what it may hold, and that nothing of it gets into an error. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CodedError } from '../../../internal/platform/errors.ts';
import { parseHeaders, readHeaders } from '../../../internal/telemetry/headers-file.ts';

describe('a file with headers', () => {
  test('holds one header a line', () => {
    const text = 'Authorization: Bearer a.b-c=\r\n\nx-tenant:   shop of two words \n';
    assert.deepEqual(parseHeaders(text), { Authorization: 'Bearer a.b-c=', 'x-tenant': 'shop of two words' });
  });

  const bad: readonly [what: string, text: string, problem: RegExp][] = [
    ['nothing', ' \n\n', /holds no header/],
    ['a token alone', 's3cret', /line 1 is no header/],
    ['a name with a blank', 'a: b\nx y: s3cret', /line 2 is no header/],
    ['a control character', 'a: s3cret\u0000', /line 1 is no header/],
    ['a character that is no ASCII', 'a: s3cret\u00e9', /line 1 is no header/],
    ['a header of the request itself', 'Content-Length: 5', /line 1 is a header that the agent sets/],
    ['too much', `a: ${'s3cret'.repeat(10_000)}`, /larger than/],
  ];
  for (const [what, text, problem] of bad) {
    test(`that holds ${what} is refused by its line, and not by its words`, () => {
      assert.throws(
        () => parseHeaders(text),
        (error: Error) => problem.test(error.message) && !error.message.includes('s3cret'),
      );
    });
  }

  test('that is not there has a code', async () => {
    await assert.rejects(readHeaders('/nonexistent/headers'), (error) => {
      return error instanceof CodedError && error.code === 'OTLP_HEADERS_UNREADABLE';
    });
  });

  test('that has no end is read no further than the bound', async () => {
    await assert.rejects(readHeaders('/dev/zero'), /larger than/);
  });
});
