/** What a command says beside its output. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asideOf, type Aside } from '../../../cmd/watcher/aside.ts';
import type { Problem } from '../../../internal/config/problems.ts';

interface Rig {
  readonly aside: Aside;
  readonly said: string[];
  pass(ms: number): void;
}

function rig(form: string, isErrorTerminal: boolean): Rig {
  let nowMs = 0;
  const said: string[] = [];
  const terminal = { err: (text: string) => void said.push(text), isErrorTerminal };
  const aside = asideOf(terminal, form, { monotonicMs: () => nowMs });
  return { aside, said, pass: (ms) => void (nowMs += ms) };
}

const odd: Problem = { key: 'x', source: 'flag', place: '--x', problem: 'is odd', remedy: 'leave it' };

describe('progress', () => {
  test('is drawn on a terminal after a second, now and then, and taken away before anything else is printed', () => {
    const { aside, said, pass } = rig('table', true);
    aside.step('1');
    pass(999);
    aside.step('2');
    assert.deepEqual(said, []);
    pass(1);
    aside.step('3');
    aside.step('4');
    pass(100);
    aside.step('5');
    aside.done();
    aside.done();
    assert.deepEqual(said, ['\r\u001b[K3', '\r\u001b[K5', '\r\u001b[K']);
  });

  test('is a line each ten seconds where nobody reads along', () => {
    const { aside, said, pass } = rig('table', false);
    for (let at = 1; at <= 25; at++) {
      pass(1000);
      aside.step(`${at} s`);
    }
    aside.done();
    assert.deepEqual(said, ['10 s\n', '20 s\n']);
  });

  test('is left out of what a program reads, and drawn for who sits at a terminal beside it', () => {
    for (const [isTerminal, expected] of [
      [false, []],
      [true, ['\r\u001b[Kfar']],
    ] as const) {
      const { aside, said, pass } = rig('json', isTerminal);
      pass(60_000);
      aside.step('far');
      assert.deepEqual(said, expected);
    }
  });
});

test('notes and warnings are lines for people', () => {
  const { aside, said } = rig('text', false);
  aside.note('nothing waits');
  aside.warn([odd]);
  aside.summary('3 written', { written: 3 });
  assert.deepEqual(said, ['nothing waits\n', 'warning: --x: is odd; leave it\n', '3 written\n']);
});

test('warnings and the summary are JSON for programs, notes are left out', () => {
  const { aside, said } = rig('json', false);
  aside.note('nothing waits');
  aside.warn([odd]);
  aside.summary('3 written', { written: 3 });
  assert.deepEqual(
    said.map((line) => JSON.parse(line) as unknown),
    [
      { level: 'warning', place: '--x', message: 'is odd', remedy: 'leave it' },
      { level: 'summary', written: 3 },
    ],
  );
});
