/**
 * What can be wrong with the configuration, and how it is told: all of it at once, each with where it stands and what to
 * do. A value is only repeated where it can't hold a secret, shortened and with its control characters made visible.
 */
import { CodedError } from '../platform/errors.ts';

/** Where a value comes from, the strongest first. */
export const origins = ['flag', 'environment', 'file', 'default'] as const;
export type Origin = (typeof origins)[number];

export interface Problem {
  /** The setting, by its name in a file (`restate_url`); '' where no setting can be named. */
  readonly key: string;
  readonly source: Origin;
  /** Where exactly: `--restate-url`, `RESTATE_URL`, `config.yaml:3`. */
  readonly place: string;
  readonly problem: string;
  readonly remedy: string;
}

/** CONFIG_INVALID with every problem found, in the order of their sources. Its detail is for people, one line each. */
export class ConfigError extends CodedError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('CONFIG_INVALID', renderProblems(problems));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** `3 problems:` and a line for each. */
export function renderProblems(problems: readonly Problem[]): string {
  const lines = problems.map(({ place, problem, remedy }) => `  ${place}: ${problem}; ${remedy}`);
  return [`${problems.length} problem${problems.length === 1 ? '' : 's'}:`, ...lines].join('\n');
}

const LONGEST_QUOTE = 60;

/** Text from outside, as it may stand in a message: quoted, at most 60 characters, nothing invisible. */
export function quoted(text: string): string {
  return `'${printable(text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text)}'`;
}

/** `text` on one line, with control and formatting characters made visible. */
export function printable(text: string): string {
  return text.toWellFormed().replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, visible);
}

function visible(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
