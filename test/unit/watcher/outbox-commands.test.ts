/** `watcher outbox ...` on a data directory that no agent uses: what it shows, what it changes, what it refuses and leaves alone. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { outbox } from '../../../cmd/watcher/commands/outbox.ts';
import { outboxExport } from '../../../cmd/watcher/commands/outbox-export.ts';
import { outboxList } from '../../../cmd/watcher/commands/outbox-list.ts';
import { outboxQuarantine } from '../../../cmd/watcher/commands/outbox-quarantine.ts';
import { outboxRequeue } from '../../../cmd/watcher/commands/outbox-requeue.ts';
import { outboxStatusCommand } from '../../../cmd/watcher/commands/outbox-status.ts';
import { Coalescer } from '../../../internal/pipeline/coalesce.ts';
import { writesOf } from '../../../internal/pipeline/digest.ts';
import type { OutboxEvent } from '../../../internal/pipeline/outbox.ts';
import { migrations } from '../../../internal/pipeline/outbox-sqlite-schema.ts';
import { openDurable, outboxChild, temporaryDirectory } from '../../support/outbox-directory.ts';
import { drainAll, freezeSome, outboxEvent, payloadOf } from '../../support/outbox-event.ts';
import { runCommand } from '../../support/run-command.ts';

const isRoot = process.getuid?.() === 0;
const all = { outboxStatusCommand, outboxList, outboxQuarantine, outboxExport };

const event = (id: string, namespace = 'shop', reason = 'OOMKilled'): OutboxEvent => {
  const bytes = new TextEncoder().encode(JSON.stringify({ event_id: id, reason, message: 'ä\n"' }));
  return { ...outboxEvent(id), namespace, bytes };
};

/** Three wait, two are quarantined. */
async function directory(t: TestContext): Promise<string> {
  const dir = await temporaryDirectory(t);
  const { outbox } = await openDurable(t, dir);
  for (const [id, reason] of [
    ['q1', 'plane-refuses'],
    ['q2', 'too-large'],
  ] as const) {
    await outbox.append([event(id)], []);
    await outbox.quarantine((await freezeSome(outbox)).batchId, reason);
  }
  await outbox.append([event('w1'), event('w2', 'bank'), event('w3', 'shop', 'Evicted')], []);
  await outbox.close();
  return dir;
}

const idsOf = (table: string): string[] => [...table.matchAll(/\b[wq]\d+$/gm)].map(([id]) => id);

