/** Credentials of ours that somebody repeats in an error go no further; what is no error is left as it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretsOf, withoutSecrets } from '../../../internal/restate/answer-secrets.ts';
import { answered, unreachable } from '../../support/stub-plane.ts';

function bodyOf(status: number, body: string, secrets: readonly (string | undefined)[]): string {
  const answer = withoutSecrets(answered(status, body), secrets);
  assert.ok(answer.kind === 'answer');
  return answer.body;
}

test('an error is told without them, wherever they stand in it', () => {
  assert.equal(bodyOf(502, 'sent s3cr3t, got no s3cr3t', ['s3cr3t']), 'sent [redacted], got no [redacted]');
  assert.equal(bodyOf(401, 'a', [undefined, '']), 'a');
});

test('what is no error keeps its bytes, whatever they are', () => {
  assert.equal(bodyOf(200, '{"batch_size":1}', ['1']), '{"batch_size":1}');
  assert.equal(withoutSecrets(unreachable, ['x']), unreachable);
});

test('of a URL everything in its query counts, as it was written and as it is read', () => {
  const secrets = secretsOf(new URL('https://example.com/a?key=a%20b&plain'));
  const shown = bodyOf(404, 'Cannot GET /a?key=a%20b&plain (a b)', secrets);
  assert.equal(shown, 'Cannot GET /a[redacted] ([redacted])');
  assert.equal(bodyOf(404, 'Cannot GET /a', secretsOf(new URL('https://example.com/a'))), 'Cannot GET /a');
});
