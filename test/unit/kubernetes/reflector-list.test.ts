/** Lists of the reflector, in pages and as a stream, in fair weather and in foul (R-12, and the first rows of R-16). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { page, rig, thing, watching } from '../../support/reflector-rig.ts';

describe('a list in pages', () => {
  test('is told page by page, and what it does not mention goes only when it is whole', async () => {
    const { reflector, transport, clock, sink, observer } = rig();
    reflector.start();
    const first = await transport.next();
    assert.equal(first.query('limit'), '500');
    assert.equal(first.query('resourceVersion'), undefined);
    first.reply(page('10', [thing('a', '1'), thing('b', '2')], 'c1'));
    const second = await transport.next();
    assert.equal(second.query('continue'), 'c1');
    assert.deepEqual(sink.take(), ['listing initial', 'upsert a@1 initial', 'upsert b@2 initial']);
    second.reply(page('10', [thing('c', '3')]));
    const watch = await transport.next();
    assert.deepEqual(sink.take(), ['upsert c@3 initial', 'synced@10 initial']);
    assert.equal(await reflector.synced, true);
    assert.equal(watch.query('resourceVersion'), '10');
    await reflector.stop();
    assert.equal(clock.pendingTimers, 0);
    assert.deepEqual(observer.said, ['list start', 'listed 3 in 2']);
  });

  test('begins anew, under another `listing`, when a page has expired', async () => {
    const { reflector, transport, sink } = rig();
    reflector.start();
    (await transport.next()).reply(page('10', [thing('a', '1'), thing('b', '2')], 'c1'));
    (await transport.next()).refuse(410);
    const again = await transport.next();
    assert.equal(again.query('continue'), undefined);
    again.reply(page('20', [thing('b', '2')]));
    await transport.next();
    assert.deepEqual(sink.take().slice(-3), ['listing initial', 'upsert b@2 initial', 'synced@20 initial']);
    assert.deepEqual([...sink.kept], [['b', '2']]);
    await reflector.stop();
  });

  for (const [what, status, headers, waitMs] of [
    ['500', 500, {}, 800],
    ['429 with Retry-After 7', 429, { 'retry-after': '7' }, 7000],
    ['503', 503, {}, 800],
  ] as const) {
    test(`asks for the same page again after ${what}, not before ${waitMs} ms, with the store as it was`, async () => {
      const { reflector, transport, clock, sink } = rig();
      reflector.start();
      (await transport.next()).reply(page('10', [thing('a', '1')], 'c1'));
      (await transport.next()).refuse(status, headers);
      await clock.advance(waitMs - 1);
      assert.equal(transport.untaken, 0);
      assert.equal(reflector.state.kind, 'BackingOff');
      assert.deepEqual([...sink.kept.keys()], ['a']);
      await clock.advance(1);
      const again = await transport.next();
      assert.equal(again.query('continue'), 'c1');
      again.reply(page('10', []));
      await transport.next();
      assert.equal(sink.take().at(-1), 'synced@10 initial');
      await reflector.stop();
    });
  }

  test('survives a first list that is not answered at all, again and again', async () => {
    const { reflector, transport, clock, sink } = rig();
    reflector.start();
    for (let attempt = 0; attempt < 5; attempt++) {
      (await transport.next()).reset();
      await clock.advance(10_000);
    }
    (await transport.next()).reply(page('10', [thing('a', '1')]));
    await transport.next();
    assert.equal(sink.take().at(-1), 'synced@10 initial');
    await reflector.stop();
  });

  test('cuts a page that stops half-way and asks for it again', async () => {
    const { reflector, transport, clock, observer } = rig();
    reflector.start();
    const hung = (await transport.next()).open().push('{"metadata":');
    await clock.advance(29_999);
    assert.equal(hung.isCut, false);
    await clock.advance(1);
    assert.equal(hung.isCut, true);
    await clock.advance(800);
    (await transport.next()).reply(page('10', []));
    await transport.next();
    assert.ok(observer.said.includes('WATCH_IDLE'));
    await reflector.stop();
  });

  for (const [what, body, code] of [
    ['is cut off', '{"metadata":{"resourceVersion":"1"},"items":[', 'API_ANSWER_INVALID'],
    ['has no resourceVersion', '{"items":[]}', 'API_ANSWER_INVALID'],
    ['has items that are no list', '{"metadata":{"resourceVersion":"1"},"items":{}}', 'API_ANSWER_INVALID'],
    ['holds an object without a uid', page('10', [{ metadata: { name: 'x' } }]), 'WATCH_OBJECT_INVALID'],
    ['is not UTF-8', '\xff', 'API_ANSWER_INVALID'],
  ] as const) {
    test(`whose page ${what} is no list: coded, counted, asked for again`, async () => {
      const { reflector, transport, clock, observer, sink } = rig();
      reflector.start();
      const call = await transport.next();
      if (body === '\xff')
        call
          .open()
          .push(Buffer.from([0x22, 0xff, 0x22]))
          .end();
      else call.reply(body);
      await clock.advance(800);
      assert.ok(observer.said.includes(code), observer.said.join());
      assert.ok(!sink.take().some((words) => words.startsWith('synced')));
      (await transport.next()).reply(page('10', []));
      await transport.next();
      await reflector.stop();
    });
  }

  test('that a login page answers is an invalid answer, which says nothing of the wire format', async () => {
    const { reflector, transport, clock, observer, log } = rig();
    reflector.start();
    (await transport.next()).reply('<html>', 200, { 'content-type': 'text/html' });
    await clock.advance(0);
    assert.ok(observer.said.includes('API_ANSWER_INVALID'));
    assert.ok(log.some(({ failure }) => failure === 'unavailable'));
    await reflector.stop();
  });

  test('asks for smaller pages when one is larger than is read', async () => {
    const { reflector, transport, log } = rig({ pageBytes: 100 });
    reflector.start();
    (await transport.next()).reply(page('10', [thing('a'.repeat(100), '1')]));
    const smaller = await transport.next();
    assert.equal(smaller.query('limit'), '250');
    assert.ok(log.some((line) => String(line['msg']).includes('smaller ones') && line['pageItems'] === 250));
    await reflector.stop();
  });
});

describe('a streamed list', () => {
  test('of a busy server that does not know how, and goes on with changes and plain bookmarks, ends in pages', async () => {
    const { reflector, transport, clock, observer } = rig({ streamingList: 'try' });
    reflector.start();
    const stream = (await transport.next()).open();
    for (let version = 1; version <= 10; version++) {
      if (version === 4) stream.bookmark('40');
      stream.event('MODIFIED', thing('a', String(version)));
      await clock.advance(20_000);
    }
    assert.deepEqual(observer.said, ['list start', 'watch', 'LIST_UNANNOUNCED', 'list start']);
    assert.equal((await transport.next()).query('limit'), '500');
    await reflector.stop();
  });

  test('goes over into its watch at the bookmark that ends it', async () => {
    const { reflector, transport, clock, sink, observer } = rig({ streamingList: 'try' });
    reflector.start();
    const stream = (await transport.next()).open();
    assert.equal(stream.query('sendInitialEvents'), 'true');
    assert.equal(stream.query('resourceVersionMatch'), 'NotOlderThan');
    assert.equal(stream.query('resourceVersion'), undefined);
    stream.event('ADDED', thing('a', '1')).event('ADDED', thing('b', '2')).bookmark('9');
    await clock.advance(0);
    assert.equal(reflector.state.kind, 'Listing');
    stream.bookmark('10', true).event('MODIFIED', thing('a', '11'));
    await clock.advance(0);
    assert.deepEqual(reflector.state, { kind: 'Watching', resourceVersion: '11' });
    assert.deepEqual(sink.take(), [
      ...['listing initial', 'upsert a@1 initial', 'upsert b@2 initial', 'synced@10 initial'],
      'upsert a@11 watch',
    ]);
    assert.deepEqual(observer.said, ['list start', 'watch', 'listed 2 in 0']);
    await clock.advance(60_000);
    assert.equal(reflector.state.kind, 'Watching', 'the wait for the announcement is over');
    await reflector.stop();
    assert.equal(clock.pendingTimers, 0);
  });

  test('that the server does not know is asked for in pages, at once and from then on', async () => {
    const { reflector, transport, log } = rig({ streamingList: 'try' });
    reflector.start();
    (await transport.next()).refuse(422, {}, 'sendInitialEvents is forbidden for watch');
    (await transport.next()).reply(page('10', []));
    (await transport.next()).refuse(410);
    assert.equal((await transport.next()).query('limit'), '500');
    assert.ok(log.some((line) => String(line['msg']).includes('listing in pages from now on')));
    await reflector.stop();
  });

  test('whose end is not announced, as on servers that ignore the question, is asked for in pages', async () => {
    const { reflector, transport, clock, sink } = rig({ streamingList: 'try' });
    reflector.start();
    const stream = (await transport.next()).open().event('ADDED', thing('a', '1'));
    await clock.advance(20_000);
    stream.event('ADDED', thing('b', '2'));
    await clock.advance(29_999);
    assert.equal(stream.isCut, false);
    await clock.advance(1);
    assert.equal(stream.isCut, true);
    (await transport.next()).reply(page('10', [thing('b', '2')]));
    await transport.next();
    assert.deepEqual([...sink.kept.keys()], ['b']);
    await reflector.stop();
  });

  test('that ends too early is asked for in pages', async () => {
    const { reflector, transport } = rig({ streamingList: 'try' });
    reflector.start();
    (await transport.next()).open().event('ADDED', thing('a', '1')).end();
    assert.equal((await transport.next()).query('limit'), '500');
    await reflector.stop();
  });

  test('that breaks off is begun anew as a stream', async () => {
    const { reflector, transport, clock, sink } = rig({ streamingList: 'try' });
    reflector.start();
    (await transport.next()).open().event('ADDED', thing('a', '1')).reset();
    await clock.advance(800);
    (await transport.next()).open().event('ADDED', thing('b', '2')).bookmark('10', true);
    await clock.advance(0);
    assert.deepEqual([...sink.kept.keys()], ['b']);
    await reflector.stop();
  });
});

describe('a relist', () => {
  test('on demand cuts the watch, lists anew and says why', async () => {
    const parts = rig();
    const watch = await watching(parts);
    parts.reflector.resync('the outbox was full');
    assert.equal(watch.isCut, true);
    (await parts.transport.next()).reply(page('20', [thing('b', '12')]));
    const next = await parts.transport.next();
    assert.equal(next.query('resourceVersion'), '20');
    assert.deepEqual(parts.sink.take(), ['listing relist', 'upsert b@12 relist', 'synced@20 relist']);
    assert.deepEqual(parts.observer.said, ['ended resync', 'list resync', 'listed 1 in 1']);
    assert.ok(parts.log.some((line) => line['reason'] === 'the outbox was full'));
    await parts.reflector.stop();
  });

  test('asked for by the sink itself, in the middle of anything, ends in a state as good as any', async () => {
    const parts = rig();
    const watch = await watching(parts);
    parts.sink.onCall = (words) => {
      if (words.startsWith('upsert b')) parts.reflector.resync('from the sink');
    };
    watch.event('ADDED', thing('b', '11')).event('ADDED', thing('c', '12'));
    (await parts.transport.next()).reply(page('20', [thing('c', '12')]));
    await parts.transport.next();
    assert.deepEqual([...parts.sink.kept.keys()], ['c']);
    assert.ok(!parts.sink.take().includes('upsert c@12 watch'), 'nothing of the cut watch after the cut');
    await parts.reflector.stop();
  });
});
