/**
 * `watcher outbox export`: what waits, what was coalesced while there was no room, what is gathered of storms, and what
 * is quarantined, as NDJSON: each line one event, byte for byte as it goes over the wire by itself. It removes nothing.
 */
import type { EventDocument } from '../../../internal/pipeline/outbox-documents.ts';
import { asideOf } from '../aside.ts';
import type { Command, CommandHelp } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { accessOutbox, type OutboxAccess } from '../outbox-access.ts';
import { outputFlag, outputOf, wrongUsage } from '../command-flags.ts';
import { filterOf, idFlag, loadOutboxCommand, namespaceFlag, reasonFlag } from '../outbox-flags.ts';
import { openLineSink, type LineSink } from '../line-sink.ts';
import {
  attended,
  eachCoalesced,
  eachGathered,
  eachQuarantined,
  eachWaiting,
  isWanted,
  type Filter,
} from '../outbox-pages.ts';

const PARTS = ['waiting', 'coalesced', 'gathered', 'quarantined'] as const;
const FORMS = ['text', 'json'] as const;
const flags = [
  outputFlag(FORMS, 'what was exported'),
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
  // Of a line: docs/events.md.
  json: { kind: 'lines', fields: ['...'], filed: ['file', ...PARTS.map((part) => `exported.${part}`)] },
};

export const outboxExport: Command = async (invocation) => {
  const loaded = loadOutboxCommand(invocation, flags);
  const { terminal, shutdown } = invocation;
  const { config, commandFlags } = loaded;
  const parts = partsOf(commandFlags.get('only'));
  const filter = filterOf(loaded);
  const file = commandFlags.get('file');
  const output = outputOf(commandFlags, FORMS);
  const aside = asideOf(terminal, output);
  const access = await accessOutbox(config, invocation, aside);
  try {
    const sink = await openLineSink(file, 'OUTBOX_EXPORT_FAILED');
    const written = await exportParts(parts, sink, (part) =>
      wanted(
        attended(eachOf(access, part), shutdown, (count) => aside.step(`${count} ${part} looked at ...`)),
        filter,
      ),
    ).catch(async (error: unknown) => {
      await sink.discard();
      throw error;
    });
    await sink.close();
    const counts = PARTS.map((part) => `${written[part]} ${part}`).join(', ');
    if (output === 'json' && file !== undefined) terminal.out(`${JSON.stringify({ file, exported: written })}\n`);
    else aside.summary(`${counts} events exported`, { exported: written });
    return exitCodes.ok;
  } finally {
    aside.done();
    await access.close();
  }
};

type Part = (typeof PARTS)[number];

/** How many lines each part became. Ends early where nobody reads. */
async function exportParts(
  parts: readonly Part[],
  sink: LineSink,
  bodiesOf: (part: Part) => AsyncIterable<string>,
): Promise<Record<Part, number>> {
  const written = { waiting: 0, coalesced: 0, gathered: 0, quarantined: 0 };
  for (const part of parts) {
    for await (const body of bodiesOf(part)) {
      if (!(await sink.write(oneLine(body)))) return written;
      written[part] += 1;
    }
  }
  return written;
}

async function* wanted(documents: AsyncIterable<EventDocument>, filter: Filter): AsyncGenerator<string> {
  for await (const document of documents) {
    if (document.body !== undefined && isWanted(filter, document)) yield document.body;
  }
}

function partsOf(only: string | undefined): readonly Part[] {
  if (only === undefined) return PARTS;
  const part = PARTS.find((name) => name === only);
  if (part !== undefined) return [part];
  throw wrongUsage('--only', `is none of ${PARTS.join(', ')}`, 'leave it out for all');
}

function eachOf(access: OutboxAccess, part: Part): AsyncIterable<EventDocument> {
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
