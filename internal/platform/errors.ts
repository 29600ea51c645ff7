/**
 * Errors an operator may meet, as values with a code. One table says what each code means and what to do; the log,
 * the commands and docs/ERRORS.md all read it. No error reaches an operator as a bare stack.
 */
import { errorTable } from './error-table.ts';

export type ErrorCode = keyof typeof errorTable;

/** An error with a code of the table. `detail` names the case at hand: which file, which verb, which status. */
export class CodedError extends Error {
  readonly code: ErrorCode;
  readonly detail: string;

  constructor(code: ErrorCode, detail: string, options?: { cause?: unknown }) {
    super(`${code}: ${detail}`, options);
    this.name = 'CodedError';
    this.code = code;
    this.detail = detail;
  }

  /** What to do about it, from the table. */
  get remedy(): string {
    return errorTable[this.code].remedy;
  }
}

/** The fields of any thrown value that belong in a log line: code, message and remedy where known, never a stack. */
export function describeError(error: unknown): { code: string; message: string; remedy?: string } {
  if (error instanceof CodedError) return { code: error.code, message: error.detail, remedy: error.remedy };
  if (error instanceof Error) return { code: systemCode(error) ?? error.name, message: rootMessage(error) };
  return { code: 'UNKNOWN', message: textOf(error) };
}

/** What has no text of its own (no prototype, a broken toString) must not fail who tells of it. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}

function systemCode(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Node's connection errors often carry an empty message and keep the story in `cause` or in AggregateError's list. */
function rootMessage(error: Error): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describeError(error.errors[0]).message;
  if (error.message === '' && error.cause instanceof Error) return rootMessage(error.cause);
  return error.message;
}