describe('on an outbox nobody uses', () => {
  test('status tells what waits, what is quarantined by reason, and how full it is', async (t) => {
    const dir = await directory(t);
    const { out, code } = await runCommand(outboxStatusCommand, [`--data-dir=${dir}`, '-o', 'json']);
    const status = JSON.parse(out) as Record<string, Record<string, unknown>>;
    assert.equal(code, 0);
    assert.equal(status['agent'], null);
    assert.equal(status['waiting']?.['events'], 3);
    assert.equal(status['waiting']['batches_in_flight'], 0);
    assert.deepEqual(status['quarantined'], { events: 2, by_reason: { 'plane-refuses': 1, 'too-large': 1 } });
    assert.ok(Number(status['quota']?.['used_bytes']) > 0);
    assert.equal(status['file']?.['path'], join(dir, 'outbox.db'));
    assert.deepEqual(status['coalesced'], { fingerprints: 0, failures: 0 });
    const table = await runCommand(outboxStatusCommand, [`--data-dir=${dir}`]);
    assert.match(table.out, /^agent +none runs$/m);
    assert.match(table.out, /^quarantined +2 events, plane-refuses 1, too-large 1$/m);
  });

  test('list shows what waits, oldest first, narrowed and page by page', async (t) => {
    const dir = await directory(t);
    const list = async (...args: string[]) => runCommand(outboxList, [`--data-dir=${dir}`, ...args]);
    assert.deepEqual(idsOf((await list()).out), ['w1', 'w2', 'w3']);
    assert.deepEqual(idsOf((await list('--namespace=shop')).out), ['w1', 'w3']);
    assert.deepEqual(idsOf((await list('--reason=Evicted')).out), ['w3']);
    assert.deepEqual(idsOf((await list('--id', 'w2,w3')).out), ['w2', 'w3']);
    const first = await list('--limit=2');
    assert.deepEqual(idsOf(first.out), ['w1', 'w2']);
    const [, after = ''] = /--after (\d+)/.exec(first.err) ?? [];
    assert.deepEqual(idsOf((await list(`--after=${after}`)).out), ['w3']);
    assert.equal((await list('--namespace=none')).err, 'nothing waits\n');
  });

  test('list and quarantine give programs the whole event', async (t) => {
    const dir = await directory(t);
    const { out } = await runCommand(outboxQuarantine, [`--data-dir=${dir}`, '-o', 'json', 'q2']);
    const { events, has_more } = JSON.parse(out) as { events: Record<string, unknown>[]; has_more: boolean };
    assert.equal(has_more, false);
    assert.equal(events.length, 1);
    assert.equal(events[0]?.['quarantine_reason'], 'too-large');
    assert.deepEqual(events[0]['event'], { event_id: 'q2', reason: 'OOMKilled', message: 'ä\n"' });
  });

  test('quarantine shows what was set aside, by the reason it was set aside for', async (t) => {
    const dir = await directory(t);
    assert.deepEqual(idsOf((await runCommand(outboxQuarantine, [`--data-dir=${dir}`])).out), ['q1', 'q2']);
    const one = await runCommand(outboxQuarantine, [`--data-dir=${dir}`, '--reason=too-large']);
    assert.deepEqual(idsOf(one.out), ['q2']);
  });

  test('requeue puts back what is named, under its own id, and says which it did not find', async (t) => {
    const dir = await directory(t);
    const { code, out, err } = await runCommand(outboxRequeue, [`--data-dir=${dir}`, 'q2', 'nobody']);
    assert.equal(code, 1);
    assert.match(out, /^1 events are back in the queue/);
    assert.match(err, /OUTBOX_EVENT_UNKNOWN: nobody/);
    const { outbox } = await openDurable(t, dir);
    assert.deepEqual(await drainAll(outbox), ['w1', 'w2', 'w3', 'q2']);
    assert.equal(outbox.stats().quarantined, 1);
  });

  test('requeue --all and --reason take those and no others; with neither it asks which', async (t) => {
    const dir = await directory(t);
    assert.equal((await runCommand(outboxRequeue, [`--data-dir=${dir}`])).code, 2);
    assert.equal((await runCommand(outboxRequeue, [`--data-dir=${dir}`, '--all', 'q1'])).code, 2);
    const some = await runCommand(outboxRequeue, [`--data-dir=${dir}`, '--reason=plane-refuses', '-o', 'json']);
    assert.deepEqual(JSON.parse(some.out), { requeued: 1, unknown: [] });
    const rest = await runCommand(outboxRequeue, [`--data-dir=${dir}`, '--all', '-o', 'json']);
    assert.deepEqual(JSON.parse(rest.out), { requeued: 1, unknown: [] });
  });

  test('export writes each event byte for byte as a line of a new file that only its owner reads', async (t) => {
    const dir = await directory(t);
    const file = join(dir, 'backlog.ndjson');
    const args = [`--data-dir=${dir}`, `--file=${file}`];
    assert.equal((await runCommand(outboxExport, args)).code, 0);
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    const expected = ['w1', 'w2', 'w3', 'q1', 'q2'].map((id) => {
      const namespace = id === 'w2' ? 'bank' : 'shop';
      return new TextDecoder().decode(event(id, namespace, id === 'w3' ? 'Evicted' : 'OOMKilled').bytes);
    });
    assert.deepEqual(lines, expected);
    assert.equal((await runCommand(outboxExport, args)).error, 'OUTBOX_EXPORT_FAILED', 'never over another file');
    const only = [`--data-dir=${dir}`, `--file=${file}2`, '--only=quarantined'];
    assert.equal((await runCommand(outboxExport, only)).code, 0);
    assert.deepEqual((await readFile(`${file}2`, 'utf8')).trimEnd().split('\n'), expected.slice(3));
  });

  test('export leaves no half a file where it is interrupted', async (t) => {
    const dir = await directory(t);
    const file = join(dir, 'backlog.ndjson');
    const interrupted = AbortSignal.abort(new Error('SIGINT'));
    await assert.rejects(runCommand(outboxExport, [`--data-dir=${dir}`, `--file=${file}`], {}, interrupted), /SIGINT/);
    assert.deepEqual(
      (await readdir(dir)).filter((name) => name.startsWith('backlog')),
      [],
    );
  });

  test('looking changes nothing that is stored', async (t) => {
    const dir = await directory(t);
    for (const command of Object.values(all)) await runCommand(command, [`--data-dir=${dir}`, '-o', 'json']);
    const { outbox, notices } = await openDurable(t, dir);
    assert.deepEqual(notices, []);
    assert.deepEqual(await drainAll(outbox), ['w1', 'w2', 'w3']);
    assert.equal(outbox.stats().quarantined, 2);
  });

  test('thousands are walked through page by page', async (t) => {
    const dir = await temporaryDirectory(t);
    const { outbox } = await openDurable(t, dir);
    await outbox.append(
      Array.from({ length: 1234 }, (_, at) => outboxEvent(`w${at}`, `p${at}`)),
      [],
    );
    await outbox.close();
    const { out } = await runCommand(outboxList, [`--data-dir=${dir}`, '--limit=0', '-o', 'json']);
    const { events } = JSON.parse(out) as { events: { event: unknown }[] };
    assert.equal(events.length, 1234);
    assert.deepEqual(events.at(-1)?.event, JSON.parse(new TextDecoder().decode(payloadOf('w1233'))));
  });
});

