/** `watcher completion SHELL`: the script by which a shell completes commands, flags and what they take. */
import { loadConfig } from '../../../internal/config/load.ts';
import { outputFlag, outputOf, wrongUsage } from '../command-flags.ts';
import type { Command, CommandEntry, CommandHelp } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { completionModel } from '../completion-model.ts';
import { completionScript, shells } from '../completion-scripts.ts';

const FORMS = ['script', 'json'] as const;
const flags = [outputFlag(FORMS)];

export const completionHelp: CommandHelp = {
  takes: shells.join('|'),
  flags,
  examples: [
    'source <(watcher completion bash)',
    'watcher completion zsh > "${fpath[1]}/_watcher"',
    'watcher completion fish > ~/.config/fish/completions/watcher.fish',
  ],
  json: { kind: 'document', fields: ['shell', 'script'] },
};

/** Of these commands. Rejects with CONFIG_INVALID where the shell is not one it knows. */
export const completionOf =
  (table: readonly CommandEntry[]): Command =>
  async ({ args, environment, terminal }) => {
    const { positionals, commandFlags } = loadConfig({
      ...{ argv: args, environment, require: [], commandFlags: flags, mostPositionals: 1 },
    });
    const output = outputOf(commandFlags, FORMS);
    const shell = shells.find((known) => known === positionals[0]);
    if (shell === undefined) {
      throw wrongUsage(
        JSON.stringify(positionals[0] ?? ''),
        'is no shell it can write for',
        `name one of ${shells.join(', ')}`,
      );
    }
    const script = completionScript(shell, await completionModel(table));
    terminal.out(output === 'json' ? `${JSON.stringify({ shell, script })}\n` : script);
    return exitCodes.ok;
  };
