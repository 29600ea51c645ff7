/** What `watcher outbox list` and `watcher outbox quarantine` share: the flags of a listing, and how one is made. */
import type { EventDocument } from '../../internal/pipeline/outbox-documents.ts';
import { numberOf, outputFlag, outputOf } from './command-flags.ts';
import { exitCodes, type DescribedFlag, type Invocation } from './command.ts';
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
import { takeWanted, type Walk } from './outbox-pages.ts';
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
  const access = await accessOutbox(config, invocation);
  try {
    const found = await takeWanted(each(access, { after, bodies: output === 'json' }), filterOf(loaded), limit);
    printEvents(invocation.terminal, output, found, columns, whenNone);
    return exitCodes.ok;
  } finally {
    await access.close();
  }
}
