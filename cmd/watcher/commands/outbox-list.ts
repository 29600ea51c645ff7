/** `watcher outbox list`: the events that wait, oldest first. */
import type { EventDocument } from '../../../internal/pipeline/outbox-documents.ts';
import { exitCodes, type Command, type CommandHelp } from '../command.ts';
import { accessOutbox } from '../outbox-access.ts';
import { afterFlag, filterOf, idFlag, limitFlag, loadOutboxCommand, namespaceFlag } from '../outbox-flags.ts';
import { numberOf, reasonFlag } from '../outbox-flags.ts';
import { eachWaiting, takeWanted } from '../outbox-pages.ts';
import { ageOf, printEvents } from '../outbox-print.ts';
import { outputFlag, outputOf } from '../command-flags.ts';

const FORMS = ['table', 'json'] as const;
const flags = [
  outputFlag(FORMS),
  ...[limitFlag, afterFlag, namespaceFlag, reasonFlag('only failures with this reason, such as OOMKilled'), idFlag],
];

export const outboxListHelp: CommandHelp = {
  flags,
  examples: [
    'watcher outbox list --data-dir /var/lib/watcher',
    'watcher outbox list --namespace shop --reason OOMKilled --limit 0',
    'watcher outbox list --id 3f1c... -o json      with the whole event',
  ],
};

export const outboxList: Command = async (invocation) => {
  const loaded = loadOutboxCommand(invocation, flags);
  const { config, commandFlags } = loaded;
  const output = outputOf(commandFlags, FORMS);
  const limit = numberOf(commandFlags, 'limit', 50);
  const after = numberOf(commandFlags, 'after', 0);
  const access = await accessOutbox(config, invocation);
  try {
    const found = await takeWanted(eachWaiting(access, { after, bodies: output === 'json' }), filterOf(loaded), limit);
    printEvents(invocation.terminal, output, found, columns, 'nothing waits');
    return exitCodes.ok;
  } finally {
    await access.close();
  }
};

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
