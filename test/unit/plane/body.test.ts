import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TerminalError } from '@restatedev/restate-sdk';
import { z } from 'zod';
import { parseBody } from '../../../cmd/plane/body.ts';
import { requireCaller } from '../../../cmd/plane/caller.ts';
import { parseFlags } from '../../../cmd/plane/flags.ts';
import { wireEventSchema } from '../../../internal/restate/wire-schema.ts';
import { anEvent } from '../../support/event-builder.ts';

const batch = z.array(wireEventSchema);
const parse = (text: string): unknown => parseBody(batch, Buffer.from(text));

function refusal(action: () => unknown): { code: number; message: string } {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof TerminalError);
    return { code: error.code, message: error.message };
  }
  return assert.fail('it was taken');
}

describe('a body', () => {
  test('of the agent before this one is taken: an empty type and none of the later fields', () => {
    const { event_id, namespace, name, phase, reason, message, restart_count, container_name } = anEvent('a');
    const old = { event_id, type: '', namespace, name, phase, reason, message, restart_count, container_name };
    assert.equal((parse(JSON.stringify([old])) as unknown[]).length, 1);
  });

  test('with fields this plane does not know is taken', () => {
    assert.ok(parse(JSON.stringify([{ ...anEvent('a'), later: { than: 'this' } }])));
  });

  for (const [what, text] of [
    ['broken JSON', '[{'],
    ['nothing', ''],
    ['bytes that are no UTF-8', '\xff'],
  ] as const) {
    test(`of ${what} is refused with 400, without repeating it`, () => {
      const bytes = Buffer.from(text, 'latin1');
      assert.deepEqual(
        refusal(() => parseBody(batch, bytes)),
        { code: 400, message: 'the body is not JSON in UTF-8' },
      );
    });
  }

  const wrong: readonly (readonly [string, object])[] = [
    ['no event_id', { event_id: undefined }],
    ['an empty event_id', { event_id: '' }],
    ['an endless event_id', { event_id: 'x'.repeat(1000) }],
    ['a count below 0', { restart_count: -1 }],
    ['a date that is none', { observed_at: 'yesterday' }],
    ['labels that are none', { labels: { a: 1 } }],
    ['a message that is endless', { message: 'x'.repeat(100_000) }],
  ];
  for (const [what, change] of wrong) {
    test(`with one event of ${what} is refused as a whole with 422 that says where, not what`, () => {
      const { code, message } = refusal(() => parse(JSON.stringify([anEvent('a'), { ...anEvent('b'), ...change }])));
      assert.equal(code, 422);
      assert.match(message, /^\/1\//);
      assert.ok(message.length < 320 && !message.includes('yesterday'));
    });
  }

  test('that is too large is refused with 413 before it is read', () => {
    assert.equal(refusal(() => parse('x'.repeat(5 * 1024 * 1024))).code, 413);
  });

  test('with keys that mean something to JavaScript does no harm', () => {
    const text = JSON.stringify([anEvent('a')]).replace('"labels":{', '"labels":{"__proto__":"x","constructor":"y",');
    parse(text);
    assert.equal(({} as Record<string, unknown>)['x'], undefined);
  });
});

describe('the caller', () => {
  const call = (headers: Record<string, string>): Parameters<typeof requireCaller>[0] => ({
    request: () => ({ headers: new Map(Object.entries(headers)) }),
  });

  test('may be anyone where no header names it', () => requireCaller(call({}), 'c', undefined));

  test('must be the cluster where a header does', () => {
    requireCaller(call({ 'x-agent-id': 'c' }), 'c', 'X-Agent-Id');
    for (const headers of [{}, { 'x-agent-id': 'd' }, { 'x-agent-id': '' }]) {
      assert.equal(refusal(() => requireCaller(call(headers), 'c', 'X-Agent-Id')).code, 403);
    }
  });
});

describe('the command line of the plane', () => {
  test('has defaults for a first start', () => {
    const parsed = parseFlags([]);
    assert.ok(parsed.kind === 'run');
    assert.deepEqual([parsed.flags.host, parsed.flags.port, parsed.flags.cooldownMs], ['127.0.0.1', 9080, 180_000]);
    assert.equal(parsed.flags.hasOpenAdmin, false);
  });

  test('takes addresses of both kinds and durations', () => {
    const parsed = parseFlags([
      '--listen',
      '[::1]:0',
      '--cooldown',
      '2m',
      '--identity-key',
      'a',
      '--identity-key',
      'b',
    ]);
    assert.ok(parsed.kind === 'run');
    const { host, port, cooldownMs, identityKeys } = parsed.flags;
    assert.deepEqual([host, port, cooldownMs, identityKeys], ['::1', 0, 120_000, ['a', 'b']]);
  });

  test('names all problems at once', () => {
    const parsed = parseFlags(['--listen', 'x', '--cooldown', '1', '--register', 'ftp://x', '--keep-deliveries', '0']);
    assert.ok(parsed.kind === 'problems');
    assert.equal(parsed.problems.length, 4);
  });

  test('refuses what it does not know', () => assert.equal(parseFlags(['--nothing']).kind, 'problems'));
});
