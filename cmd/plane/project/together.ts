/**
 * Waiting for several of Restate's operations at once.
 */
import { RestatePromise } from '@restatedev/restate-sdk';

/**
 * Promise.all for operations of a context. Promise.all itself would wait for each of them in its own way, which the SDK
 * (1.17) refuses with "awaitNext already pending"; its own `all` waits for them as one. State reads are typed as plain
 * promises, since they may be answered without asking the server, but are the SDK's kind (measured).
 */
export function together<T extends readonly unknown[]>(operations: {
  readonly [Index in keyof T]: PromiseLike<T[Index]>;
}): Promise<T> {
  // The SDK's own never resolves for none (1.17, measured).
  if (operations.length === 0) return Promise.resolve([] as unknown as T);
  return RestatePromise.all(operations as unknown as readonly RestatePromise<unknown>[]) as unknown as Promise<T>;
}
