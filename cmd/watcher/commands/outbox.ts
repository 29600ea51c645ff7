/** `watcher outbox` without more: says which commands there are. */
import { parseArguments } from '../../../internal/config/arguments.ts';
import { nearest } from '../../../internal/config/nearest.ts';
import type { Command, CommandHelp } from '../command.ts';
import { outputFlag, wrongUsage } from '../command-flags.ts';

const COMMANDS = ['status', 'list', 'quarantine', 'requeue', 'export'] as const;

const flags = [outputFlag(['text', 'json'])];

export const outboxHelp: CommandHelp = {
  takes: COMMANDS.join('|'),
  flags,
  examples: [
    'watcher outbox status --data-dir /var/lib/watcher',
    'watcher outbox quarantine -o json',
    'watcher outbox list --help                    each has its own',
  ],
  json: { kind: 'nothing', fields: [] },
};

/** Rejects with CONFIG_INVALID, and the command that may have been meant. */
export const outbox: Command = ({ args }) => {
  const [word] = parseArguments(args, flags).positionals;
  const near = word === undefined ? undefined : nearest(word, COMMANDS);
  const remedy = near === undefined ? `give one of ${COMMANDS.join(', ')}` : `did you mean 'outbox ${near}'?`;
  const place = word === undefined ? 'outbox' : `outbox ${word}`;
  return Promise.reject(wrongUsage(place, word === undefined ? 'needs a command' : 'is no command', remedy));
};
