import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WireTrace } from '../../chaos/wire-trace.ts';

const [one, two] = ['0123456789abcdef'.repeat(2), 'fedcba9876543210'.repeat(2)];
const opened = '7 openat(AT_FDCWD, "/data/outbox.db-wal", O_RDWR|O_CREAT, 0600) = 12';
const written = (id: string): string =>
  `8 pwrite64(12, "\\0\\1${id}3c9d {\\"event_id\\":\\"${id}\\"}", 4096, 0) = 4096`;
const synced = '8 fdatasync(12) = 0';
const sent = (id: string): string =>
  `7 writev(21, [{iov_base="POST", iov_len=4}, "[{\\"event_id\\":\\"${id}\\"}]"], 2) = 99`;

function read(...lines: readonly string[]) {
  const trace = new WireTrace(new Set([one, two]));
  for (const line of [opened, ...lines]) trace.read(line);
  return trace.findings();
}

describe('the trace of an agent', () => {
  test('shows nothing wrong where each event is written, synced and then sent', () => {
    const { sent: seen, tooEarly, syncs } = read(written(one), written(two), synced, sent(one), sent(two));
    assert.deepEqual([...seen], [one, two]);
    assert.equal(tooEarly.size, 0);
    assert.equal(syncs, 1);
  });

  for (const [what, lines] of [
    ['written and not synced', [written(one), sent(one)]],
    ['never written', [synced, sent(one)]],
    ['written after the last sync', [synced, written(one), sent(one), synced]],
    ['synced in another file', [written(one), '8 fdatasync(13) = 0', sent(one)]],
    [
      'written while a sync was under way',
      ['9 fdatasync(12 <unfinished ...>', written(one), '9 <... fdatasync resumed>) = 0', sent(one)],
    ],
    ['in a sync that has not returned', [written(one), '9 fdatasync(12 <unfinished ...>', sent(one)]],
  ] as const) {
    test(`shows an event that was sent while it was ${what}`, () => {
      assert.deepEqual([...read(...lines).tooEarly], [one]);
    });
  }

  test('takes what the log says of an event on standard output for no sending', () => {
    assert.equal(read(`7 write(1, "{\\"event_id\\":\\"${one}\\"}", 40) = 40`).sent.size, 0);
  });
});
