// The means by which pictures of the documents are made: what they keep, and what they keep out.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { coloured } from '../../../cmd/demo/paint.ts';
import { withoutMachine, withoutMoment } from '../../../tools/pictures/mask.ts';
import { sizeOf, withWords, wordsOf } from '../../../tools/pictures/png.ts';
import { linesOf, renderTerminal } from '../../../tools/pictures/terminal.ts';

/** One grey pixel. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==',
  'base64',
);

describe('a picture of a terminal', () => {
  test('says what was said, line by line, whatever is in it', () => {
    const said = `${coloured.strong('A <b> & "c"')}\n\n  ${coloured.bad('red')} and ${coloured.faint('grey')}\n`;
    assert.deepEqual(linesOf(renderTerminal(said, 'title', 'light')), ['A <b> & "c"', '  red and grey']);
  });

  test('has the colours of its theme, and a title for who can’t see it', () => {
    const [light, dark] = (['light', 'dark'] as const).map((theme) => renderTerminal('x', 'a & b', theme));
    assert.notEqual(light, dark);
    assert.match(light ?? '', /<title>a &amp; b<\/title>/);
  });

  test('is not made of what it does not know', () => {
    assert.throws(() => renderTerminal('\u001B[35mpurple\u001B[39m', '', 'dark'), /no picture of the colour "\[35m/);
    assert.throws(() => renderTerminal('\u001B[2Kerased', '', 'dark'), /no picture of the colour "\[2K/);
  });
});

describe('what tells of a machine', () => {
  const mask = withoutMachine({ hostname: 'jane-laptop', temporary: '/tmp/of-jane' });

  test('is not in a picture', () => {
    const said = mask('jane-laptop_0a, /tmp/of-jane/watcher-demo-aB3_x9/kubeconfig');
    assert.equal(said, 'workstation_0a, /tmp/demo/kubeconfig');
  });

  test('is replaced in the same way each time', () => {
    const ports = mask('http://127.0.0.1:45001 https://127.0.0.1:45002/x http://127.0.0.1:45001 127.0.0.1:0');
    assert.equal(ports, 'http://127.0.0.1:8080 https://127.0.0.1:9080/x http://127.0.0.1:8080 127.0.0.1:0');
    assert.equal(mask('127.0.0.1:45002'), '127.0.0.1:9080');
  });

  test('is all that is taken out: two runs that tell the same are the same but for the moment', () => {
    const first = 'ready    17 ms  0b427b784017 2026-11-21T20:13:36Z  9 of 9';
    const second = 'ready  1.25 s  d9614a6c3146 2026-11-22T01:00:00Z  9 of 9';
    assert.equal(withoutMoment(first), withoutMoment(second));
    assert.notEqual(withoutMoment(first), withoutMoment(first.replace('ready', 'failed')));
  });
});

describe('words in a PNG', () => {
  test('are read as they were written, and the picture stays one', () => {
    const described = withWords(PIXEL, 'Description', 'größer\nkleiner');
    assert.equal(wordsOf(described, 'Description'), 'größer\nkleiner');
    assert.deepEqual(sizeOf(described), { width: 1, height: 1 });
    assert.ok(described.subarray(-12).equals(PIXEL.subarray(-12)));
  });

  test('are not found where there are none', () => {
    assert.equal(wordsOf(PIXEL, 'Description'), undefined);
  });
});
