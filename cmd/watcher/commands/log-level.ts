/**
 * `watcher log-level [LEVEL] [--for 10m]`: shows or changes the level of a running agent's log, for a while. Asks through
 * the control socket of its data directory.
 */
import { duration } from '../../../internal/config/duration.ts';
import { loadConfig } from '../../../internal/config/load.ts';
import { CodedError } from '../../../internal/platform/errors.ts';
import { connectControl } from '../../../internal/server/control-client.ts';
import { LEVEL_FOR_MS, levelWords, type LevelDocument } from '../../../internal/server/control-level.ts';
import { outputFlag, outputOf, readFlag, wrongUsage } from '../command-flags.ts';
import type { Command, CommandHelp } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { dataDirOf } from '../outbox-access.ts';

const FORMS = ['text', 'json'] as const;
const forFlag = {
  name: 'for',
  placeholder: 'DURATION',
  doc: 'how long, until it goes back by itself (10m; 24h at most)',
};
const flags = [forFlag, outputFlag(FORMS)];

export const logLevelHelp: CommandHelp = {
  takes: `[${levelWords.join('|')}]`,
  flags,
  examples: [
    'watcher log-level --data-dir /var/lib/watcher',
    'watcher log-level debug --for=30m --data-dir /var/lib/watcher',
    'kubectl exec -n watcher deploy/watcher -- watcher log-level reset',
  ],
  json: { kind: 'document', fields: ['level', 'configured', 'until'] },
  exitCodes: { 1: 'no agent could be asked' },
};

/** Rejects with CONTROL_UNREACHABLE where no agent answers. */
export const logLevel: Command = async ({ args, environment, terminal }) => {
  const { config, commandFlags, positionals } = loadConfig({
    ...{ argv: args, environment, require: [], commandFlags: flags, mostPositionals: 1 },
  });
  const output = outputOf(commandFlags, FORMS);
  const level = levelOf(positionals[0]);
  const forMs = readFlag(commandFlags, forFlag.name, '10m', (text) => duration(LEVEL_FOR_MS).parse(text));
  const dir = dataDirOf(config, environment);
  const agent = await connectControl(dir);
  if (agent === undefined) throw new CodedError('CONTROL_UNREACHABLE', `${dir}: no agent runs on it`);
  const told = await (level === undefined ? agent.logLevel() : agent.changeLogLevel(level, forMs));
  terminal.out(output === 'json' ? `${JSON.stringify(told, null, 2)}\n` : render(told));
  return exitCodes.ok;
};

function levelOf(word: string | undefined): (typeof levelWords)[number] | undefined {
  const known = levelWords.find((level) => level === word);
  if (word === undefined || known !== undefined) return known;
  throw wrongUsage(JSON.stringify(word), 'is no level', `choose from ${levelWords.join(', ')}`);
}

function render({ level, configured, until }: LevelDocument): string {
  return until === null ? `${level}\n` : `${level} until ${until}, then ${configured}\n`;
}
