/** `watcher outbox list`: the events that wait, oldest first. */
import type { EventDocument } from '../../../internal/pipeline/outbox-documents.ts';
import type { Command, CommandHelp } from '../command.ts';
import { listEvents, listingFlags, listingJson } from '../outbox-list-events.ts';
import { eachWaiting } from '../outbox-pages.ts';
import { ageOf } from '../outbox-print.ts';

const flags = listingFlags('only failures with this reason, such as OOMKilled');

export const outboxListHelp: CommandHelp = {
  flags,
  examples: [
    'watcher outbox list --data-dir /var/lib/watcher',
    'watcher outbox list --namespace shop --reason OOMKilled --limit 0',
    'watcher outbox list --id 3f1c... -o json      with the whole event',
  ],
  json: listingJson([]),
};

export const outboxList: Command = (invocation) =>
  listEvents(invocation, { each: eachWaiting, flags, columns, whenNone: 'nothing waits' });

const columns = [
  { heading: 'SEQ', align: 'right', cell: ({ seq }: EventDocument) => String(seq) },
  {
    heading: 'AGE',
    align: 'right',
    cell: ({ observed_at }: EventDocument, nowMs: number) => ageOf(observed_at, nowMs),
  },
  { heading: 'POD', cell: ({ namespace, pod }: EventDocument) => `${namespace}/${pod}` },
  { heading: 'REASON', cell: ({ reason }: EventDocument) => reason },
  { heading: 'BYTES', align: 'right', cell: ({ bytes }: EventDocument) => String(bytes) },
  { heading: 'EVENT ID', cell: ({ event_id }: EventDocument) => event_id },
] as const;
