import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { dialer } from '../../../internal/kubernetes/transport-dial.ts';
import { Http1Transport } from '../../../internal/kubernetes/transport-http1.ts';
import type { ApiStream, ApiTransport } from '../../../internal/kubernetes/transport.ts';
import { systemClock } from '../../../internal/platform/clock.ts';
import { startApiStub, type ApiStub, type Handler } from '../../support/api-stub.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const watch = { method: 'GET', path: '/watch' } as const;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function withStream(
  handler: Handler,
  run: (stream: ApiStream, stub: ApiStub, transport: ApiTransport) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  await using stub = await startApiStub(handler);
  const clock = systemClock();
  const target = { host: '127.0.0.1', port: stub.port, tls: undefined, proxy: undefined };
  const transport = new Http1Transport({ server: stub.url, clock, userAgent: 'test', dial: dialer(target, clock) });
  try {
    const options = { headersTimeoutMs: 5000, ...(signal === undefined ? {} : { signal }) };
    await run(await transport.stream(watch, options), stub, transport);
  } finally {
    await transport.close();
  }
}

/** Sends `first` and leaves the answer open. */
const open =
  (first: string): Handler =>
  (_request, response) =>
    void response.writeHead(200).write(first);

/** Resolves when `figure` has not moved for 100 ms. */
async function settled(figure: () => number): Promise<void> {
  for (let before = figure(), quiet = 0; quiet < 20; before = figure()) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    quiet = figure() === before ? quiet + 1 : 0;
  }
}

async function collect(stream: ApiStream): Promise<string> {
  let text = '';
  for await (const chunk of stream.chunks) text += chunk.toString();
  return text;
}

describe('streams', () => {
  test('chunks come as the server sends them, and its proper end is the end', () => {
    let served: ServerResponse | undefined;
    return withStream(
      (_request, response) => {
        served = response;
        response.writeHead(200, { 'x-kind': 'watch' }).write('one');
      },
      async (stream) => {
        assert.equal(stream.status, 200);
        assert.equal(stream.headers['x-kind'], 'watch');
        const seen: string[] = [];
        for await (const chunk of stream.chunks) {
          seen.push(chunk.toString());
          if (seen.length === 1) served?.write('two');
          else served?.end();
        }
        assert.deepEqual(seen, ['one', 'two']);
      },
    );
  });

  test('a connection reset in the middle is API_UNREACHABLE, after what had come', () =>
    withStream(open('half a fra'), async (stream, stub) => {
      const seen: string[] = [];
      const reading = (async () => {
        for await (const chunk of stream.chunks) {
          seen.push(chunk.toString());
          stub.reset();
        }
      })();
      await assert.rejects(reading, { code: 'API_UNREACHABLE' });
      assert.deepEqual(seen, ['half a fra']);
    }));

  test('a connection reset before anybody reads is told to the one who then reads', () =>
    withStream(open('x'), async (stream, stub) => {
      stub.reset();
      while (stub.sockets.size > 0) await turn();
      await turn();
      await assert.rejects(collect(stream), { code: 'API_UNREACHABLE' });
    }));

  test('destroy ends the reading with its reason, at once, also when nothing comes', () =>
    withStream(open('x'), async (stream, stub) => {
      const reason = new Error('idle for too long');
      const reading = assert.rejects(collect(stream), reason);
      await turn();
      stream.destroy(reason);
      stream.destroy(new Error('a second one changes nothing'));
      await reading;
      while (stub.sockets.size > 0) await turn();
    }));

  test('destroy before reading is remembered', () =>
    withStream(open('x'), async (stream) => {
      const reason = new Error('never mind');
      stream.destroy(reason);
      await assert.rejects(collect(stream), reason);
    }));

  test('a signal aborted while reading ends it with the reason of the signal', async () => {
    const controller = new AbortController();
    const reason = new Error('shutting down');
    await withStream(
      open('x'),
      async (stream) => {
        const reading = assert.rejects(collect(stream), reason);
        await turn();
        controller.abort(reason);
        await reading;
      },
      controller.signal,
    );
  });

  test('leaving the loop early closes the connection', () =>
    withStream(open('x'), async (stream, stub) => {
      for await (const _chunk of stream.chunks) break;
      while (stub.sockets.size > 0) await turn();
    }));

  test('what is not read is not taken: the server is held back while nobody iterates', async () => {
    let written = 0;
    const chunk = Buffer.alloc(64 * 1024, 'x');
    await withStream(
      (_request, response) => {
        const write = (): void => {
          while (written < 256 * 1024 * 1024) {
            written += chunk.length;
            if (!response.write(chunk)) {
              response.once('drain', write);
              return;
            }
          }
        };
        write();
      },
      async (stream) => {
        await settled(() => written);
        assert.ok(written < 32 * 1024 * 1024, `server got rid of ${written} bytes`);
        let read = 0;
        for await (const part of stream.chunks) {
          read += part.length;
          if (read > 64 * 1024 * 1024) break;
        }
        assert.ok(written > 64 * 1024 * 1024);
      },
    );
  });

  test('no headers in time is API_TIMEOUT; after them there is no time limit', async () => {
    const clock = new ManualClock();
    let answers = false;
    await using stub = await startApiStub((_request, response) => {
      if (answers) response.writeHead(200).write('x');
    });
    const target = { host: '127.0.0.1', port: stub.port, tls: undefined, proxy: undefined };
    const transport = new Http1Transport({ server: stub.url, clock, userAgent: 'test', dial: dialer(target, clock) });
    const late = assert.rejects(transport.stream(watch, { headersTimeoutMs: 5000 }), { code: 'API_TIMEOUT' });
    while (stub.requests.length === 0) await turn();
    await clock.advance(5000);
    await late;
    answers = true;
    const opening = transport.stream(watch, { headersTimeoutMs: 5000 });
    const stream = await opening;
    await clock.advance(3_600_000);
    for await (const chunk of stream.chunks) {
      assert.equal(chunk.toString(), 'x');
      break;
    }
    await transport.close();
  });

  test('closing the transport ends its streams', () =>
    withStream(open('x'), async (stream, _stub, transport) => {
      const reading = assert.rejects(collect(stream), { code: 'API_UNREACHABLE' });
      await turn();
      await transport.close();
      await reading;
    }));
});
