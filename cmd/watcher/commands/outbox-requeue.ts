/**
 * `watcher outbox requeue`: puts quarantined events back at the end of the queue. Their ids and bytes stay as they were,
 * so a plane that has taken one after all recognises it.
 */
import { CodedError } from '../../../internal/platform/errors.ts';
import { CONTROL_REQUEUE_IDS } from '../../../internal/server/control.ts';
import { exitCodes, type Command, type CommandHelp } from '../command.ts';
import { errorText } from '../error-text.ts';
import { accessOutbox, type OutboxAccess } from '../outbox-access.ts';
import { isSet, wrongUsage } from '../command-flags.ts';
import { filterOf, idFlag, loadOutboxCommand, namespaceFlag, reasonFlag } from '../outbox-flags.ts';
import { eachQuarantined, isWanted, type Filter } from '../outbox-pages.ts';
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
  exitCodes: '0 done, 1 failed or an id is not in quarantine, 2 wrong usage',
};

export const outboxRequeue: Command = async (invocation) => {
  const loaded = loadOutboxCommand(invocation, flags, MOST_IDS);
  const { config, commandFlags } = loaded;
  const output = outputOf(commandFlags, FORMS);
  const filter = wantedOf(filterOf(loaded), isSet(commandFlags, 'all'));
  const access = await accessOutbox(config, invocation);
  try {
    const ids = await idsOf(access, filter);
    const requeued = await requeue(access, ids);
    const unknown = filter.ids.filter((id) => !ids.includes(id));
    const when = access.through === 'agent' ? 'the agent sends them now' : 'they are sent when an agent starts next';
    invocation.terminal.out(
      output === 'json'
        ? `${JSON.stringify({ requeued, unknown })}\n`
        : `${requeued} events are back in the queue; ${when}\n`,
    );
    if (unknown.length === 0) return exitCodes.ok;
    invocation.terminal.err(errorText(unknownError(unknown)));
    return exitCodes.failed;
  } finally {
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
async function idsOf(access: OutboxAccess, filter: Filter): Promise<string[]> {
  const ids: string[] = [];
  for await (const document of eachQuarantined(access)) if (isWanted(filter, document)) ids.push(document.event_id);
  return ids;
}

async function requeue(access: OutboxAccess, ids: readonly string[]): Promise<number> {
  let requeued = 0;
  for (let at = 0; at < ids.length; at += CONTROL_REQUEUE_IDS) {
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
