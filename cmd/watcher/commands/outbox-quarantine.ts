/** `watcher outbox quarantine`: the events that the plane could not take, with the reason and since when. */
import type { QuarantineDocument } from '../../../internal/pipeline/outbox-documents.ts';
import { exitCodes, type Command, type CommandHelp } from '../command.ts';
import { accessOutbox } from '../outbox-access.ts';
import { afterFlag, filterOf, idFlag, limitFlag, loadOutboxCommand, namespaceFlag } from '../outbox-flags.ts';
import { numberOf, reasonFlag } from '../outbox-flags.ts';
import { eachQuarantined, takeWanted } from '../outbox-pages.ts';
import { ageOf, printEvents } from '../outbox-print.ts';
import { outputFlag, outputOf } from '../command-flags.ts';

const FORMS = ['table', 'json'] as const;
/** Of ids on one command line. */
const MOST_IDS = 1000;
const flags = [
  outputFlag(FORMS),
  ...[
    limitFlag,
    afterFlag,
    namespaceFlag,
    reasonFlag('only what was set aside, or had failed, for this reason'),
    idFlag,
  ],
];

export const outboxQuarantineHelp: CommandHelp = {
  takes: '[ID...]',
  flags,
  examples: [
    'watcher outbox quarantine --data-dir /var/lib/watcher',
    'watcher outbox quarantine --reason invalid -o json',
    'watcher outbox quarantine 3f1c... -o json     with the whole event',
  ],
};

export const outboxQuarantine: Command = async (invocation) => {
  const loaded = loadOutboxCommand(invocation, flags, MOST_IDS);
  const { config, commandFlags } = loaded;
  const output = outputOf(commandFlags, FORMS);
  const limit = numberOf(commandFlags, 'limit', 50);
  const after = numberOf(commandFlags, 'after', 0);
  const access = await accessOutbox(config, invocation);
  try {
    const found = await takeWanted(
      eachQuarantined(access, { after, bodies: output === 'json' }),
      filterOf(loaded),
      limit,
    );
    printEvents(invocation.terminal, output, found, columns, 'nothing is quarantined');
    return exitCodes.ok;
  } finally {
    await access.close();
  }
};

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
