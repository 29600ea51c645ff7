/** The control socket: who may use it, what it refuses, what of an error reaches the command, and what a killed agent leaves. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { link, mkdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, createServer as createNetServer } from 'node:net';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { CodedError } from '../../../internal/platform/errors.ts';
import { connectControl } from '../../../internal/server/control-client.ts';
import { CONTROL_PAGE_EVENTS, serveControl, type ControlSource } from '../../../internal/server/control.ts';
import { temporaryDirectory } from '../../support/outbox-directory.ts';

const source: ControlSource = {
  status: () => Promise.resolve({ fine: true }),
  waiting: (page) => Promise.resolve(page),
  quarantine: () => Promise.reject(new CodedError('OUTBOX_BROKEN', 'the disk')),
  coalesced: () => Promise.resolve({ events: [] }),
  gathered: () => Promise.resolve({ events: [] }),
  requeue: (eventIds) => Promise.resolve({ requeued: eventIds.length }),
};

async function served(
  t: TestContext,
  over: Partial<ControlSource> = {},
): Promise<{ dir: string; client: ControlSource }> {
  const dir = await temporaryDirectory(t);
  const server = await serveControl({ ...source, ...over }, dir);
  t.after(() => server.close());
  const client = await connectControl(dir);
  assert.ok(client !== undefined);
  return { dir, client };
}

/** A socket file that nobody listens on, as kill -9 leaves it. */
async function staleSocket(t: TestContext): Promise<string> {
  const dir = await temporaryDirectory(t);
  const server = createNetServer();
  server.listen(join(dir, 'first.sock'));
  await once(server, 'listening');
  await link(join(dir, 'first.sock'), join(dir, 'control.sock'));
  server.close();
  await once(server, 'close');
  return dir;
}

describe('the control socket', () => {
  test('is for its owner alone, whatever the mask of new files says, and gone when the server is', async (t) => {
    const before = process.umask(0);
    t.after(() => process.umask(before));
    const dir = await temporaryDirectory(t);
    const server = await serveControl(source, dir);
    assert.equal((await stat(join(dir, 'control.sock'))).mode & 0o777, 0o600);
    await server.close();
    await assert.rejects(stat(join(dir, 'control.sock')), { code: 'ENOENT' });
    assert.equal(await connectControl(dir), undefined);
  });

  test('passes on what is asked, and the answer', async (t) => {
    const { client } = await served(t);
    const page = { after: 7, limit: 3, bodies: true };
    assert.deepEqual(await client.waiting(page), page);
    assert.deepEqual(await client.requeue(['a', 'b']), { requeued: 2 });
  });

  test('passes on an error with its code', async (t) => {
    const { client } = await served(t);
    await assert.rejects(client.quarantine({ after: 0, limit: 1, bodies: false }), { code: 'OUTBOX_BROKEN' });
  });

  test('refuses pages and lists beyond its bounds', async (t) => {
    const { client } = await served(t);
    const wrong = [
      () => client.waiting({ after: 0, limit: CONTROL_PAGE_EVENTS + 1, bodies: false }),
      () => client.waiting({ after: -1, limit: 1, bodies: false }),
      () => client.waiting({ after: 0.5, limit: 1, bodies: false }),
      () => client.requeue([]),
      () => client.requeue(Array<string>(1000).fill('x')),
      () => client.requeue(['x'.repeat(1000)]),
      () => client.requeue(['x'.repeat(1_000_000)]),
    ];
    for (const ask of wrong) await assert.rejects(ask, { code: 'INTERNAL' });
    assert.deepEqual(await client.status(), { fine: true }, 'and goes on');
  });

  test('answers one question after the other, also behind one that fails', async (t) => {
    let running = 0;
    let most = 0;
    const { client } = await served(t, {
      waiting: async ({ after }) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        if (after === 1) throw new Error('no');
        return { after };
      },
    });
    const asked = [0, 1, 2, 3].map((after) => client.waiting({ after, limit: 1, bodies: false }));
    const results = await Promise.allSettled(asked);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    );
    assert.equal(most, 1);
  });

  test('left by a killed agent is nobody there, and is replaced by the next', async (t) => {
    const dir = await staleSocket(t);
    assert.equal(await connectControl(dir), undefined);
    const server = await serveControl(source, dir);
    t.after(() => server.close());
    assert.deepEqual(await (await connectControl(dir))?.status(), { fine: true });
  });

  test('closes although a client keeps its connection open', async (t) => {
    const dir = await temporaryDirectory(t);
    const server = await serveControl(source, dir);
    const socket = connect(join(dir, 'control.sock'));
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    await server.close();
    await closed;
  });

  for (const [name, make] of [
    ['whose path is too long', (dir: string) => join(dir, 'x'.repeat(120))],
    ['in a directory that is a file', (dir: string) => join(dir, 'file')],
  ] as const) {
    test(`${name} is refused with a code`, async (t) => {
      const dir = await temporaryDirectory(t);
      await writeFile(join(dir, 'file'), '');
      const at = make(dir);
      if (at.length > 100) await mkdir(at);
      await assert.rejects(serveControl(source, at), { code: 'CONTROL_UNAVAILABLE' });
    });
  }

  for (const [name, answer] of [
    ['something else than an agent', '<html>'],
    ['a list', '"text"'],
  ] as const) {
    test(`behind which ${name} answers is refused with a code`, async (t) => {
      const dir = await temporaryDirectory(t);
      const server = createServer((_request, response) => response.end(answer)).listen(join(dir, 'control.sock'));
      t.after(() => server.close());
      await once(server, 'listening');
      await assert.rejects(connectControl(dir), { code: 'CONTROL_UNREACHABLE' });
    });
  }
});
