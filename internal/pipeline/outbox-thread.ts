/**
 * The outbox's own thread: SQLite runs here, so that while it waits for a disk (fsync of a busy or network disk takes
 * hundreds of Ms) the watch goes on. It does one call after the other. Started by outbox-thread-store.ts only.
 */
import { parentPort, workerData, type Transferable } from 'node:worker_threads';
import { systemClock } from '../platform/clock.ts';
import { SqliteStore } from './outbox-sqlite-store.ts';
import { failure, type Answer, type Request, type StoreCall, type ThreadOptions } from './outbox-thread-protocol.ts';

const store = new SqliteStore({ ...(workerData as ThreadOptions), clock: systemClock() });
/** The store as the other side's messages see it; ThreadStore sees to the types. */
const calls = store as unknown as Record<StoreCall, (...args: readonly unknown[]) => Promise<unknown>>;

parentPort?.on('message', (request: Request) => {
  void answer(request).then((given) => parentPort?.postMessage(given, moved(given)));
});

async function answer({ id, call, args }: Request): Promise<Answer> {
  try {
    return { id, result: 'done', value: await calls[call](...args) };
  } catch (error) {
    return failure(id, error);
  }
}

/** The body of a batch, up to 1 MiB, is moved and not copied; the events' bytes are views on it and move along. */
function moved(given: Answer): Transferable[] {
  if (given.result !== 'done' || typeof given.value !== 'object' || given.value === null) return [];
  if (!('batch' in given.value)) return [];
  const batch = given.value.batch as { readonly body: Uint8Array<ArrayBuffer> } | undefined;
  return batch === undefined ? [] : [batch.body.buffer];
}
