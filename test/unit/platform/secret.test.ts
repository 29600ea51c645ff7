// A secret shows as [redacted] wherever a value can end up without anyone meaning it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { format, inspect } from 'node:util';
import { createLogger } from '../../../internal/platform/log.ts';
import { Secret } from '../../../internal/platform/secret.ts';

describe('a secret', () => {
  const secret = new Secret('s3cret');
  const holder = { token: secret, list: [secret], map: new Map([['token', secret]]) };

  const ways: [name: string, print: () => string][] = [
    ['JSON', () => JSON.stringify(holder)],
    ['inspect', () => inspect(holder, { depth: 9, showHidden: true, getters: true })],
    ['String()', () => String(secret)],
    ['a template', () => `token ${secret as unknown as string}`],
    ['addition', () => (secret as unknown as string) + '.'],
    ['%s', () => format('%s', secret)],
    ['%o', () => format('%o', holder)],
    ['%O', () => format('%O', holder)],
    ['%j', () => format('%j', holder)],
    ['an error message', () => new Error(`wrong token ${String(secret)}`).message],
    [
      'its keys and values',
      () => JSON.stringify([Object.entries(secret), Reflect.ownKeys(secret), Object.assign({}, secret)]),
    ],
    ['a structured clone', () => inspect(structuredClone(secret), { showHidden: true })],
    [
      'a log line',
      () => {
        const lines: string[] = [];
        const logger = createLogger({ level: 'info', destination: { write: (line) => void lines.push(line) } });
        logger.info(holder, 'started with %s', secret);
        logger.child({ secret }).warn({ err: new Error('failed', { cause: secret }) });
        return lines.join('\n');
      },
    ],
  ];
  for (const [name, print] of ways) {
    test(`never shows in ${name}`, () => assert.ok(!print().includes('s3cret'), print()));
  }

  test('is there for who asks', () => assert.equal(secret.reveal(), 's3cret'));
});
