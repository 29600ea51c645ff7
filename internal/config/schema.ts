/**
 * The schema: every setting of the agent, from the tables settings-*.ts, as one typed table and as convict's. Convict
 * lays default, file and environment over each other and holds the text of each value; its format is the one of the row.
 */
import convict from 'convict';
import { environmentName, fileKey, settingGroups, type Setting, type SettingGroup } from './setting.ts';
import { contextSettings } from './settings-context.ts';
import { kubernetesSettings } from './settings-kubernetes.ts';
import { operationSettings } from './settings-operation.ts';
import { otlpSettings } from './settings-otlp.ts';
import { planeSettings } from './settings-plane.ts';

export const settingsTable = {
  ...planeSettings,
  ...kubernetesSettings,
  ...operationSettings,
  ...contextSettings,
  ...otlpSettings,
} as const;

/** The name of a setting in the code: `restateUrl`, `restateTimeoutMs`. */
export type SettingName = keyof typeof settingsTable;

type ValueOf<S> = S extends Setting<infer T> ? T : never;

/** Every setting's value. Durations in Ms. Frozen. */
export type Config = { readonly [N in SettingName]: ValueOf<(typeof settingsTable)[N]> };

export interface NamedSetting extends Setting<unknown> {
  readonly name: SettingName;
  /** Its environment variable: `RESTATE_URL`. */
  readonly environment: string;
  /** Its key in a file: `restate_url`. */
  readonly fileKey: string;
}

const groups = Object.keys(settingGroups) as SettingGroup[];

/** Every setting with its names, group by group. */
export const settings: readonly NamedSetting[] = Object.entries(settingsTable)
  .map(([name, row]) => named(name as SettingName, row as Setting<unknown>))
  .toSorted((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group));

function named(name: SettingName, row: Setting<unknown>): NamedSetting {
  return { ...row, name, environment: environmentName(row.flag), fileKey: fileKey(row.flag) };
}

export const settingsByFlag: ReadonlyMap<string, NamedSetting> = new Map(settings.map((row) => [row.flag, row]));
export const settingsByFileKey: ReadonlyMap<string, NamedSetting> = new Map(settings.map((row) => [row.fileKey, row]));

export type TextConfig = convict.Config<Record<string, string>>;

/** A fresh convict over the schema. It sees this environment and nothing of the process: no arguments, no files. */
export function convictOf(environment: Readonly<Record<string, string>>): TextConfig {
  const schema = Object.fromEntries(settings.map((row) => [row.name, convictRow(row)]));
  return convict<Record<string, string>>(schema, { env: environment, args: [] });
}

function convictRow(row: NamedSetting): convict.SchemaObj<string> {
  return {
    doc: row.doc,
    default: row.default,
    env: row.environment,
    arg: row.flag,
    sensitive: row.isSecret === true,
    format: (text: string) => {
      const parsed = row.format.parse(text);
      if (parsed.kind === 'problem') throw new Error(parsed.problem);
    },
  };
}
