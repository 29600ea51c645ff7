/** What strangers wrote is told without secrets, colours and control characters, from its end, within its bounds. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { tailOf } from '../../../internal/kubernetes/context-logs.ts';
import { cleanText, lastLines } from '../../../internal/kubernetes/context-text.ts';
import { redact, redactor } from '../../../internal/platform/redact.ts';
import { canaries } from '../../support/context-answers.ts';
import { threadMs } from '../../support/thread-time.ts';

const own = redactor(['acme-*']);
const bounds = { lines: 3, bytes: 400 };
const tail = (text: string, within = bounds): string | undefined => tailOf(Buffer.from(text), within, own)?.text;

describe('a log', () => {
  test('is told by its last lines', () => {
    assert.equal(tail('one\ntwo\r\nthree\nfour\n'), 'two\nthree\nfour');
    assert.equal(tail(''), '');
  });

  test('is told by whole lines where the last of them fill their bytes, and says that it was cut', () => {
    const read = tailOf(Buffer.from(`${'a'.repeat(300)}\n${'b'.repeat(200)}\nend\n`), bounds, redact);
    assert.deepEqual(read, { text: `${'b'.repeat(200)}\nend`, isCut: true });
  });

  test('of one long line is told by its end, cut between characters', () => {
    const text = tail('😀'.repeat(500)) ?? '';
    assert.match(text, /^😀+$/u);
    assert.ok(Buffer.byteLength(text) <= bounds.bytes);
  });

  test('that is not UTF-8 is told with replacement characters', () => {
    const text = tailOf(Buffer.from([0x61, 0xff, 0xfe, 0x62]), bounds, redact)?.text;
    assert.equal(text, 'a\ufffd\ufffdb');
  });

  test('that the kubelet no longer has is none', () => {
    assert.equal(tail('unable to retrieve container logs for containerd://0123abc'), undefined);
    assert.notEqual(tail('unable to retrieve container logs for x\nmore'), undefined);
  });

  for (const [secret, text] of Object.entries(canaries)) {
    test(`is told without the secret in: ${text.replaceAll(/\p{Cc}/gu, ' ')}`, () => {
      assert.doesNotMatch(tail(`before\n${text}\nafter`, { lines: 50, bytes: 4096 }) ?? '', new RegExp(secret));
    });
  }

  test('is searched for secrets before it is cut: half of one looks like none', () => {
    const key = Array.from({ length: 50 }, (_, at) => `canary${at}`.padEnd(64, 'A')).join('\n');
    assert.doesNotMatch(tail(`-----BEGIN RSA PRIVATE KEY-----\n${key}\n`) ?? '', /canary/);
    assert.doesNotMatch(tail(`token=${'canary'.repeat(200)}`, { lines: 1, bytes: 256 }) ?? '', /canary/);
    for (const quote of ['', '"', "'"]) {
      const long = `token=${quote}${'canary'.repeat(2_000)}${quote}`;
      assert.doesNotMatch(tail(long, { lines: 1, bytes: 4096 }) ?? '', /canary/);
      assert.equal(tail(`token=${quote}${'canary'.repeat(20_000)}${quote}\n`), '', 'its beginning was not looked at');
      assert.equal(tail(`token=${quote}${'canary'.repeat(20_000)}${quote}\nend\n`), 'end');
    }
  });

  test('holds no control characters but line ends and tabs, nor what turns text round', () => {
    assert.equal(cleanText('a\u0000b\u0007\tc\u202ed\u001b[2Je\u009b', redact), 'a\\x00b\\x07\tc\\u202ede\\x9b');
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const told = cleanText(text, redact);
        assert.doesNotMatch(told, /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u);
        assert.ok(told.isWellFormed());
      }),
    );
  });

  test('is never longer than it may be, and is the end of what was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat({ max: 5 }), fc.nat({ max: 60 }), (text, lines, bytes) => {
        const told = lastLines(text, lines + 1, bytes + 4).text;
        assert.ok(Buffer.byteLength(told) <= bytes + 4);
        assert.ok(text.replace(/\n$/, '').endsWith(told));
      }),
    );
  });

  for (const [what, unit] of [
    ['escapes', '\u001b['],
    ['escape strings', '\u001b]0;'],
    ['keys without values', 'password='],
    ['quotes', '\\"token\\":\\"'],
    ['words with dashes', 'a-b.c_'],
    ['beginnings of keys', '-----BEGIN PRIVATE KEY-----'],
    ['addresses', 'a://'],
  ] as const) {
    test(`of nothing but ${what} takes no longer than any other, for its length`, () => {
      const ms = (length: number): number => {
        const text = `${unit.repeat(length / unit.length)} token: eyJ ://`;
        return Math.min(...Array.from({ length: 3 }, () => threadMs(() => cleanText(text, own))));
      };
      ms(1_024);
      // Below a third of a millisecond a pause of the machine weighs more than the text.
      const ratio = ms(32_768) / Math.max(0.3, ms(4_096));
      assert.ok(ratio < 40, `eight times the text took ${ratio.toFixed(1)} times as long`);
    });
  }
});
