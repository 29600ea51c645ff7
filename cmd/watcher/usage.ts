/**
 * The text of `--help`, made from the schema and the table of commands: what is written here is what is accepted. Fits
 * 100 columns. Also finds out whether someone asked for help or the version, before anything else is looked at.
 */
import { settings, type NamedSetting } from '../../internal/config/schema.ts';
import { settingGroups, type SettingGroup } from '../../internal/config/setting.ts';
import type { CommandEntry, CommandHelp, DescribedFlag, JsonShape } from './command.ts';
import { exitSentence, orderlyEnd } from './exit-codes.ts';

const COLUMNS = 100;
/** Where the explanations start. */
const INDENT = 32;

const INTRODUCTION = `watcher tells a central plane about every failing pod of a Kubernetes cluster, once.

Usage:
  watcher --restate-url URL --cluster-id NAME [settings]
  watcher COMMAND [settings]

Examples:
  watcher --restate-url https://restate.example.com:8080 --cluster-id prod-eu-1
  watcher --config watcher.yaml --watch-namespace-mode all --dry-run
  RESTATE_URL=http://restate:8080 CLUSTER_ID=dev watcher config print`;

const COMMANDS_NOTE = `Each has its own help, such as watcher scan --help, and takes -o json and --color WHEN.`;

const SETTINGS_NOTE = `Each setting is a flag, an environment variable or a key of the YAML file; a flag wins over the
environment, the environment over the file. In parentheses stand the default and the environment
variable; the key in the file is that variable in lower case. A flag that takes no value below is
true or false: --dry-run, --dry-run=false, --no-dry-run.`;

const PROGRAM_FLAGS: readonly DescribedFlag[] = [
  {
    name: 'color',
    placeholder: 'auto|always|never',
    doc: 'colours: on a terminal, unless NO_COLOR or FORCE_COLOR (auto)',
  },
  { name: 'help', short: 'h', doc: 'this text' },
];

/** What `-o json` prints, in a line of the help. */
const SHAPES: Readonly<Record<JsonShape['kind'], string>> = {
  document: 'With -o json, one document',
  lines: 'JSON, one document a line',
  nothing: 'With -o json, errors are JSON as well',
};

/** What `-h`, `--help` or `--version` among the arguments asks for; they count wherever they stand before a `--`. */
export function askedFor(args: readonly string[]): 'help' | 'version' | undefined {
  const end = args.indexOf('--');
  for (const argument of end === -1 ? args : args.slice(0, end)) {
    if (['-h', '-help', '--help'].includes(argument)) return 'help';
    if (argument === '--version') return 'version';
  }
  return undefined;
}

/** `help scan` is `scan --help`, as with kubectl. */
export function helpAsFlag(args: readonly string[]): readonly string[] {
  return args[0] === 'help' ? [...args.slice(1), '--help'] : args;
}

/** The help of the program. */
export function renderUsage(commands: readonly Pick<CommandEntry, 'words' | 'summary'>[]): string {
  const entries = commands.filter(({ words }) => words !== '');
  const list = entries.map(({ words, summary }) => twoColumns(`  ${words}`, summary));
  const parts = [
    INTRODUCTION,
    `Commands:\n${list.join('\n')}`,
    COMMANDS_NOTE,
    SETTINGS_NOTE,
    ...renderGroups(),
    wrapped(exitSentence(orderlyEnd)),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** The help of one command. */
export function renderCommandUsage(
  { words, summary }: Pick<CommandEntry, 'words' | 'summary'>,
  { takes = '', flags, examples, json, exitCodes }: CommandHelp,
): string {
  const usage = `  watcher ${[words, takes, '[flags]', '[settings]'].filter((part) => part !== '').join(' ')}`;
  const parts = [
    `${summary}.`,
    `Usage:\n${usage}`,
    `Examples:\n${examples.map((example) => `  ${example}`).join('\n')}`,
    `Flags:\n${[...flags, ...PROGRAM_FLAGS].map(renderFlag).join('\n')}`,
    wrapped(jsonSentence(json)),
    'Settings are those of `watcher --help`.',
    wrapped(exitSentence(exitCodes)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function jsonSentence({ kind, fields, filed = [] }: JsonShape): string {
  const inFile = filed.length === 0 ? '' : `; with --file and -o json, one document: ${filed.join(', ')}`;
  const named = fields.filter((field) => field !== '...');
  return `${SHAPES[kind]}${named.length === 0 ? '' : `: ${named.join(', ')}`}${inFile}.`;
}

const wrapped = (text: string): string => wrap(text, COLUMNS).join('\n');

function renderFlag({ name, short, placeholder, doc }: DescribedFlag): string {
  const dash = short === undefined ? '    ' : `-${short}, `;
  return twoColumns(`  ${dash}--${name}${placeholder === undefined ? '' : ` ${placeholder}`}`, doc);
}

function renderGroups(): string[] {
  return Object.entries(settingGroups).map(([group, title]) => {
    const rows = settings.filter((row) => row.group === (group as SettingGroup));
    return `${title}:\n${rows.map(renderSetting).join('\n')}`;
  });
}

function renderSetting(row: NamedSetting): string {
  const isTruth = row.format.placeholder === 'true|false';
  const left = `  --${row.flag}${isTruth ? '' : ` ${row.format.placeholder}`}`;
  const fallback = row.default === '' ? row.defaultDoc : row.default.replaceAll(',', ', ');
  const hints = fallback === undefined ? row.environment : `${fallback}; ${row.environment}`;
  return twoColumns(left, `${row.doc} (${hints})`);
}

/** `left` and, beside or below it, `right` wrapped to what is left of the line. */
function twoColumns(left: string, right: string): string {
  const lines = wrap(right, COLUMNS - INDENT).map((text) => `${' '.repeat(INDENT)}${text}`);
  if (left.length >= INDENT - 1) return [left, ...lines].join('\n');
  return [left.padEnd(INDENT) + (lines[0] ?? '').trimStart(), ...lines.slice(1)].join('\n');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
