/** `watcher completion SHELL`: the script by which a shell completes commands, flags and what they take. */
import { loadConfig } from '../../../internal/config/load.ts';
import { wrongUsage } from '../command-flags.ts';
import { exitCodes, type Command, type CommandEntry, type CommandHelp } from '../command.ts';
import { completionModel } from '../completion-model.ts';
import { completionScript, shells } from '../completion-scripts.ts';

export const completionHelp: CommandHelp = {
  takes: shells.join('|'),
  flags: [],
  examples: [
    'source <(watcher completion bash)',
    'watcher completion zsh > "${fpath[1]}/_watcher"',
    'watcher completion fish > ~/.config/fish/completions/watcher.fish',
  ],
};

/** Of these commands. Rejects with CONFIG_INVALID where the shell is not one it knows. */
export const completionOf =
  (table: readonly CommandEntry[]): Command =>
  async ({ args, environment, terminal }) => {
    const { positionals } = loadConfig({ argv: args, environment, require: [], commandFlags: [], mostPositionals: 1 });
    const shell = shells.find((known) => known === positionals[0]);
    if (shell === undefined) {
      throw wrongUsage(
        JSON.stringify(positionals[0] ?? ''),
        'is no shell it can write for',
        `name one of ${shells.join(', ')}`,
      );
    }
    terminal.out(completionScript(shell, await completionModel(table)));
    return exitCodes.ok;
  };
