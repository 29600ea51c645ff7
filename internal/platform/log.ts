/**
 * Logging: pino, one JSON object a line, on standard output. Levels can be changed while running.
 * `Logger` is the only face the rest of the code sees, so that a test can collect what was said.
 */
import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import { describeError } from './errors.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
export const logLevels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

export type Logger = Pick<PinoLogger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'> & {
  level: string;
  child(bindings: Record<string, unknown>): Logger;
};

export interface LogOptions {
  readonly level: LogLevel;
  /** Where lines go; standard output when absent. */
  readonly destination?: DestinationStream;
  /** Fields on every line, such as the cluster's name. */
  readonly bindings?: Record<string, unknown>;
}

/** A logger whose `err` field prints code, message and remedy, never a stack (a stack is at level debug under `stack`). */
export function createLogger(options: LogOptions): Logger {
  return pino(
    {
      level: options.level,
      base: options.bindings ?? {},
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  );
}

/**
 * Standard output for a logger that says much at once, such as a line for each of a thousand events: what is written in
 * one turn leaves in one piece at its end, since a write of its own costs each line more than making it (measured).
 */
export function gatheredOutput(
  output: DestinationStream = pino.destination({ dest: 1, sync: true }),
): DestinationStream {
  let gathered = '';
  const flush = (): void => {
    const lines = gathered;
    gathered = '';
    output.write(lines);
  };
  return {
    write: (line) => {
      if (gathered === '') queueMicrotask(flush);
      gathered += line;
    },
  };
}

/** A logger that says nothing. */
export function silentLogger(): Logger {
  return createLogger({ level: 'silent', destination: { write: () => undefined } });
}