test('what is gathered of a storm is counted by status, and exported as the events it was to be', async (t) => {
  const dir = await temporaryDirectory(t);
  const { outbox } = await openDurable(t, dir);
  await outbox.append([outboxEvent('w1')], writesOf([outboxEvent('g1'), outboxEvent('g2')]));
  await outbox.close();
  const { out } = await runCommand(outboxStatusCommand, [`--data-dir=${dir}`]);
  assert.match(out, /^gathered +2 failures of storms/m);
  const file = join(dir, 'gathered');
  await runCommand(outboxExport, [`--data-dir=${dir}`, `--file=${file}`, '--only=gathered']);
  const lines = ['g1', 'g2'].map((id) => new TextDecoder().decode(payloadOf(id)));
  assert.deepEqual((await readFile(file, 'utf8')).trimEnd().split('\n').toSorted(), lines);
});

describe('what was coalesced while the outbox was full', () => {
  /** Three failures of one fingerprint and one of another. */
  async function coalesced(t: TestContext): Promise<string> {
    const dir = await temporaryDirectory(t);
    const { outbox } = await openDurable(t, dir);
    const coalescer = new Coalescer(10_000);
    for (const id of ['c1', 'c2', 'c3']) coalescer.offer(outboxEvent(id), id, undefined);
    coalescer.offer({ ...outboxEvent('alone'), fingerprint: 'another' }, 'alone', undefined);
    await outbox.append([outboxEvent('w1')], coalescer.takeWrites());
    await outbox.close();
    return dir;
  }

  test('is counted by status', async (t) => {
    const { out } = await runCommand(outboxStatusCommand, [`--data-dir=${await coalesced(t)}`]);
    assert.match(out, /^coalesced +4 failures of 2 fingerprints/m);
  });

  test('is exported as the events it becomes, with what was counted on each', async (t) => {
    const dir = await coalesced(t);
    const exported = async (file: string, ...args: string[]) => {
      const { err } = await runCommand(outboxExport, [`--data-dir=${dir}`, `--file=${join(dir, file)}`, ...args]);
      return { err, lines: (await readFile(join(dir, file), 'utf8')).trimEnd().split('\n') };
    };
    const { lines, err } = await exported('all');
    const alone = new TextDecoder().decode(payloadOf('alone'));
    assert.deepEqual(lines.slice(0, 2), [new TextDecoder().decode(payloadOf('w1')), alone]);
    const counts = { count: 2, first_at: '2023-11-14T22:13:20.001Z', last_at: '2023-11-14T22:13:20.003Z' };
    assert.deepEqual(JSON.parse(lines[2] ?? ''), { event_id: 'c1', message: '', coalesced: counts });
    assert.match(err, /^1 waiting, 2 coalesced, 0 gathered, 0 quarantined events exported/);
    assert.deepEqual((await exported('some', '--only=coalesced', '--id=alone')).lines, [alone]);
  });
});

