/** Watches of the reflector: what the stock informer gets wrong, R-11, R-13, R-14, R-15, R-21 and R-34. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { page, rig, thing, watching } from '../../support/reflector-rig.ts';
import type { ScriptedCall } from '../../support/scripted-transport.ts';

describe('a watch', () => {
  test('asks for bookmarks and for an end after 5 to 10 minutes', async () => {
    const parts = rig({}, { labelSelector: 'a=b', fieldSelector: 'spec.nodeName=n1' });
    const watch = await watching(parts);
    assert.equal(watch.query('allowWatchBookmarks'), 'true');
    assert.equal(watch.query('timeoutSeconds'), '300');
    assert.equal(watch.query('labelSelector'), 'a=b');
    assert.equal(watch.query('fieldSelector'), 'spec.nodeName=n1');
    await parts.reflector.stop();
  });

  test('tells what happens, in order, however the network cuts it', async () => {
    const parts = rig();
    const watch = await watching(parts);
    const text = [
      { type: 'ADDED', object: thing('ä€😀', '11') },
      { type: 'MODIFIED', object: thing('ä€😀', '12') },
      { type: 'DELETED', object: thing('ä€😀', '13') },
    ];
    for (const byte of Buffer.from(`${text.map((event) => JSON.stringify(event)).join('\n')}\n`)) {
      watch.push(Buffer.from([byte]));
    }
    await parts.clock.advance(0);
    assert.deepEqual(parts.sink.take(), ['upsert ä€😀@11 watch', 'upsert ä€😀@12 watch', 'remove ä€😀 watch']);
    assert.deepEqual(parts.reflector.state, { kind: 'Watching', resourceVersion: '13' });
    assert.equal(parts.observer.frames, 1 + text.length);
    await parts.reflector.stop();
  });

  test('that the server ends is begun again from the last resourceVersion, at once, without a list', async () => {
    const parts = rig();
    const watch = await watching(parts);
    watch.event('ADDED', thing('b', '11'));
    await parts.clock.advance(1000);
    watch.end();
    assert.equal((await parts.transport.next()).query('resourceVersion'), '11');
    assert.deepEqual(parts.observer.said, ['ended server-closed']);
    await parts.reflector.stop();
  });

  test('that is lost after 20 minutes of nothing but bookmarks goes on from the last one, without a list', async () => {
    const parts = rig();
    const watch = await watching(parts);
    for (let minute = 1; minute <= 20; minute++) {
      await parts.clock.advance(60_000);
      watch.bookmark(`9${minute}`);
    }
    await parts.clock.advance(0);
    watch.reset();
    await parts.clock.advance(800);
    assert.equal((await parts.transport.next()).query('resourceVersion'), '920');
    assert.ok(!parts.observer.said.some((words) => words.startsWith('list')));
    await parts.reflector.stop();
  });

  test('that brings no byte for 150 s is cut and goes on from where it was, without a list', async () => {
    const parts = rig();
    const watch = await watching(parts);
    await parts.clock.advance(100_000);
    watch.bookmark('11');
    await parts.clock.advance(149_999);
    assert.equal(watch.isCut, false);
    await parts.clock.advance(1);
    assert.equal(watch.isCut, true);
    assert.equal((await parts.transport.next()).query('resourceVersion'), '11');
    assert.deepEqual(parts.observer.said, ['ended idle', 'WATCH_IDLE']);
    await parts.reflector.stop();
  });

  test('proves that it is alive with all it brings, and is not confused by a clock that is set', async () => {
    const parts = rig();
    const watch = await watching(parts);
    await parts.clock.advance(5000);
    parts.clock.jumpWallClock(3_600_000);
    assert.equal(parts.reflector.lastActivityMs, 0);
    watch.bookmark('11');
    await parts.clock.advance(0);
    assert.equal(parts.reflector.lastActivityMs, 5000);
    parts.clock.jumpWallClock(-7_200_000);
    await parts.clock.advance(100_000);
    assert.equal(parts.reflector.state.kind, 'Watching');
    await parts.reflector.stop();
  });

  for (const [what, answer] of [
    ['is refused', (call: ScriptedCall) => call.refuse(500)],
    ['is answered by a login page', (call: ScriptedCall) => call.reply('<html>', 200, { 'content-type': 'text/html' })],
    ['brings nothing but an error', (call: ScriptedCall) => call.open().event('ERROR', { code: 500 }).end()],
    ['brings nothing', (call: ScriptedCall) => call.open()],
  ] as const) {
    test(`that ${what}, again and again, proves nothing`, async () => {
      const parts = rig();
      (await watching(parts)).reset();
      for (let again = 0; again < 3; again++) {
        await parts.clock.advance(31_000);
        answer(await parts.transport.next());
        await parts.clock.advance(150_000);
      }
      assert.equal(parts.reflector.lastActivityMs, 0);
      await parts.reflector.stop();
    });
  }

  for (const [where, expire] of [
    ['at its start', 'start'],
    ['in the stream', 'stream'],
  ] as const) {
    test(`that has expired ${where} is followed by a list at once, which removes what went unseen`, async () => {
      const parts = rig();
      const watch = await watching(parts);
      if (expire === 'start') {
        await parts.clock.advance(1000);
        watch.end();
        (await parts.transport.next()).refuse(410);
      } else watch.event('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' });
      (await parts.transport.next()).reply(page('30', [thing('a2', '25')]));
      await parts.transport.next();
      assert.deepEqual(parts.sink.take(), ['listing relist', 'upsert a2@25 relist', 'synced@30 relist']);
      assert.deepEqual([...parts.sink.kept.keys()], ['a2']);
      assert.ok(parts.observer.said.includes('list expired'));
      await parts.reflector.stop();
    });
  }

  test('that expires again and again is not answered with lists in a hot loop', async () => {
    const parts = rig();
    (await watching(parts)).event('ERROR', { code: 410 });
    (await parts.transport.next()).reply(page('30', []));
    (await parts.transport.next()).refuse(410);
    await parts.clock.advance(799);
    assert.equal(parts.transport.untaken, 0);
    await parts.clock.advance(1);
    assert.equal((await parts.transport.next()).query('limit'), '500');
    await parts.reflector.stop();
  });

  for (const [status, waitMs] of [
    [500, 800],
    [429, 800],
    [503, 800],
  ] as const) {
    test(`whose start is answered ${status} is begun again after a back-off, without a list`, async () => {
      const parts = rig();
      const watch = await watching(parts);
      await parts.clock.advance(1000);
      watch.end();
      (await parts.transport.next()).refuse(status);
      await parts.clock.advance(waitMs - 1);
      assert.equal(parts.transport.untaken, 0);
      await parts.clock.advance(1);
      assert.equal((await parts.transport.next()).query('resourceVersion'), '10');
      await parts.reflector.stop();
    });
  }

  test('waits as long as a 429 asks, five minutes at most', async () => {
    const parts = rig();
    const watch = await watching(parts);
    watch.event('ERROR', { code: 429, details: { retryAfterSeconds: 99_999_999 } });
    await parts.clock.advance(299_999);
    assert.equal(parts.transport.untaken, 0);
    await parts.clock.advance(1);
    assert.equal((await parts.transport.next()).query('resourceVersion'), '10');
    await parts.reflector.stop();
  });
});

describe('a watch that brings what it should not', () => {
  const limits = { frameBytes: 1000 };
  const garbage: readonly (readonly [string, string | Buffer, string])[] = [
    ['a line that is no JSON', 'garbage\n', 'WATCH_FRAME_INVALID'],
    ['a line that is not UTF-8', Buffer.from([0x22, 0xff, 0x22, 0x0a]), 'WATCH_FRAME_INVALID'],
    ['an event of unknown type', '{"type":"RENAMED","object":{}}\n', 'WATCH_FRAME_INVALID'],
    ['an event without a type', '{}\n', 'WATCH_FRAME_INVALID'],
    ['an event that is no object', 'null\n', 'WATCH_FRAME_INVALID'],
    ['an object without a uid', '{"type":"ADDED","object":{"metadata":{}}}\n', 'WATCH_OBJECT_INVALID'],
    ['no object at all', '{"type":"ADDED"}\n', 'WATCH_OBJECT_INVALID'],
    ['a bookmark without a resourceVersion', '{"type":"BOOKMARK","object":{}}\n', 'WATCH_FRAME_INVALID'],
    ['a line that is too long', 'x'.repeat(1001), 'WATCH_FRAME_TOO_LARGE'],
    ['a Status of 500', '{"type":"ERROR","object":{"code":500}}\n', 'API_FAILED'],
    ['a Status without a code', '{"type":"ERROR","object":{}}\n', 'API_FAILED'],
    ['an ERROR without an object', '{"type":"ERROR"}\n', 'API_FAILED'],
  ];
  for (const [what, bytes, code] of garbage) {
    test(`${what}: what came before is kept, the watch ends, is counted as ${code} and goes on from there`, async () => {
      const parts = rig(limits);
      const watch = await watching(parts);
      watch.event('ADDED', thing('b', '11')).push(bytes).event('ADDED', thing('c', '12'));
      await parts.clock.advance(800);
      assert.deepEqual(parts.sink.take(), ['upsert b@11 watch']);
      assert.deepEqual(parts.observer.said, ['ended failed', code]);
      const again = (await parts.transport.next()).open().event('ADDED', thing('c', '12'));
      assert.equal(again.query('resourceVersion'), '11');
      await parts.clock.advance(0);
      assert.deepEqual(parts.sink.take(), ['upsert c@12 watch']);
      await parts.reflector.stop();
    });
  }

  test('an event that breaks off as the server ends the stream is asked for again', async () => {
    const parts = rig();
    const watch = await watching(parts);
    watch.push('{"type":"ADDED","obj').end();
    await parts.clock.advance(800);
    assert.deepEqual(parts.observer.said, ['ended failed', 'WATCH_FRAME_INVALID']);
    assert.equal((await parts.transport.next()).query('resourceVersion'), '10');
    await parts.reflector.stop();
  });

  test('the same poison in every answer leads to a list in the end, and is never skipped', async () => {
    const parts = rig();
    let watch = await watching(parts);
    for (let attempt = 1; attempt <= 5; attempt++) {
      watch.push('garbage\n');
      await parts.clock.advance(30_000);
      watch = (await parts.transport.next()).open();
    }
    assert.equal(watch.query('limit'), '500');
    assert.equal(parts.observer.said.filter((words) => words === 'WATCH_FRAME_INVALID').length, 5);
    await parts.reflector.stop();
  });

  test('no log line repeats what the stream held', async () => {
    const parts = rig();
    const watch = await watching(parts);
    watch.push('{"password":"hunter2" \n');
    await parts.clock.advance(0);
    assert.ok(!JSON.stringify(parts.log).includes('hunter2'));
    await parts.reflector.stop();
  });
});

describe('rights and sinks', () => {
  test('missing rights are named by verb, resource and namespace, asked for slowly, and noticed when they come back', async () => {
    const parts = rig();
    parts.reflector.start();
    let asked = 0;
    for (let atMs = 0; atMs < 600_000; atMs += 1000) {
      while (parts.transport.untaken > 0) {
        (await parts.transport.next()).refuse(403, {}, 'things is forbidden');
        asked++;
      }
      await parts.clock.advance(1000);
    }
    assert.ok(asked >= 20 && asked <= 40, `${asked} requests in ten minutes`);
    const line = parts.log.find((entry) => entry['err'] !== undefined);
    assert.match(JSON.stringify(line), /API_FORBIDDEN.*list things in the cluster/);
    await parts.clock.advance(30_000);
    (await parts.transport.next()).reply(page('10', []));
    await parts.transport.next();
    assert.ok(parts.log.some((entry) => entry['msg'] === 'list or watch works again'));
    await parts.reflector.stop();
  });

  test('a sink that throws at one object is told of the next ones', async () => {
    const parts = rig();
    parts.sink.onCall = (words) => {
      if (words.includes('poison')) throw new Error('cannot digest');
    };
    parts.reflector.start();
    (await parts.transport.next()).reply(page('10', [thing('poison', '1'), thing('a', '2')]));
    const watch = (await parts.transport.next()).open();
    watch
      .event('MODIFIED', thing('poison', '11'))
      .event('DELETED', thing('poison', '12'))
      .event('ADDED', thing('b', '13'));
    await parts.clock.advance(0);
    assert.deepEqual([...parts.sink.kept.keys()], ['a', 'b']);
    assert.equal(parts.observer.said.filter((words) => words === 'WATCH_SINK_FAILED').length, 3);
    assert.ok(parts.log.some((entry) => JSON.stringify(entry).includes('object poison')));
    await parts.reflector.stop();
  });

  test('stopping leaves nothing behind, at whatever point, twice', async () => {
    for (const point of ['empty', 'asking', 'reading', 'backing off', 'watching'] as const) {
      const parts = rig();
      if (point !== 'empty') parts.reflector.start();
      if (point === 'reading') (await parts.transport.next()).open().push('{');
      if (point === 'backing off') (await parts.transport.next()).reset();
      if (point === 'watching') {
        (await parts.transport.next()).reply(page('10', []));
        (await parts.transport.next()).open();
      }
      await parts.clock.advance(0);
      await parts.reflector.stop();
      await parts.reflector.stop();
      parts.reflector.start();
      assert.equal(parts.reflector.state.kind, 'Stopped');
      assert.equal(parts.clock.pendingTimers, 0, point);
      assert.equal(await parts.reflector.synced, point === 'watching');
    }
  });
});
