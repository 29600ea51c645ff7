/** What can stand on the command line, as shell completion needs it. Made from the tables that parse it. */
import { settings } from '../../internal/config/schema.ts';
import { colourWishes } from './colour.ts';
import type { CommandEntry, DescribedFlag } from './command.ts';

export interface CompletedFlag {
  readonly name: string;
  readonly short: string;
  readonly doc: string;
  /** `none`: it stands alone. `text`: nobody can say. */
  readonly takes: 'none' | 'file' | 'directory' | 'text' | readonly string[];
}

export interface CompletedCommand {
  /** Such as `outbox list`; '' is the agent. */
  readonly words: string;
  readonly summary: string;
  /** Its own, without the settings. */
  readonly flags: readonly CompletedFlag[];
}

export interface CompletionModel {
  readonly commands: readonly CompletedCommand[];
  /** Flags that every command takes. */
  readonly settings: readonly CompletedFlag[];
}

const common: readonly CompletedFlag[] = [
  { name: 'color', short: '', doc: 'colours', takes: colourWishes },
  { name: 'help', short: 'h', doc: 'show the help', takes: 'none' },
  { name: 'version', short: '', doc: 'show the version', takes: 'none' },
];

export async function completionModel(table: readonly CommandEntry[]): Promise<CompletionModel> {
  const commands = table.map(async (entry) => {
    const { words, summary } = entry;
    const flags = words === '' ? [] : ((await entry.load()).help?.flags ?? []);
    return { words, summary, flags: flags.map(ofCommand) };
  });
  const ofSettings = settings.map(({ flag, doc, format }) =>
    flagOf({ name: flag, doc, placeholder: format.placeholder }),
  );
  return { commands: await Promise.all(commands), settings: [...ofSettings, ...common] };
}

const ofCommand = (flag: DescribedFlag): CompletedFlag =>
  flag.placeholder === undefined
    ? { ...named(flag), takes: 'none' }
    : flagOf({ ...flag, placeholder: flag.placeholder });

type Described = Pick<DescribedFlag, 'name' | 'short' | 'doc'>;

const named = ({ name, short = '', doc }: Described): Omit<CompletedFlag, 'takes'> => ({ name, short, doc });

function flagOf(flag: Described & { readonly placeholder: string }): CompletedFlag {
  return { ...named(flag), takes: takenBy(flag.placeholder) };
}

function takenBy(placeholder: string): CompletedFlag['takes'] {
  if (placeholder === 'true|false') return 'none';
  if (placeholder === 'FILE') return 'file';
  if (placeholder === 'DIR') return 'directory';
  const choices = placeholder.split('|').filter((choice) => /^[a-z]\S*$/.test(choice));
  return choices.length > 1 ? choices : 'text';
}
