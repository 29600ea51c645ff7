/**
 * Taking one delivery: decide, record, remember, commit (see state.ts for the order of writes).
 */
import type { ObjectContext } from '@restatedev/restate-sdk';
import type { Clock } from '../../../internal/platform/clock.ts';
import {
  decideAll,
  dispositions,
  entriesOfAll,
  isKnown,
  type Code,
  type Codes,
  type Disposition,
  type Prepared,
} from './decide.ts';
import type { Memories, StampedMemory } from './memories.ts';
import type { ClusterMemory } from './memory.ts';
import { record, trim } from './received.ts';
import { addEntries, emptyHead, markDay, readMemory, type Counts, type Head } from './state.ts';
import { together } from './together.ts';

export interface Delivery {
  readonly events: readonly Prepared[];
  /** The events as a JSON array, in the bytes they came in. */
  readonly body: Uint8Array;
}

export interface TakeOptions {
  readonly memories: Memories;
  readonly clock: Clock;
  /** For clusters that have none of their own. */
  readonly cooldownMs: number;
  readonly deliveriesKept: number;
}

/** The answer to a delivery. */
export interface Receipt {
  /** Events recorded now. */
  readonly received: number;
  /** Events that were there before. */
  readonly repeated: number;
  /** Events told of. */
  readonly told: number;
}

/** What `run` records: everything that another process, or the same one later, could decide differently. */
interface Decision {
  readonly nowMs: number;
  /** Of the state that was decided upon; null where this process had no memory of the cluster. */
  readonly stamp: string | null;
  readonly verdict: Verdict;
}

type Verdict = Codes | { readonly fault: string };

const nothing: Codes = { codes: '', digested: '' };

/** A fault of this plane's own code: no use in trying again, and worth a dead letter. */
export class PlaneFault extends Error {}

/** Takes the delivery and returns the head it committed. Throws PlaneFault before anything is written. */
export async function take(
  context: ObjectContext,
  delivery: Delivery,
  options: TakeOptions,
): Promise<{ readonly receipt: Receipt; readonly head: Head; readonly nowMs: number }> {
  const { memories, clock } = options;
  const decideWith = (memory: ClusterMemory | undefined, nowMs: number, cooldownMs = options.cooldownMs): Verdict => {
    try {
      return memory === undefined ? nothing : decideAll(memory, delivery.events, nowMs, cooldownMs);
    } catch (error) {
      return { fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  };
  let held: StampedMemory | undefined;
  const decideFromMemory = (): Decision => {
    const nowMs = clock.now();
    held = memories.take(context.key);
    return { nowMs, stamp: held?.stamp ?? null, verdict: decideWith(held?.memory, nowMs, held?.cooldownMs) };
  };
  const [stored, decision] = await together<[Head | null, Decision]>([
    context.get<Head>('head'),
    context.run('decide', decideFromMemory),
  ]);
  const head = stored ?? emptyHead();
  let { verdict } = decision;
  let memory = held?.memory;
  if (decision.stamp !== head.stamp) {
    memory = await readMemory(context, head);
    verdict = decideWith(memory, decision.nowMs, head.cooldownMs);
  }
  if ('fault' in verdict) throw new PlaneFault(verdict.fault);
  commit(context, head, { ...delivery, ...verdict, nowMs: decision.nowMs }, options.deliveriesKept);
  if (memory !== undefined) memories.put(context.key, { stamp: head.stamp, memory, cooldownMs: head.cooldownMs });
  return { receipt: receiptOf(verdict.codes), head, nowMs: decision.nowMs };
}

function commit(
  context: ObjectContext,
  head: Head,
  decided: Delivery & Codes & { readonly nowMs: number },
  deliveriesKept: number,
): void {
  const { events, codes, nowMs } = decided;
  markDay(head, nowMs);
  record(context, head, decided);
  trim(context, head, deliveriesKept);
  addEntries(context, head, entriesOfAll(events, decided, nowMs));
  head.counts.deliveries += 1;
  for (const code of codes) countOne(head.counts, dispositions[code as Code]);
  head.stamp = String(context.request().id);
  context.set('head', head);
}

function countOne({ events }: Counts, disposition: Disposition): void {
  events[disposition] = (events[disposition] ?? 0) + 1;
}

function receiptOf(codes: string): Receipt {
  const repeated = countWhere(codes, isKnown);
  const told = countWhere(codes, (code) => code === 't' || code === 'x');
  return { received: codes.length - repeated, repeated, told };
}

function countWhere(codes: string, isOne: (code: string) => boolean): number {
  let count = 0;
  for (const code of codes) if (isOne(code)) count += 1;
  return count;
}
