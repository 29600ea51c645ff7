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

/** Lines that wait for who reads standard output. Beyond it they are dropped: a log nobody reads must not cost the agent. */
const WAITING_BYTES = 16 * 1024 * 1024;

export interface GatheredOutput extends DestinationStream {
  /** Resolves when all that was said has been written: to be awaited before the process ends. */
  flushed(): Promise<void>;
}

/** Where gathered lines go; pino's own destination is one. */
export interface LineOutput extends DestinationStream {
  flush(done: () => void): void;
}

/**
 * Standard output for an agent. What is written in one turn leaves in one piece at its end, since a write of its own costs
 * a line more than making it; and it leaves without holding up the event loop: a pipe that is full would stop it for a
 * tenth of a second at a time (measured). All loggers of a process share one, or their lines would get into each other.
 */
export function gatheredOutput(
  output: LineOutput = pino.destination({ dest: 1, sync: false, minLength: 1, maxLength: WAITING_BYTES }),
): GatheredOutput {
  let gathered = '';
  const flush = (): void => {
    const lines = gathered;
    gathered = '';
    if (lines !== '') output.write(lines);
  };
  return {
    write: (line) => {
      if (gathered === '') queueMicrotask(flush);
      gathered += line;
    },
    flushed: () => {
      flush();
      return new Promise((resolve) => output.flush(resolve));
    },
  };
}

/** A logger that says nothing. */
export function silentLogger(): Logger {
  return createLogger({ level: 'silent', destination: { write: () => undefined } });
}
