// Lines of who can't wait, on their way to a sink that takes its time: in order, bounded, and ended with a word.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LineQueue } from '../../../cmd/watcher/line-queue.ts';
import type { LineSink } from '../../../cmd/watcher/line-sink.ts';

/** A sink that takes a line each time it is told to. */
class SlowSink implements Pick<LineSink, 'write' | 'close'> {
  readonly lines: string[] = [];
  isClosed = false;
  #take: ((isRead: boolean) => void)[] = [];

  write(line: string): Promise<boolean> {
    this.lines.push(line);
    return new Promise((resolve) => this.#take.push(resolve));
  }

  take(isRead = true): void {
    this.#take.shift()?.(isRead);
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a queue of lines', () => {
  test('writes them in order, one at a time, and closes when all are written', async () => {
    const sink = new SlowSink();
    const queue = new LineQueue(sink, 100);
    for (const line of ['a', 'b', 'c']) queue.add(line);
    const closed = queue.close();
    for (const lines of [['a'], ['a', 'b'], ['a', 'b', 'c']]) {
      await turn();
      assert.deepEqual([sink.lines, sink.isClosed], [lines, false]);
      sink.take();
    }
    await closed;
    assert.equal(sink.isClosed, true);
  });

  test('ends once nobody reads any more', async () => {
    const sink = new SlowSink();
    const queue = new LineQueue(sink, 100);
    queue.add('a');
    queue.add('b');
    await turn();
    sink.take(false);
    await queue.over;
    queue.add('c');
    await queue.close();
    assert.deepEqual(sink.lines, ['a']);
  });

  test('ends with an error where the sink falls behind for good', async () => {
    const sink = new SlowSink();
    const queue = new LineQueue(sink, 10);
    queue.add('first');
    await turn();
    for (const line of ['1234', '5678', '9012']) queue.add(line);
    await assert.rejects(queue.over, { code: 'RECORDING_FAILED' });
    sink.take();
    await assert.rejects(queue.close(), { code: 'RECORDING_FAILED' });
  });

  test('ends with the error of a sink that fails', async () => {
    const failed = new Error('no space');
    const queue = new LineQueue({ write: () => Promise.reject(failed), close: () => Promise.resolve() }, 10);
    queue.add('a');
    await assert.rejects(queue.over, failed);
    await assert.rejects(queue.close(), failed);
  });
});
