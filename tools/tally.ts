/**
 * Counts what a run of node:test reports. A test is a leaf: suites and files count only when they fail without a test of
 * theirs having failed, so that a file that can't even be loaded is a failure and not a silence.
 */
import type { EventData } from 'node:test';
import { relative } from 'node:path';

export interface Tally {
  passed: number;
  readonly failed: string[];
  readonly skipped: string[];
}

export const emptyTally = (): Tally => ({ passed: 0, failed: [], skipped: [] });

type Result = EventData.TestPass | EventData.TestFail;

/** Adds one `test:pass` or `test:fail` event. */
export function addResult(tally: Tally, kind: 'pass' | 'fail', result: Result): void {
  const where = `${relative('.', result.file ?? '')}: ${result.name}`;
  if (kind === 'fail' && !isAccountedFor(result)) tally.failed.push(where);
  if (kind === 'fail' || (isContainer(result) && !isSkipped(result))) return;
  if (isSkipped(result)) tally.skipped.push(`${where} (${reasonOf(result.skip ?? '')})`);
  else if (result.todo !== undefined && result.todo !== false) tally.skipped.push(`${where} (to do)`);
  else tally.passed += 1;
}

/** A skipped suite never runs its tests, so it counts for them. */
const isSkipped = ({ skip }: Result): boolean => skip !== undefined && skip !== false;

const reasonOf = (skip: string | boolean): string =>
  typeof skip === 'string' && skip !== '' ? skip : 'no reason given';

/** A suite, or the entry that stands for a whole file. */
function isContainer(result: Result): boolean {
  return result.details.type === 'suite' || result.name === result.file;
}

/** The failure of a container only repeats that of its tests. */
function isAccountedFor(result: Result): boolean {
  const error = 'error' in result.details ? (result.details.error as { failureType?: string }) : undefined;
  return error?.failureType === 'subtestsFailed';
}
