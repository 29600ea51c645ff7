/**
 * Says what is being started and how long it took, one line a step. On a terminal the line is there from the beginning
 * of the step and is completed at its end; elsewhere it is written once, complete.
 */
import type { Clock } from '../../internal/platform/clock.ts';
import type { Paint } from './paint.ts';
import { spanText } from '../../internal/platform/table.ts';

export interface Terminal {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  readonly paint: Paint;
}

/** A step's result, and a word about it for its line. */
export interface Done<T> {
  readonly value: T;
  readonly note: string;
}

export type Step = <T>(name: string, work: () => Promise<Done<T>>) => Promise<T>;

const NAME_WIDTH = 18;
const ERASE_LINE = '\r\u001B[2K';

/** Runs each piece of work with its line. A failure is marked on the line and thrown on. */
export function createProgress({ write, isTerminal, paint }: Terminal, clock: Clock): Step {
  return async (name, work) => {
    const startedMs = clock.monotonicMs();
    const label = `  ${name.padEnd(NAME_WIDTH)}  `;
    const end = (mark: string, note: string): void => {
      const took = spanText(clock.monotonicMs() - startedMs).padStart(7);
      write(`${isTerminal ? ERASE_LINE : ''}${label}${mark}  ${took}  ${paint.faint(note)}`.trimEnd() + '\n');
    };
    if (isTerminal) write(`${label}${paint.notice('starting ...')}`);
    try {
      const { value, note } = await work();
      end(paint.good('ready '), note);
      return value;
    } catch (error) {
      end(paint.bad('failed'), '');
      throw error;
    }
  };
}
