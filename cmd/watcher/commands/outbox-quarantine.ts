/** `watcher outbox quarantine`: the events that the plane could not take, with the reason and since when. */
import type { QuarantineDocument } from '../../../internal/pipeline/outbox-documents.ts';
import type { Command, CommandHelp } from '../command.ts';
import { listEvents, listingFlags, listingJson } from '../outbox-list-events.ts';
import { eachQuarantined } from '../outbox-pages.ts';
import { ageOf } from '../outbox-print.ts';

/** Of ids on one command line. */
const MOST_IDS = 1000;
const flags = listingFlags('only what was set aside, or had failed, for this reason');

export const outboxQuarantineHelp: CommandHelp = {
  takes: '[ID...]',
  flags,
  examples: [
    'watcher outbox quarantine --data-dir /var/lib/watcher',
    'watcher outbox quarantine --reason invalid -o json',
    'watcher outbox quarantine 3f1c... -o json     with the whole event',
  ],
  json: listingJson(['quarantine_reason', 'quarantined_at']),
};

export const outboxQuarantine: Command = (invocation) =>
  listEvents(invocation, {
    ...{ each: eachQuarantined, flags, columns, mostIds: MOST_IDS },
    whenNone: 'nothing is quarantined',
  });

const columns = [
  { heading: 'SEQ', align: 'right', cell: ({ seq }: QuarantineDocument) => String(seq) },
  {
    heading: 'SINCE',
    align: 'right',
    cell: (one: QuarantineDocument, nowMs: number) => ageOf(one.quarantined_at, nowMs),
  },
  { heading: 'WHY', cell: ({ quarantine_reason }: QuarantineDocument) => quarantine_reason },
  { heading: 'POD', cell: ({ namespace, pod }: QuarantineDocument) => `${namespace}/${pod}` },
  { heading: 'REASON', cell: ({ reason }: QuarantineDocument) => reason },
  { heading: 'EVENT ID', cell: ({ event_id }: QuarantineDocument) => event_id },
] as const;
