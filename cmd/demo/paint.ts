/**
 * Colours, for terminals only. Without them every painter returns its text as it is, so that a log file, a pipe and
 * NO_COLOR (no-color.org) get plain words.
 */
import type { Environment } from '../../internal/config/environment.ts';

export type Painter = (text: string) => string;

export interface Paint {
  readonly good: Painter;
  readonly bad: Painter;
  readonly strong: Painter;
  readonly faint: Painter;
  /** For what asks for attention and is no error. */
  readonly notice: Painter;
}

const sequence =
  (on: number, off: number): Painter =>
  (text) =>
    text === '' ? '' : `\u001B[${on}m${text}\u001B[${off}m`;

const same: Painter = (text) => text;

export const plain: Paint = { good: same, bad: same, strong: same, faint: same, notice: same };

export const coloured: Paint = {
  good: sequence(32, 39),
  bad: sequence(31, 39),
  strong: sequence(1, 22),
  faint: sequence(2, 22),
  notice: sequence(33, 39),
};

/** Colours where a person reads along on a terminal that has them and didn't say NO_COLOR. */
export function paintFor(isTerminal: boolean, environment: Environment): Paint {
  const isUnwanted = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  return isTerminal && !isUnwanted ? coloured : plain;
}
