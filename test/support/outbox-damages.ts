/**
 * Every way in which the files of an outbox may come back other than they were written, and what each may cost: each byte
 * flipped, the file ended at each byte, each page zeroed or in another's place; the same bytes and ends of the log.
 *
 * The checks are the promise: never a wrong payload, none twice, a start in time, what is gone is counted, and it is no
 * more than the damage explains.
 */
import assert from 'node:assert/strict';
import { countedLosses, filledOutbox, loggedOutbox, whatRemainsOf, type Filled } from './damaged-outbox.ts';
import { flipped, PAGE, swapped, truncatedTo, zeroed, type Damage } from './faulty-disk.ts';

/** Rows of one page at most, and those whose overflow pages it held. */
const ROWS_OF_A_PAGE = 12;
const HEADER_BYTES = 100;
const STARTS_WITHIN_MS = 5_000;

interface DamageCase {
  readonly what: string;
  readonly damage: Damage;
  /** Events that may be gone; as many as there are where absent. */
  readonly mostLost?: number;
}

export interface DamageKind {
  /** As a sentence. */
  readonly promise: string;
  readonly file: 'db' | 'wal';
  /** In a file of so many bytes, at each `step`-th place. */
  readonly cases: (bytes: number, step: number) => Iterable<DamageCase>;
  /** Prime, so that a sample meets every part of a page. */
  readonly sampleStep: number;
}

function* casesAt(
  bytes: number,
  step: number,
  what: string,
  damageAt: (at: number) => Damage,
  mostLost?: number,
): Generator<DamageCase> {
  for (let at = 0; at < bytes; at += step) {
    yield { what: `${what} ${at}`, damage: damageAt(at), ...(mostLost === undefined ? {} : { mostLost }) };
  }
}

const oneBit = (at: number): Damage => flipped(at, 1 << (at % 8));

export const damageKinds: readonly DamageKind[] = [
  {
    promise: 'one byte other than written, anywhere in the file, costs the rows of one page at most',
    file: 'db',
    cases: (bytes, step) => casesAt(bytes, step, 'byte', oneBit, ROWS_OF_A_PAGE),
    sampleStep: 401,
  },
  {
    promise: 'one byte of the header other than written costs nothing',
    file: 'db',
    cases: () => casesAt(HEADER_BYTES, 1, 'all bits of byte', (at) => flipped(at, 0xff), 0),
    sampleStep: 1,
  },
  {
    promise: 'a page of zeroes costs the rows that were on it',
    file: 'db',
    cases: (bytes) => casesAt(bytes / PAGE, 1, 'page', zeroed, ROWS_OF_A_PAGE),
    sampleStep: 1,
  },
  {
    promise: "two pages in each other's place cost nothing wrong and little",
    file: 'db',
    cases: (bytes) => {
      const pages = bytes / PAGE;
      const damageAt = (page: number): Damage => swapped(page, (page * 7 + 3) % pages);
      return casesAt(pages, 1, 'page', damageAt, 2 * ROWS_OF_A_PAGE);
    },
    sampleStep: 1,
  },
  {
    promise: 'a file cut short anywhere gives what was before the cut',
    file: 'db',
    cases: (bytes, step) => casesAt(bytes, step, 'cut at', truncatedTo),
    sampleStep: 1733,
  },
  {
    promise: 'a log with a wrong byte gives what was before it, and the loss is noticed',
    file: 'wal',
    cases: (bytes, step) => casesAt(bytes, step, 'byte of the log', oneBit),
    sampleStep: 2003,
  },
  {
    promise: 'a log cut short anywhere gives what was before the cut, and the loss is noticed',
    file: 'wal',
    cases: (bytes, step) => casesAt(bytes, step, 'log cut at', truncatedTo),
    sampleStep: 2003,
  },
];

export interface DamageTally {
  readonly tried: number;
  /** Events there were in all of them. */
  readonly events: number;
  /** Of these, how many the damage took, each of them counted by the outbox. */
  readonly taken: number;
  readonly slowestStartMs: number;
}

export interface Share {
  /** Every place, or a sample. */
  readonly extent: 'every' | 'sample';
  /** Of `of` shares that together are all, the one at `index`. */
  readonly index?: number;
  readonly of?: number;
  readonly progress?: (tried: number) => void;
}

/** Tries them one by one. Rejects at the first that breaks the promise, and names it. */
export async function tryDamages(
  kinds: readonly DamageKind[],
  { extent, index = 0, of = 1, progress }: Share,
): Promise<DamageTally> {
  const images = { db: await filledOutbox(), wal: await loggedOutbox() };
  const tally = { tried: 0, events: 0, taken: 0, slowestStartMs: 0 };
  let place = 0;
  for (const { file, cases, sampleStep } of kinds) {
    const filled = images[file];
    for (const one of cases(filled.image[file].length, extent === 'every' ? 1 : sampleStep)) {
      if (place++ % of !== index) continue;
      const { lost, tookMs } = await check(filled, file, one);
      tally.tried += 1;
      tally.events += filled.pending.length;
      tally.taken += lost;
      tally.slowestStartMs = Math.max(tally.slowestStartMs, tookMs);
      progress?.(tally.tried);
    }
  }
  return tally;
}

async function check(filled: Filled, file: DamageKind['file'], { what, damage, mostLost = Infinity }: DamageCase) {
  try {
    const image = { ...filled.image, [file]: damage(filled.image[file]) };
    const { delivered, notices, ...first } = await whatRemainsOf(image, filled.payloads);
    // A single stall among so many starts is the machine's.
    const isSlow = first.tookMs >= STARTS_WITHIN_MS;
    const { tookMs } = isSlow ? await whatRemainsOf(image, filled.payloads) : first;
    // What an older state of the log holds may be in quarantine or pending.
    const lost = filled.pending.filter((id) => !delivered.includes(id)).length;
    assert.ok(lost <= mostLost, `${lost} lost`);
    assert.ok(countedLosses(notices) >= lost, `${lost} lost, ${JSON.stringify(notices)}`);
    assert.ok(tookMs < STARTS_WITHIN_MS, `${tookMs} ms to start`);
    return { lost, tookMs };
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
