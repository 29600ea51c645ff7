/** What `watcher outbox list` and `watcher outbox quarantine` share: the flags of a listing, and how one is made. */
import type { EventDocument } from '../../internal/pipeline/outbox-documents.ts';
import { asideOf } from './aside.ts';
import { numberOf, outputFlag, outputOf } from './command-flags.ts';
import type { DescribedFlag, Invocation, JsonShape } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { accessOutbox } from './outbox-access.ts';
import {
  afterFlag,
  filterOf,
  idFlag,
  limitFlag,
  loadOutboxCommand,
  namespaceFlag,
  reasonFlag,
} from './outbox-flags.ts';
import { attended, takeWanted, type Walk } from './outbox-pages.ts';
import { printEvents, type EventColumn } from './outbox-print.ts';
import type { OutboxSource } from './outbox-source.ts';

const FORMS = ['table', 'json'] as const;

export interface EventListing<D extends EventDocument> {
  readonly each: (source: OutboxSource, walk: Walk) => AsyncIterable<D>;
  readonly flags: readonly DescribedFlag[];
  readonly columns: readonly EventColumn<D>[];
  readonly whenNone: string;
  /** How many ids may stand on the command line. */
  readonly mostIds?: number;
}

/** Of one event in a listing; beside them stand those of its kind. The event itself has those of docs/events.md. */
export const eventFields: readonly string[] = [
  ...['seq', 'event_id', 'namespace', 'pod', 'phase', 'reason', 'fingerprint', 'observed_at', 'bytes', 'event...'],
];

export const listingJson = (more: readonly string[]): JsonShape => ({
  kind: 'document',
  fields: [...[...eventFields, ...more].map((field) => `events[].${field}`), 'has_more'],
});

export const listingFlags = (reasonDoc: string): readonly DescribedFlag[] => [
  ...[outputFlag(FORMS), limitFlag, afterFlag, namespaceFlag, reasonFlag(reasonDoc), idFlag],
];

export async function listEvents<D extends EventDocument>(
  invocation: Invocation,
  { each, flags, columns, whenNone, mostIds = 0 }: EventListing<D>,
): Promise<number> {
  const loaded = loadOutboxCommand(invocation, flags, mostIds);
  const { config, commandFlags } = loaded;
  const output = outputOf(commandFlags, FORMS);
  const limit = numberOf(commandFlags, 'limit', 50);
  const after = numberOf(commandFlags, 'after', 0);
  const { terminal, shutdown } = invocation;
  const aside = asideOf(terminal, output);
  const access = await accessOutbox(config, invocation, aside);
  try {
    const all = each(access, { after, bodies: output === 'json' });
    const seen = attended(all, shutdown, (count) => aside.step(`${count} events looked at ...`));
    const found = await takeWanted(seen, filterOf(loaded), limit);
    aside.done();
    printEvents({ terminal, aside }, output, found, columns, whenNone);
    return exitCodes.ok;
  } finally {
    aside.done();
    await access.close();
  }
}
