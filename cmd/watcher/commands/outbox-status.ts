/** `watcher outbox status`: how much waits and for how long, what is quarantined and why, how full it is. */
import { spanText } from '../../../internal/platform/table.ts';
import { asideOf } from '../aside.ts';
import type { Command, CommandHelp } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { accessOutbox, type OutboxAccess } from '../outbox-access.ts';
import { loadOutboxCommand } from '../outbox-flags.ts';
import { outputFlag, outputOf } from '../command-flags.ts';

const FORMS = ['table', 'json'] as const;
const flags = [outputFlag(FORMS)];

export const outboxStatusHelp: CommandHelp = {
  flags,
  examples: [
    'watcher outbox status --data-dir /var/lib/watcher',
    'kubectl exec -n watcher deploy/watcher -- watcher outbox status -o json',
  ],
  json: {
    kind: 'document',
    fields: [
      // agent is null where none runs.
      ...['agent', 'agent.pid', 'agent.version', 'agent.telling...', 'agent.enrolment...', 'promise'],
      ...['events', 'bytes', 'oldest_observed_at', 'oldest_age_ms'].map((field) => `waiting.${field}`),
      ...['waiting.batches', 'waiting.batches_in_flight', 'coalesced.fingerprints', 'coalesced.failures'],
      ...['gathered.failures', 'quarantined.events', 'quarantined.by_reason...'],
      ...['quota.bytes', 'quota.used_bytes', 'quota.reserve_bytes'],
      ...['file.path', 'file.schema', 'file.device_free_bytes'],
    ],
  },
};

export const outboxStatusCommand: Command = async (invocation) => {
  const { config, commandFlags } = loadOutboxCommand(invocation, flags);
  const output = outputOf(commandFlags, FORMS);
  const access = await accessOutbox(config, invocation, asideOf(invocation.terminal, output));
  try {
    const status = await access.status();
    const text = output === 'json' ? JSON.stringify(status, null, 2) : renderStatus(status, access);
    invocation.terminal.out(`${text}\n`);
    return exitCodes.ok;
  } finally {
    await access.close();
  }
};

type Status = Awaited<ReturnType<OutboxAccess['status']>>;

function renderStatus(status: Status, { dir }: Pick<OutboxAccess, 'dir'>): string {
  const { waiting, quarantined, quota, file, agent, promise } = status;
  const reasons = Object.entries(quarantined.by_reason).map(([reason, events]) => `${reason} ${events}`);
  const oldest = waiting.events === 0 ? '' : `, the oldest for ${spanText(waiting.oldest_age_ms)}`;
  const rows: [string, string][] = [
    ['directory', dir],
    ['agent', agent === null ? 'none runs' : `runs (pid ${agent.pid}, ${agent.version})`],
    ['promise', promise === 'durable' ? 'durable: on disk, survives the process' : 'memory: lost with the process'],
    ['waiting', `${waiting.events} events, ${size(waiting.bytes)}${oldest}`],
    ['batches', `${waiting.batches}, of these ${waiting.batches_in_flight} in flight`],
    ['coalesced', coalescedText(status.coalesced)],
    ...(status.gathered.failures === 0 ? [] : [['gathered', gatheredText(status.gathered)] as [string, string]]),
    ['quarantined', [`${quarantined.events} events`, ...reasons].join(', ')],
    ['used', `${size(quota.used_bytes)} of ${size(quota.bytes)}, ${size(quota.reserve_bytes)} of it kept for draining`],
    ...(file === undefined ? [] : [['file', fileText(file)] as [string, string]]),
    ...(agent === null ? [] : [['telling', tellingText(agent.telling)] as [string, string]]),
  ];
  return rows.map(([name, text]) => `${name.padEnd(12)}${text}`).join('\n');
}

function coalescedText({ fingerprints, failures }: Status['coalesced']): string {
  return failures === 0 ? 'nothing' : `${failures} failures of ${fingerprints} fingerprints, since it is full`;
}

function gatheredText({ failures }: Status['gathered']): string {
  return `${failures} failures of storms, to be told as digests`;
}

function fileText({ path, schema, device_free_bytes: free }: NonNullable<Status['file']>): string {
  return `${path}, schema ${schema}, ${size(free)} free on its device`;
}

function tellingText(telling: object): string {
  const parts = Object.entries(telling).filter(([, value]) => typeof value !== 'object');
  return parts.map(([name, value]) => (name === 'kind' ? String(value) : `${name} ${String(value)}`)).join(', ');
}

/** Bytes as a person reads them. */
export function size(bytes: number | null): string {
  if (bytes === null) return 'unknown';
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
