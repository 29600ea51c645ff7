/**
 * The deliveries a cluster sent, as they came: one value of the state each, read page by page.
 *
 * A value is one line of JSON about the delivery and then the array of its events, compressed, in the very bytes that
 * arrived where none of them was known before: nobody can say later that the plane changed them. Compressing takes 1 ms
 * for 1,000 events and leaves a ninth of them (measured), which Restate then need not log, store and compact.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { serde, type ObjectContext, type ObjectSharedContext } from '@restatedev/restate-sdk';
import type { ReceivedEvent } from '../../../internal/restate/wire-schema.ts';
import { dispositions, isKnown, type Code, type Disposition } from './decide.ts';
import { emptyHead, type Head } from './state.ts';

/** An event as it is told to whoever asks. */
export interface ReceivedItem {
  /** Number of its delivery. */
  readonly delivery: number;
  /** RFC 3339, by the plane's clock. */
  readonly received_at: string;
  readonly disposition: Disposition;
  readonly event: ReceivedEvent;
}

export interface ReceivedPage {
  readonly items: readonly ReceivedItem[];
  /** Ask from here for what comes after. */
  readonly next: number;
  /** There is no more for now. */
  readonly isEnd: boolean;
}

interface RecordHeader {
  readonly atMs: number;
  readonly codes: string;
}

const LINE_END = 0x0a;

const fast = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Bytes of stored deliveries, compressed, that one answer is made of at most, unless a single one is larger. */
const ANSWER_BYTES = 256 * 1024;

/** Records the events of a delivery that are new. `body` holds all its events as a JSON array. */
export function record(
  context: ObjectContext,
  head: Head,
  { body, codes, nowMs }: { readonly body: Uint8Array; readonly codes: string; readonly nowMs: number },
): void {
  const fresh = codes.replaceAll(/[kK]/g, '');
  if (fresh === '') return;
  const header: RecordHeader = { atMs: nowMs, codes: fresh };
  const events = fresh.length === codes.length ? body : withoutKnown(body, codes);
  const value = Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), zstdCompressSync(events, fast)]);
  context.set(`log/${head.log.next++}`, value, serde.binary);
}

function withoutKnown(body: Uint8Array, codes: string): Uint8Array {
  const events = parsed(body) as unknown[];
  return Buffer.from(JSON.stringify(events.filter((_, index) => !isKnown(codes[index] ?? ''))));
}

/** Lets the oldest delivery go once more than `kept` are there. */
export function trim(context: ObjectContext, head: Head, kept: number): void {
  for (let step = 0; step < 2 && head.log.next - head.log.first > kept; step++)
    context.clear(`log/${head.log.first++}`);
}

/** Whole deliveries from number `from` on, until `limit` events or ANSWER_BYTES are reached. */
export async function read(context: ObjectSharedContext, from: number, limit: number): Promise<ReceivedPage> {
  const { log } = (await context.get<Head>('head')) ?? emptyHead();
  const items: ReceivedItem[] = [];
  let next = Math.max(from, log.first);
  for (let bytes = 0; next < log.next && items.length < limit && bytes < ANSWER_BYTES; next++) {
    const value = await context.get<Uint8Array>(`log/${next}`, serde.binary);
    if (value === null) continue;
    bytes += value.length;
    items.push(...itemsOf(next, value));
  }
  return { items, next, isEnd: next >= log.next };
}

function itemsOf(delivery: number, value: Uint8Array): ReceivedItem[] {
  const end = value.indexOf(LINE_END);
  const { atMs, codes } = parsed(value.subarray(0, end)) as RecordHeader;
  const received_at = new Date(atMs).toISOString();
  return (parsed(zstdDecompressSync(value.subarray(end + 1))) as ReceivedEvent[]).map((event, index) => {
    const disposition = dispositions[codes[index] as Code];
    return { delivery, received_at, disposition, event };
  });
}

function parsed(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes).toString()) as unknown;
}