for (const [args, said] of [
  [[], 'outbox: needs a command; give one of status'],
  [['stauts'], "outbox stauts: is no command; did you mean 'outbox status'"],
  [['--all'], 'outbox: needs a command'],
] as const) {
  test(`outbox ${args.join(' ')} says which commands there are`, async () => {
    const { code, error, message = '' } = await runCommand(outbox, args);
    assert.deepEqual([code, error], [2, 'CONFIG_INVALID']);
    assert.ok(message.includes(said), message);
  });
}

test('a user who may not read the directory is told so', { skip: isRoot ? false : 'needs root' }, async (t) => {
  const dir = await directory(t);
  const asNobody = (): string => {
    const args = ['cmd/watcher/main.ts', 'outbox', 'status', `--data-dir=${dir}`];
    return spawnSync(process.execPath, args, { uid: 65534, gid: 65534, encoding: 'utf8' }).stderr;
  };
  assert.match(asNobody(), /OUTBOX_UNUSABLE|CONTROL_UNREACHABLE/);
  await chmod(dir, 0o755);
  assert.match(asNobody(), /OUTBOX_UNUSABLE/, 'the file is for its owner alone');
});

describe('refused, and left as it was:', () => {
  const cases: readonly [name: string, code: string, prepare: (dir: string, t: TestContext) => Promise<void>][] = [
    ['a directory without an outbox', 'OUTBOX_MISSING', () => Promise.resolve()],
    ['a file that is no outbox', 'OUTBOX_DAMAGED', (dir) => writeFile(join(dir, 'outbox.db'), 'x'.repeat(9000))],
    [
      'a damaged outbox',
      'OUTBOX_DAMAGED',
      async (dir, t) => {
        const { outbox } = await openDurable(t, dir);
        await outbox.append(
          Array.from({ length: 100 }, (_, at) => outboxEvent(`e${at}`, `p${at}`, 500)),
          [],
        );
        await outbox.close();
        const content = await readFile(join(dir, 'outbox.db'));
        await writeFile(join(dir, 'outbox.db'), content.fill(0x5a, 4096, 8192));
      },
    ],
    [
      'an outbox of a newer release',
      'OUTBOX_SCHEMA_NEWER',
      async (dir, t) => {
        const newer = [...migrations, 'CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT;'];
        await (await openDurable(t, dir, { migrations: newer })).outbox.close();
      },
    ],
    [
      'an outbox that a process holds without a control socket',
      'CONTROL_UNREACHABLE',
      async (dir, t) => {
        assert.match((await outboxChild(t, [dir, 'hold']).line()) ?? '', /^open/);
      },
    ],
  ];
  for (const [name, code, prepare] of cases) {
    test(`${name} (${code})`, async (t) => {
      const dir = await temporaryDirectory(t);
      await prepare(dir, t);
      const before = await contentOf(dir);
      for (const command of [...Object.values(all), outboxRequeue]) {
        const args = command === outboxRequeue ? ['--all'] : [];
        assert.equal((await runCommand(command, [`--data-dir=${dir}`, ...args])).error, code);
      }
      assert.deepEqual(await contentOf(dir), before);
    });
  }

  test('no directory named at all (OUTBOX_MISSING)', async () => {
    const { error } = await runCommand(outboxStatusCommand, [], { HOME: '/nonexistent' });
    assert.equal(error, 'OUTBOX_MISSING');
  });

  for (const args of [['--limit=-1'], ['--limit=many'], ['--after=1.5'], ['stray'], ['-o', 'xml']]) {
    test(`list ${args.join(' ')} is wrong usage`, async (t) => {
      const dir = await directory(t);
      assert.equal((await runCommand(outboxList, [`--data-dir=${dir}`, ...args])).code, 2);
    });
  }
});

/** What SQLite may write while it looks (log, lock) left out. */
async function contentOf(dir: string): Promise<string[]> {
  const names = (await readdir(dir)).filter((name) => !name.endsWith('-wal') && !name.endsWith('-shm')).sort();
  const hashes = names.map(async (name) => `${name} ${sha256(await readFile(join(dir, name)))}`);
  return Promise.all(hashes);
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
