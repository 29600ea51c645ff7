/**
 * What remembering costs the reference plane: deliveries for a cluster of which 100,000 events are remembered, beside
 * deliveries for one of which nothing is, in turn, on the real Restate server. The ratio is the promise; the figures are
 * of this machine, where sender, Restate server and plane share the cores.
 */
import { createHash } from 'node:crypto';
import type { Delivery } from '../../internal/pipeline/delivery.ts';
import { encodeFinding } from '../../internal/restate/wire-format.ts';
import { aFinding } from '../support/finding-builder.ts';
import { clientFor } from '../support/plane-rig.ts';
import { startPlaneServer, type PlaneServer } from '../support/plane-server.ts';

export interface PlaneMemoryCost {
  readonly batchEvents: number;
  /** Ms from request to answer, the median, with nothing and with 100,000 events remembered. */
  readonly emptyMs: number;
  readonly fullMs: number;
  /** fullMs / emptyMs: 1 where remembering costs nothing. */
  readonly ratio: number;
  /** One sender, one after the other. */
  readonly eventsPerSecond: number;
}

export interface PlaneMemoryReport {
  readonly remembered: number;
  readonly eventBytes: number;
  readonly rows: readonly PlaneMemoryCost[];
  /** The first delivery after a start of the plane, which reads all that is remembered. */
  readonly firstAfterRestartMs: number;
}

const REMEMBERED = 100_000;
const BATCH = 1_000;
const ROUNDS: readonly (readonly [number, number])[] = [
  [1, 300],
  [100, 100],
  [1_000, 30],
];

const context = { agentVersion: 'bench', namespaceLabels: () => undefined, workloadOf: () => undefined };
let events = 0;

/** Fills one cluster and compares it with others. Takes about half a minute. */
export async function measurePlaneMemory(): Promise<PlaneMemoryReport> {
  const plane = await startPlaneServer();
  const { client } = clientFor(plane.url, { timeoutMs: 60_000 });
  const deliverMs = async (cluster: string, { handler, body, idempotencyKey }: Delivery): Promise<number> => {
    const startedMs = performance.now();
    const answer = await client.call({ target: ['ProjectService', cluster, handler], body, idempotencyKey });
    if (answer.kind !== 'answer' || answer.status !== 200) throw new Error(JSON.stringify(answer));
    return performance.now() - startedMs;
  };
  try {
    for (let count = 0; count < REMEMBERED; count += BATCH) await deliverMs('full', batchOf(BATCH));
    const rows: PlaneMemoryCost[] = [];
    for (const [size, rounds] of ROUNDS) rows.push(await compare(size, rounds, deliverMs));
    const firstAfterRestartMs = await firstDelivery(plane, () => deliverMs('full', batchOf(1)));
    return { remembered: REMEMBERED, eventBytes: anEvent().length, rows, firstAfterRestartMs };
  } finally {
    await client.close();
    await plane.stop();
  }
}

type DeliverMs = (cluster: string, delivery: Delivery) => Promise<number>;

async function compare(size: number, rounds: number, deliverMs: DeliverMs): Promise<PlaneMemoryCost> {
  const empty: number[] = [];
  const full: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // A new cluster each time there would be more than a page of its own.
    empty.push(await deliverMs(`empty-${size}-${Math.floor((round * size) / BATCH)}`, batchOf(size)));
    full.push(await deliverMs('full', batchOf(size)));
  }
  const [emptyMs, fullMs] = [median(empty), median(full)];
  const totalMs = full.reduce((sum, ms) => sum + ms, 0);
  return {
    batchEvents: size,
    emptyMs,
    fullMs,
    ratio: fullMs / emptyMs,
    eventsPerSecond: (size * rounds * 1000) / totalMs,
  };
}

async function firstDelivery(plane: PlaneServer, deliver: () => Promise<number>): Promise<number> {
  await plane.restartPlane();
  return deliver();
}

function batchOf(size: number): Delivery {
  const encoded = Array.from({ length: size }, () => Buffer.from(anEvent()).toString());
  const body = Buffer.from(size === 1 ? (encoded[0] ?? '') : `[${encoded.join()}]`);
  const idempotencyKey = createHash('sha256').update(body).digest('hex');
  return { handler: size === 1 ? 'onPodEvent' : 'onPodEvents', body, idempotencyKey, events: size };
}

function anEvent(): Uint8Array {
  events += 1;
  const name = (of: string): string => createHash('sha256').update(`${of}-${events}`).digest('hex');
  return encodeFinding(
    aFinding({ eventId: name('event'), incidentKey: name('incident'), pod: { uid: name('pod') } }),
    context,
  );
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await measurePlaneMemory(), undefined, 2)}\n`);
