/**
 * What a command says beside its output, on standard error: notes, warnings, progress. Where the output is JSON, it is
 * JSON too or nothing at all, so that a program can read both. Progress is drawn on a terminal once a second has passed,
 * and is a line now and then elsewhere, so that a log shows that it goes on.
 */
import type { Problem } from '../../internal/config/problems.ts';
import { systemClock, type Clock, type Timer } from '../../internal/platform/clock.ts';
import type { Terminal } from './command.ts';

export interface Aside {
  /** For people only: a program has it in the document. */
  note(text: string): void;
  warn(problems: readonly Problem[]): void;
  /** Where it stands; as often as it likes. */
  step(text: string): void;
  /** Takes the progress away: before anything else is printed, and at the end in any case, as it may wait for its time. */
  done(): void;
  /** How it ended, where standard output holds something else. */
  summary(text: string, document: object): void;
}

/** Nothing is drawn of what takes less. */
const QUIET_MS = 1000;
const REDRAW_MS = 100;
const LINE_MS = 10_000;
const ERASE_LINE = '\r\u001b[K';

export function asideOf(
  terminal: Pick<Terminal, 'err' | 'isErrorTerminal'>,
  form: string,
  clock: Pick<Clock, 'monotonicMs' | 'setTimer'> = systemClock(),
): Aside {
  const { err, isErrorTerminal: isDrawn = false } = terminal;
  const isJson = form === 'json';
  let nextMs = clock.monotonicMs() + (isDrawn ? QUIET_MS : LINE_MS);
  let timer: Timer | undefined;
  let latest = '';
  let hasDrawn = false;
  const draw = (): void => {
    timer = undefined;
    nextMs = clock.monotonicMs() + (isDrawn ? REDRAW_MS : LINE_MS);
    err(isDrawn ? `${ERASE_LINE}${latest}` : `${latest}\n`);
    hasDrawn = isDrawn;
  };
  const done = (): void => {
    timer?.cancel();
    timer = undefined;
    if (hasDrawn) err(ERASE_LINE);
    hasDrawn = false;
  };
  return {
    done,
    note: (text) => {
      done();
      if (!isJson) err(`${text}\n`);
    },
    warn: (problems) => {
      done();
      for (const problem of problems) err(isJson ? warningJson(problem) : warningText(problem));
    },
    summary: (text, document) => {
      done();
      err(isJson ? `${JSON.stringify({ level: 'summary', ...document })}\n` : `${text}\n`);
    },
    step: (text) => {
      latest = text;
      if (isJson && !isDrawn) return;
      timer ??= clock.setTimer(Math.max(0, nextMs - clock.monotonicMs()), draw);
    },
  };
}

const warningText = ({ place, problem, remedy }: Problem): string => `warning: ${place}: ${problem}; ${remedy}\n`;

function warningJson({ place, problem, remedy }: Problem): string {
  return `${JSON.stringify({ level: 'warning', place, message: problem, remedy })}\n`;
}
