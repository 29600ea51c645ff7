/**
 * The chart's view of the settings: each one is a value `settings.<name>` in camelCase, from the same table as its flag. Of
 * a value the schema says what Helm can check at once; its exact form is the agent's to judge.
 */
import { settings, type NamedSetting } from '../internal/config/schema.ts';

type Schema = Readonly<Record<string, unknown>>;

/** Values of their own at the top, since nothing works without them. */
const ON_TOP: readonly string[] = ['restate-url', 'cluster-id'];

/** What the chart sets where the agent's own default would be wrong in a cluster. */
const chartDefaults: Readonly<Record<string, string>> = { 'watch-namespace-mode': 'all' };

/** The settings below `settings`. */
export const chartSettings: readonly NamedSetting[] = settings.filter(({ flag }) => !ON_TOP.includes(flag));

/** `restateCaFile` for `restate-ca-file`; templates make the flag of it again. */
export function valueName(flag: string): string {
  return flag.replaceAll(/-(.)/g, (_all, letter: string) => letter.toUpperCase());
}

/** The generated part of values.yaml: what there is, with its default, as a comment. */
export function renderSettingsValues(): string {
  const head = [
    '# Every setting of the agent, in camelCase; what is not set has the default of the agent.',
    'settings:',
  ];
  return [...head, ...chartSettings.flatMap(valueLines)].join('\n');
}

function valueLines({ flag, doc, format, default: text, defaultDoc }: NamedSetting): string[] {
  const own = chartDefaults[flag];
  const hints = [format.placeholder, ...(text === '' && defaultDoc !== undefined ? [defaultDoc] : [])].join('; ');
  const value = own ?? text;
  return [
    `  # ${doc} (${hints})`,
    `  ${own === undefined ? '# ' : ''}${valueName(flag)}:${value === '' ? '' : ` ${value}`}`,
  ];
}

/** Null stands for the default, so that a value can be taken back. */
export function settingsSchema(): Schema {
  const properties = chartSettings.map((row) => [valueName(row.flag), { description: row.doc, ...typeOf(row) }]);
  return { type: 'object', additionalProperties: false, properties: Object.fromEntries(properties) as Schema };
}

function typeOf({ format, flag }: NamedSetting): Schema {
  const { placeholder, isList, words } = format;
  if (isList === true) return { type: ['array', 'string', 'null'], items: { type: 'string' } };
  if (placeholder === 'true|false') return { enum: [true, false, 'true', 'false', null] };
  if (words !== undefined) return { enum: [...words, ...truths(words), null] };
  if (/^[\w'/]*(\|[\w'/]+)+$/.test(placeholder) && flag !== 'shard') {
    return { enum: [...placeholder.split('|').map((word) => (word === "''" ? '' : word)), null] };
  }
  if (placeholder === 'N') return { type: ['number', 'string', 'null'] };
  if (placeholder === 'DURATION') return { type: ['string', 'null'], pattern: DURATION };
  return { type: ['string', 'null'] };
}

/** YAML reads the word true as a truth. */
const truths = (words: readonly string[]): boolean[] => [true, false].filter((truth) => words.includes(String(truth)));

/** As internal/config/duration.ts reads it. */
const DURATION = '^([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h))*$';
