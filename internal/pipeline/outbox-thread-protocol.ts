/**
 * What the outbox's two threads say to each other: calls of OutboxStore, numbered, and their answers in the same order.
 */
import { CodedError, describeError, type ErrorCode } from '../platform/errors.ts';
import type { SqliteStoreOptions } from './outbox-sqlite-store.ts';
import type { OutboxStore } from './outbox-store.ts';

export type StoreCall = Exclude<keyof OutboxStore, 'promise'>;

export interface Request {
  readonly id: number;
  readonly call: StoreCall;
  readonly args: readonly unknown[];
}

export type Answer =
  | { readonly id: number; readonly result: 'done'; readonly value: unknown }
  | { readonly id: number; readonly result: 'failed'; readonly code: ErrorCode; readonly detail: string };

/** What the thread is started with; it brings its own clock. */
export type ThreadOptions = Omit<SqliteStoreOptions, 'clock'>;

export function failure(id: number, error: unknown): Answer {
  if (error instanceof CodedError) return { id, result: 'failed', code: error.code, detail: error.detail };
  return { id, result: 'failed', code: 'OUTBOX_BROKEN', detail: describeError(error).message };
}
