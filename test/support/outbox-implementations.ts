/**
 * Every implementation of the outbox, opened the same way, so that one suite of promises runs over all of them.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Outbox } from '../../internal/pipeline/outbox.ts';
import { openMemoryOutbox } from '../../internal/pipeline/outbox-memory.ts';
import { openSqliteOutbox } from '../../internal/pipeline/outbox-sqlite.ts';
import { silentLogger } from '../../internal/platform/log.ts';
import { ManualClock } from './manual-clock.ts';
import { outboxEvent } from './outbox-event.ts';

const QUOTA_BYTES = 64 * 1024 * 1024;

export interface OutboxImplementation {
  readonly name: string;
  /** An empty outbox; closed and its files removed at the end of the test that `onEnd` belongs to. */
  open(options: {
    readonly clock: ManualClock;
    readonly quotaBytes: number;
    readonly onEnd: (cleanUp: () => Promise<void>) => void;
  }): Promise<Outbox>;
}

const memory: OutboxImplementation = {
  name: 'memory',
  open: async ({ clock, quotaBytes, onEnd }) => {
    const outbox = await openMemoryOutbox({ clock, quotaBytes, onNotice: () => undefined });
    onEnd(() => outbox.close());
    return outbox;
  },
};

function sqlite(runsOn: 'thread' | 'calling'): OutboxImplementation {
  return {
    name: `sqlite on ${runsOn === 'thread' ? 'a thread of its own' : 'the calling thread'}`,
    open: async ({ clock, quotaBytes, onEnd }) => {
      const dir = await mkdtemp(join(tmpdir(), 'outbox-'));
      const outbox = await openSqliteOutbox({ dir, quotaBytes, clock, runsOn, logger: silentLogger() });
      onEnd(async () => {
        await outbox.close();
        await rm(dir, { recursive: true, force: true });
      });
      return outbox;
    },
  };
}

export const outboxImplementations: readonly OutboxImplementation[] = [memory, sqlite('calling'), sqlite('thread')];

/** An empty outbox that is closed with the test. */
export async function opened(t: TestContext, kind: OutboxImplementation, quotaBytes = QUOTA_BYTES) {
  const clock = new ManualClock();
  const outbox = await kind.open({ clock, quotaBytes, onEnd: (cleanUp) => t.after(cleanUp) });
  return { clock, outbox };
}

/** Appends new events, each of a pod of its own. */
export async function appendAll(outbox: Outbox, ...ids: string[]): Promise<void> {
  const events = ids.map((id) => outboxEvent(id));
  const result = await outbox.append(events, []);
  assert.deepEqual(result, { result: 'appended', appended: ids.length, known: 0 });
}

/** For assert.rejects: an error with this code of the table. */
export const hasCode = (expected: string) => (error: unknown) => {
  assert.equal((error as { code?: string }).code, expected);
  return true;
};
