/**
 * Logging: pino, one JSON object a line (log-line.ts), on standard output. Levels can be changed while running
 * (log-levels.ts), and what repeats is sampled where a sampler is given (log-sampling.ts).
 *
 * It promises that every line at warn and above has a `code` of the error table and its `remedy`: the type of those
 * methods asks for a code or an error, and an error without a code is INTERNAL. `Logger` is the only face the rest of the
 * code sees, so that a test can collect what was said.
 */
import { pino, type DestinationStream, type LogFn, type Logger as PinoLogger } from 'pino';
import { errorTable } from './error-table.ts';
import { CodedError, describeError, type ErrorCode } from './errors.ts';
import { safeLine } from './log-line.ts';
import { levelNumbers, LogLevels, type LogLevel } from './log-levels.ts';
import type { LogSampler } from './log-sampling.ts';

/** What a line at warn and above says beside its message. A `remedy` given is better than the table's. */
export type Trouble = Readonly<Record<string, unknown>> & ({ readonly code: ErrorCode } | { readonly err: unknown });

type Say = (fields: object | string, message?: string, ...values: unknown[]) => void;
type SayTrouble = (trouble: Trouble, message?: string) => void;

export interface Logger {
  readonly trace: Say;
  readonly debug: Say;
  readonly info: Say;
  readonly warn: SayTrouble;
  readonly error: SayTrouble;
  readonly fatal: SayTrouble;
  child(bindings: Record<string, unknown>): Logger;
}

export interface LogOptions {
  /** What is written: a level, or one that can be changed. */
  readonly level: LogLevel | LogLevels;
  /** Where lines go; standard output when absent. */
  readonly destination?: DestinationStream;
  /** Fields on every line, such as the cluster's name. */
  readonly bindings?: Record<string, unknown>;
  /** Samples lines at warn and error. Absent, all are written. */
  readonly sampler?: LogSampler | undefined;
}

/** A logger whose `err` field prints code and message, never a stack; that is in `stack`, of lines at fatal and where the level is debug. */
export function createLogger(options: LogOptions): Logger {
  const levels = options.level instanceof LogLevels ? options.level : new LogLevels(options.level);
  const { destination = pino.destination({ dest: 1, sync: true }), sampler } = options;
  return pino(
    {
      // The hook decides, since children made earlier would keep the level they were made with.
      level: 'trace',
      base: options.bindings ?? {},
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (err: unknown) => (err instanceof Described ? err : describeError(err)) },
      hooks: {
        logMethod(args, method, level) {
          if (!levels.allows(level)) return;
          if (level < levelNumbers.warn) method.apply(this, args);
          else
            sayTrouble(this, args, method, {
              level,
              sampler,
              hasStack: level >= levelNumbers.fatal || levels.allows(levelNumbers.debug),
            });
        },
      },
    },
    { write: (line) => destination.write(safeLine(line)) },
  );
}

interface Saying {
  readonly level: number;
  readonly sampler: LogSampler | undefined;
  readonly hasStack: boolean;
}

function sayTrouble(
  logger: PinoLogger,
  [given, message]: readonly unknown[],
  method: LogFn,
  { level, sampler, hasStack }: Saying,
): void {
  const fields = troubleFields(given as Record<string, unknown>, hasStack);
  const text = message as string | undefined;
  if (sampler === undefined || level >= levelNumbers.fatal) {
    method.call(logger, fields, text);
    return;
  }
  const detail = fields.err?.message ?? '';
  sampler.take(`${level} ${fields.code} ${text}`, detail, (leftOut) =>
    method.call(logger, { ...fields, ...leftOut }, text),
  );
}

/** The words of an error whose code and remedy stand beside it. */
class Described {
  readonly code: string;
  readonly message: string;

  constructor(code: string, message: string) {
    this.code = code;
    this.message = message;
  }
}

interface TroubleFields {
  readonly code: string;
  readonly remedy: string;
  readonly err?: Described;
}

function troubleFields(given: Record<string, unknown>, hasStack: boolean): TroubleFields {
  const { err: error, ...rest } = given;
  const err = error === undefined ? undefined : describeError(error);
  const code = codeOf(given['code']) ?? codeOf(err?.code) ?? 'INTERNAL';
  const stack = hasStack && error instanceof Error && !(error instanceof CodedError) ? error.stack : undefined;
  return {
    remedy: errorTable[code].remedy,
    ...rest,
    code,
    ...(err === undefined ? {} : { err: new Described(err.code, err.message) }),
    ...(stack === undefined ? {} : { stack }),
  };
}

const codeOf = (code: unknown): ErrorCode | undefined =>
  typeof code === 'string' && Object.hasOwn(errorTable, code) ? (code as ErrorCode) : undefined;

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
