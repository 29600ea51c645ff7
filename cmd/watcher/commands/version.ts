/** `watcher version`: which version this is, and what it runs on. */
import { loadConfig } from '../../../internal/config/load.ts';
import type { Command, CommandHelp } from '../command.ts';
import { outputFlag, outputOf } from '../command-flags.ts';
import { exitCodes } from '../exit-codes.ts';
import { versionText } from '../version.ts';

const FORMS = ['text', 'json'] as const;
const flags = [outputFlag(FORMS)];

export const versionHelp: CommandHelp = {
  flags,
  examples: ['watcher version', 'watcher version -o json'],
  json: { kind: 'document', fields: ['version', 'node', 'platform', 'arch'] },
};

export const printVersion: Command = ({ args, environment, terminal }) => {
  const { commandFlags } = loadConfig({ argv: args, environment, require: [], commandFlags: flags });
  terminal.out(versionText(outputOf(commandFlags, FORMS)));
  return Promise.resolve(exitCodes.ok);
};
