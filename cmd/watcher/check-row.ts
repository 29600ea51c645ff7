/**
 * One thing that `watcher check` looked at, and how it came out: works, degraded (the agent does its work without it, and
 * what is lost is said) or missing (it can't do its work). Pure.
 */
import { describeError } from '../../internal/platform/errors.ts';

export type CheckStatus = 'works' | 'degraded' | 'missing';

export interface CheckRow {
  /** What was looked at: `API server`, `list, watch pods`. */
  readonly what: string;
  readonly status: CheckStatus;
  /** What was found: where, how fast, or what is lost. */
  readonly detail: string;
  /** What to do; undefined where it works. */
  readonly remedy: string | undefined;
  /** Of the error table, where an error is behind it. */
  readonly code: string | undefined;
}

export function works(what: string, detail: string): CheckRow {
  return { what, status: 'works', detail, remedy: undefined, code: undefined };
}

/** What an error means to the thing that was looked at. */
export function failed(what: string, status: Exclude<CheckStatus, 'works'>, error: unknown): CheckRow {
  const { code, message, remedy } = describeError(error);
  return { what, status, detail: message, remedy: remedy ?? 'see the message', code };
}

/** The worst of all. */
export function overall(rows: readonly CheckRow[]): CheckStatus {
  const has = (status: CheckStatus): boolean => rows.some((row) => row.status === status);
  return has('missing') ? 'missing' : has('degraded') ? 'degraded' : 'works';
}
