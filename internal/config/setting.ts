/**
 * What a row of the tables settings-*.ts says of a setting. From one row come the flag, the environment variable, the
 * file key, the help, the reference in docs/, the validation and the type of the value: adding a setting is adding a row.
 */
import type { Format } from './format.ts';

/** The headings under which settings are shown, in this order. */
export const settingGroups = {
  plane: 'The central plane',
  cluster: 'Kubernetes',
  scope: 'What is watched',
  detection: 'What is told',
  delivery: 'How it is delivered',
  leadership: 'Leader election',
  operation: 'Operation',
} as const;
export type SettingGroup = keyof typeof settingGroups;

export interface Setting<T> {
  /** Without the dashes. The environment variable and the file key have the same name with underscores. */
  readonly flag: string;
  readonly group: SettingGroup;
  /** One line of help: no full stop, no default (that is added). Plain ASCII, no `|`. */
  readonly doc: string;
  readonly format: Format<T>;
  /** As an operator would write it. '' where there is none. */
  readonly default: string;
  /** What takes the place of a missing value, for the help, where it depends on the surroundings. */
  readonly defaultDoc?: string;
  /** Where remote settings may change it: its name there. */
  readonly remote?: string;
  /** True where the value may hold a credential: it is a Secret, and what is shown of it leaves that part out. */
  readonly isSecret?: true;
}

/** A row, with the type of its value taken from its format. */
export function setting<T>(row: Setting<T>): Setting<T> {
  return row;
}

export function environmentName(flag: string): string {
  return flag.toUpperCase().replaceAll('-', '_');
}

export function fileKey(flag: string): string {
  return flag.replaceAll('-', '_');
}
