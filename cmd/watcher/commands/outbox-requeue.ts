/**
 * `watcher outbox requeue`: puts quarantined events back at the end of the queue. Their ids and bytes stay as they were,
 * so a plane that has taken one after all recognises it.
 */
import type { QuarantineDocument } from '../../../internal/pipeline/outbox-documents.ts';
import { CodedError } from '../../../internal/platform/errors.ts';
import { CONTROL_REQUEUE_IDS } from '../../../internal/server/control.ts';
import { asideOf } from '../aside.ts';
import type { Command, CommandHelp } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { errorJson, errorText } from '../error-text.ts';
import { accessOutbox, type OutboxAccess } from '../outbox-access.ts';
import { isSet, wrongUsage } from '../command-flags.ts';
import { filterOf, idFlag, loadOutboxCommand, namespaceFlag, reasonFlag } from '../outbox-flags.ts';
import { attended, eachQuarantined, isWanted, type Filter } from '../outbox-pages.ts';
import { outputFlag, outputOf } from '../command-flags.ts';

const FORMS = ['table', 'json'] as const;
const MOST_IDS = 1000;
/** Unknown ids named in a message. */
const NAMED = 5;
const flags = [
  outputFlag(FORMS),
  { name: 'all', bare: 'true', doc: 'all that is quarantined' },
  ...[reasonFlag('all that was set aside, or had failed, for this reason'), namespaceFlag, idFlag],
];

export const outboxRequeueHelp: CommandHelp = {
  takes: 'ID...|--all|--reason REASON',
  flags,
  examples: [
    'watcher outbox requeue 3f1c...',
    'watcher outbox requeue --reason invalid    after the plane was mended',
    'watcher outbox requeue --all --data-dir /var/lib/watcher',
  ],
  json: { kind: 'document', fields: ['requeued', 'unknown[]'] },
  exitCodes: { 1: 'failed, or an id is not in quarantine' },
};

export const outboxRequeue: Command = async (invocation) => {
  const loaded = loadOutboxCommand(invocation, flags, MOST_IDS);
  const { config, commandFlags } = loaded;
  const output = outputOf(commandFlags, FORMS);
  const filter = wantedOf(filterOf(loaded), isSet(commandFlags, 'all'));
  const { terminal, shutdown } = invocation;
  const aside = asideOf(terminal, output);
  const access = await accessOutbox(config, invocation, aside);
  try {
    const quarantined = attended(eachQuarantined(access), shutdown, (count) => aside.step(`${count} looked at ...`));
    const ids = await idsOf(quarantined, filter);
    const requeued = await requeue(access, ids, (count) => {
      shutdown.throwIfAborted();
      aside.step(`${count} of ${ids.length} are back in the queue ...`);
    });
    aside.done();
    const unknown = filter.ids.filter((id) => !ids.includes(id));
    const when = access.through === 'agent' ? 'the agent sends them now' : 'they are sent when an agent starts next';
    terminal.out(
      output === 'json'
        ? `${JSON.stringify({ requeued, unknown })}\n`
        : `${requeued} events are back in the queue; ${when}\n`,
    );
    if (unknown.length === 0) return exitCodes.ok;
    terminal.err((output === 'json' ? errorJson : errorText)(unknownError(unknown)));
    return exitCodes.failed;
  } finally {
    aside.done();
    await access.close();
  }
};

/** Everything only if that was said: a forgotten id must not mean all. */
function wantedOf(filter: Filter, isAll: boolean): Filter {
  const isNarrowed = filter.ids.length > 0 || filter.reason !== undefined || filter.namespace !== undefined;
  if (!isAll && !isNarrowed) throw wrongUsage('ID', 'is missing', 'name event ids, or give --all or --reason');
  if (isAll && filter.ids.length > 0) throw wrongUsage('--all', 'contradicts the ids given', 'give one of them');
  return filter;
}

/** All of them before the first goes back, as one that comes into quarantine again must not be met twice. */
async function idsOf(quarantined: AsyncIterable<QuarantineDocument>, filter: Filter): Promise<string[]> {
  const ids: string[] = [];
  for await (const document of quarantined) if (isWanted(filter, document)) ids.push(document.event_id);
  return ids;
}

async function requeue(
  access: OutboxAccess,
  ids: readonly string[],
  onCount: (count: number) => void,
): Promise<number> {
  let requeued = 0;
  for (let at = 0; at < ids.length; at += CONTROL_REQUEUE_IDS) {
    onCount(at);
    requeued += (await access.requeue(ids.slice(at, at + CONTROL_REQUEUE_IDS))).requeued;
  }
  return requeued;
}

function unknownError(unknown: readonly string[]): CodedError {
  const named = unknown.slice(0, NAMED).join(', ');
  return new CodedError(
    'OUTBOX_EVENT_UNKNOWN',
    unknown.length > NAMED ? `${named} and ${unknown.length - NAMED} more` : named,
  );
}
