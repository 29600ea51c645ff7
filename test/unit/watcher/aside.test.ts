/** What a command says beside its output. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asideOf, type Aside } from '../../../cmd/watcher/aside.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import type { Problem } from '../../../internal/config/problems.ts';

interface Rig {
  readonly aside: Aside;
  readonly said: string[];
  readonly pass: (ms: number) => Promise<void>;
}

function rig(form: string, isErrorTerminal: boolean): Rig {
  const clock = new ManualClock();
  const said: string[] = [];
  const terminal = { err: (text: string) => void said.push(text), isErrorTerminal };
  const aside = asideOf(terminal, form, clock);
  return { aside, said, pass: (ms) => clock.advance(ms) };
}

const odd: Problem = { key: 'x', source: 'flag', place: '--x', problem: 'is odd', remedy: 'leave it' };

describe('progress', () => {
  test('is drawn on a terminal after a second, now and then, and taken away before anything else is printed', async () => {
    const { aside, said, pass } = rig('table', true);
    aside.step('1');
    await pass(999);
    aside.step('2');
    assert.deepEqual(said, []);
    await pass(1);
    aside.step('3');
    aside.step('4');
    await pass(100);
    aside.step('5');
    aside.done();
    aside.done();
    await pass(1000);
    assert.deepEqual(said, ['\r\u001b[K2', '\r\u001b[K4', '\r\u001b[K']);
  });

  test('is a line each ten seconds where nobody reads along', async () => {
    const { aside, said, pass } = rig('table', false);
    for (let at = 1; at <= 25; at++) {
      aside.step(`${at} s`);
      await pass(1000);
    }
    aside.done();
    assert.deepEqual(said, ['10 s\n', '20 s\n']);
  });

  test('is left out of what a program reads, and drawn for who sits at a terminal beside it', async () => {
    for (const [isTerminal, expected] of [
      [false, []],
      [true, ['\r\u001b[Kfar', '\r\u001b[K']],
    ] as const) {
      const { aside, said, pass } = rig('json', isTerminal);
      aside.step('far');
      await pass(60_000);
      aside.done();
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
