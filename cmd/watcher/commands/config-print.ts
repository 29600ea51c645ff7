/**
 * `watcher config print`: the settings in force and where each comes from, as a table, as JSON, or as a YAML file that
 * could be used again. What may hold a credential is left out. Nothing is contacted, and nothing is required.
 */
import { describeConfig, type DescribedSetting } from '../../../internal/config/describe.ts';
import { loadConfig, type Loaded } from '../../../internal/config/load.ts';
import { printable } from '../../../internal/config/problems.ts';
import { knownReasons } from '../../../internal/pipeline/reasons.ts';
import { renderTable } from '../../../internal/platform/table.ts';
import { asideOf } from '../aside.ts';
import type { Command, CommandHelp } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { outputFlag, outputOf } from '../command-flags.ts';

const FORMS = ['table', 'json', 'yaml'] as const;
const flags = [outputFlag(FORMS)];

export const configPrintHelp: CommandHelp = {
  flags,
  examples: ['watcher config print --config watcher.yaml', 'watcher config print -o yaml > watcher.yaml'],
  json: { kind: 'document', fields: ['*.value...', '*.origin', '*.place'] },
};

/** Prints the settings on standard output and warnings on standard error. Rejects with CONFIG_INVALID. */
export const configPrint: Command = ({ args, environment, terminal }) => {
  const loaded = loadConfig({ argv: args, environment, require: [], commandFlags: flags, knownReasons });
  const output = outputOf(loaded.commandFlags, FORMS);
  terminal.out(renderConfig(loaded, output));
  asideOf(terminal, output).warn(loaded.warnings);
  return Promise.resolve(exitCodes.ok);
};

/** The settings of `loaded` in one of three forms. */
export function renderConfig(loaded: Loaded, output: (typeof FORMS)[number]): string {
  const described = describeConfig(loaded);
  switch (output) {
    case 'table':
      return renderRows(described);
    case 'json':
      return renderJson(loaded, described);
    case 'yaml':
      return described.map((one) => `${yamlLine(loaded, one)}\n`).join('');
  }
}

function renderRows(described: readonly DescribedSetting[]): string {
  const rows = described.map(({ setting, shown, isSet, place }) => [
    setting.fileKey,
    place,
    isSet ? printable(shown) : '-',
  ]);
  return renderTable([{ heading: 'SETTING' }, { heading: 'FROM' }, { heading: 'VALUE' }], rows);
}

function renderJson(loaded: Loaded, described: readonly DescribedSetting[]): string {
  const entries = described.map((one) => {
    const { setting, origin, place } = one;
    return [setting.fileKey, { value: plainValue(loaded, one), origin, place }];
  });
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}

/** Truths and numbers as such, lists as lists, durations and all else as they would be written; null where unset. */
function plainValue({ config }: Loaded, { setting, shown, isSet }: DescribedSetting): unknown {
  const value = config[setting.name];
  if (Array.isArray(value)) return value;
  if (!isSet) return null;
  return typeof value === 'boolean' || (typeof value === 'number' && String(value) === shown) ? value : shown;
}

/** JSON is YAML: what is quoted as JSON is read back as the same text. A line that can't be read back is a comment. */
function yamlLine(loaded: Loaded, one: DescribedSetting): string {
  const { setting, isSet, isRedacted, place } = one;
  const isComment = !isSet || isRedacted || setting.name === 'config';
  const value = isSet ? ` ${JSON.stringify(plainValue(loaded, one))}` : '';
  return `${isComment ? '# ' : ''}${setting.fileKey}:${value} # ${printable(place)}`;
}
