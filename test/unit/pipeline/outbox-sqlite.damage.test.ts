/**
 * A disk that gives back other bytes than it was given: never a wrong payload, a start in time, healthy rows delivered,
 * lost ones counted. A sample of all places here; every byte with OUTBOX_DAMAGE=every.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countedLosses, filledOutbox, whatRemainsOf, type Filled } from '../../support/damaged-outbox.ts';
import { flipped, PAGE, swapped, truncatedTo, zeroed, type Damage } from '../../support/faulty-disk.ts';

const isEvery = process.env['OUTBOX_DAMAGE'] === 'every';
/** Rows of one page at most, and those whose overflow pages it held. */
const ROWS_OF_A_PAGE = 12;

function* places(bytes: number, step: number): Generator<number> {
  for (let at = 0; at < bytes; at += isEvery ? 1 : step) yield at;
}

async function checkDb(filled: Filled, damage: Damage, mostLost: number, what: string): Promise<void> {
  try {
    const image = { ...filled.image, db: damage(filled.image.db) };
    const remains = await whatRemainsOf(image, filled.payloads);
    const lost = filled.pending.length - remains.delivered.length;
    assert.ok(lost <= mostLost, `${lost} lost`);
    assert.ok(countedLosses(remains.notices) >= lost, `${lost} lost, ${JSON.stringify(remains.notices)}`);
    assert.ok(remains.tookMs < 5000, `${remains.tookMs} ms to start`);
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

test('one byte other than written, anywhere in the file, costs the rows of one page at most', async () => {
  const filled = await filledOutbox(true);
  for (const at of places(filled.image.db.length, 401)) {
    for (const mask of isEvery ? [0x01, 0x80] : [0x01 << (at % 8)]) {
      await checkDb(filled, flipped(at, mask), ROWS_OF_A_PAGE, `byte ${at} ^ ${mask}`);
    }
  }
});

test('one byte of the header other than written costs nothing', async () => {
  const filled = await filledOutbox(true);
  for (let at = 0; at < 100; at++) await checkDb(filled, flipped(at, 0xff), 0, `header byte ${at}`);
});

test('a page of zeroes costs the rows that were on it', async () => {
  const filled = await filledOutbox(true);
  for (let page = 0; page < filled.image.db.length / PAGE; page++) {
    await checkDb(filled, zeroed(page), ROWS_OF_A_PAGE, `page ${page}`);
  }
});

test("two pages in each other's place cost nothing wrong and little", async () => {
  const filled = await filledOutbox(true);
  const pages = filled.image.db.length / PAGE;
  for (let page = 0; page < pages; page++) {
    const other = (page * 7 + 3) % pages;
    await checkDb(filled, swapped(page, other), 2 * ROWS_OF_A_PAGE, `pages ${page} and ${other}`);
  }
});

test('a file cut short anywhere gives what was before the cut', async () => {
  const filled = await filledOutbox(true);
  for (const at of places(filled.image.db.length, 1733)) {
    await checkDb(filled, truncatedTo(at), filled.pending.length, `cut at ${at}`);
  }
});

test('what is no outbox at all is set aside, kept, and a new one begun', async () => {
  const filled = await filledOutbox(true);
  const db = Buffer.from('not a database, but somebody may want it'.repeat(400));
  const remains = await whatRemainsOf({ ...filled.image, db }, filled.payloads);
  assert.equal(remains.delivered.length, 0);
  assert.ok(remains.notices.some((notice) => notice.kind === 'file-set-aside'));
  assert.equal(countedLosses(remains.notices), 82, 'by the mark: all that were ever appended');
  assert.equal(remains.files.filter((file) => file.includes('.corrupt-') && !file.endsWith('-wal')).length, 1);
});

test('a log cut short or with a wrong byte gives what was before it, and the loss is noticed', async () => {
  const filled = await filledOutbox(false);
  const { wal } = filled.image;
  for (const at of places(wal.length, 30_011)) {
    for (const damage of [truncatedTo(at), flipped(at)]) {
      const remains = await whatRemainsOf({ ...filled.image, wal: damage(wal) }, filled.payloads);
      const lost = filled.pending.filter((id) => !remains.delivered.includes(id)).length;
      assert.ok(countedLosses(remains.notices) >= lost, `at ${at}: ${lost} lost, ${JSON.stringify(remains.notices)}`);
    }
  }
});

test('without its mark, or with a wrong one, the outbox opens and everything is there', async () => {
  const filled = await filledOutbox(true);
  for (const mark of [
    Buffer.alloc(0),
    Buffer.from('1 5 00000000'),
    Buffer.from('\0\xff'),
    Buffer.alloc(100_000, 0x20),
  ]) {
    const remains = await whatRemainsOf({ ...filled.image, mark }, filled.payloads);
    assert.deepEqual([remains.delivered.length, remains.notices], [filled.pending.length, []]);
  }
});
