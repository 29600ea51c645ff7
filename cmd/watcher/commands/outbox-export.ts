/**
 * `watcher outbox export`: what waits, what was coalesced while there was no room, what is gathered of storms, and what
 * is quarantined, as NDJSON: each line one event, byte for byte as it goes over the wire by itself. It removes nothing.
 */
import type { EventDocument } from '../../../internal/pipeline/outbox-documents.ts';
import { exitCodes, type Command, type CommandHelp } from '../command.ts';
import { accessOutbox, type OutboxAccess } from '../outbox-access.ts';
import { wrongUsage } from '../command-flags.ts';
import { filterOf, idFlag, loadOutboxCommand, namespaceFlag, reasonFlag } from '../outbox-flags.ts';
import { openLineSink } from '../line-sink.ts';
import { eachCoalesced, eachGathered, eachQuarantined, eachWaiting, isWanted } from '../outbox-pages.ts';

const PARTS = ['waiting', 'coalesced', 'gathered', 'quarantined'] as const;
const flags = [
  { name: 'file', short: 'f', placeholder: 'FILE', doc: 'a new file to write to (standard output)' },
  { name: 'only', placeholder: PARTS.join('|'), doc: 'one of the four (all)' },
  ...[namespaceFlag, reasonFlag('only failures with this reason, or set aside for it'), idFlag],
];

export const outboxExportHelp: CommandHelp = {
  flags,
  examples: [
    'watcher outbox export --data-dir /var/lib/watcher --file backlog.ndjson',
    'kubectl exec -n watcher deploy/watcher -- watcher outbox export --only quarantined | jq .reason',
  ],
};

export const outboxExport: Command = async (invocation) => {
  const loaded = loadOutboxCommand(invocation, flags);
  const { config, commandFlags } = loaded;
  const parts = partsOf(commandFlags.get('only'));
  const filter = filterOf(loaded);
  const access = await accessOutbox(config, invocation);
  try {
    const sink = await openLineSink(commandFlags.get('file'), 'OUTBOX_EXPORT_FAILED');
    const written = { waiting: 0, coalesced: 0, gathered: 0, quarantined: 0 };
    for (const part of parts) {
      for await (const document of eachOf(access, part)) {
        if (!isWanted(filter, document) || document.body === undefined) continue;
        if (invocation.shutdown.aborted || !(await sink.write(oneLine(document.body)))) break;
        written[part] += 1;
      }
    }
    await sink.close();
    const counts = PARTS.map((part) => `${written[part]} ${part}`).join(', ');
    invocation.terminal.err(`${counts} events exported\n`);
    return invocation.shutdown.aborted ? exitCodes.failed : exitCodes.ok;
  } finally {
    await access.close();
  }
};

function partsOf(only: string | undefined): readonly (typeof PARTS)[number][] {
  if (only === undefined) return PARTS;
  const part = PARTS.find((name) => name === only);
  if (part !== undefined) return [part];
  throw wrongUsage('--only', `is none of ${PARTS.join(', ')}`, 'leave it out for all');
}

function eachOf(access: OutboxAccess, part: (typeof PARTS)[number]): AsyncIterable<EventDocument> {
  switch (part) {
    case 'waiting':
      return eachWaiting(access, { bodies: true });
    case 'coalesced':
      return eachCoalesced(access);
    case 'gathered':
      return eachGathered(access);
    case 'quarantined':
      return eachQuarantined(access, { bodies: true });
  }
}

/** Ours never hold a line break; what an older release or another hand stored might. */
function oneLine(body: string): string {
  return body.includes('\n') ? body.replaceAll(/[\r\n]+/g, ' ') : body;
}
