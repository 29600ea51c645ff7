/** Label selectors as Kubernetes writes them; odd ones are refused with a word of why, and none takes long. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LabelSelector } from '../../../internal/platform/label-selector.ts';
import { runs } from '../../support/runs.ts';

function matches(text: string, labels: Readonly<Record<string, string>>): boolean {
  const selector = LabelSelector.parse(text);
  assert.ok(selector instanceof LabelSelector, text);
  return selector.matches(new Map(Object.entries(labels)));
}

describe('a label selector', () => {
  const web = { app: 'web', tier: 'front', 'example.com/team': 'a.b_c-1', empty: '' };
  const cases: [text: string, isMatch: boolean][] = [
    ['app', true],
    ['!app', false],
    ['! missing', true],
    ['missing', false],
    ['app=web', true],
    ['app == web', true],
    ['app=db', false],
    ['app!=db', true],
    ['app != web', false],
    ['missing!=x', true],
    ['app in (db, web)', true],
    ['app in (db)', false],
    ['missing in (db)', false],
    ['app notin (db,cache)', true],
    ['app notin (db,web)', false],
    ['missing notin (db)', true],
    ['app=web,tier in (front,back),!canary,example.com/team=a.b_c-1', true],
    ['app=web,tier=back', false],
    ['empty=', true],
    ['app=', false],
    ['empty', true],
    ['in=x', false],
    ['  app=web  ', true],
  ];
  for (const [text, isMatch] of cases) {
    test(`${JSON.stringify(text)} ${isMatch ? 'matches' : 'does not match'}`, () => {
      assert.equal(matches(text, web), isMatch);
    });
  }

  const odd = [
    ...['', ' ', ',', 'app=web,', ',app', '=web', '!', '!!app', 'app web', 'app=a b', 'app=(web)', 'app in web'],
    ...['app in (a', 'app in a)', 'app in (a b)', 'app in (a,)', 'app in ((a))', 'app in (a),in (b)', 'app>1', 'a"b'],
    ...['-app', 'app=w/b', 'a/b/c', 'app=*', 'ä=1', 'app\n=\u0000', `${'a'.repeat(64)}=1`, `a=${'b'.repeat(64)}`],
    ...['x'.repeat(1025), Array.from({ length: 33 }, (_none, at) => `a${at}`).join(',')],
  ];
  for (const text of odd) {
    test(`can't be ${JSON.stringify(text).slice(0, 30)}`, () => {
      const parsed = LabelSelector.parse(text);
      assert.ok(!(parsed instanceof LabelSelector), 'it was taken');
      assert.match(parsed.problem, /^(has|holds|is longer)/);
    });
  }

  test('never throws, whatever the text, and says again what it was made of', () => {
    const part = fc.constantFrom(
      ...['app', '=', '!', '!=', '==', ',', '(', ')', 'in', 'notin', ' ', '\t', 'x/y', '💥'],
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
        const parsed = LabelSelector.parse(parts.join(''));
        if (!(parsed instanceof LabelSelector)) return;
        assert.equal(JSON.stringify({ parsed }), JSON.stringify({ parsed: parts.join('').trim() }));
        parsed.matches(new Map([['app', 'x']]));
      }),
      { numRuns: runs(5000) },
    );
  });

  test('means what its requirements mean', () => {
    const word = fc.constantFrom('a', 'b', 'c');
    const requirement = fc.oneof(
      word.map((key) => ({ text: key, holds: (labels: Map<string, string>) => labels.has(key) })),
      word.map((key) => ({ text: `!${key}`, holds: (labels: Map<string, string>) => !labels.has(key) })),
      fc.tuple(word, word).map(([key, value]) => ({
        text: `${key}=${value}`,
        holds: (labels: Map<string, string>) => labels.get(key) === value,
      })),
      fc.tuple(word, fc.array(word, { minLength: 1 })).map(([key, values]) => ({
        text: `${key} notin (${values.join(',')})`,
        holds: (labels: Map<string, string>) => !(values as string[]).includes(labels.get(key) ?? 'none'),
      })),
    );
    const some = fc.array(requirement, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(some, fc.dictionary(word, word), (requirements, labels) => {
        const expected = requirements.every(({ holds }) => holds(new Map(Object.entries(labels))));
        assert.equal(matches(requirements.map(({ text }) => text).join(','), labels), expected);
      }),
    );
  });
});
