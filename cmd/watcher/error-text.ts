/** How an error is told to a person at a terminal: its code, the case at hand, and what to do. */
import { describeError } from '../../internal/platform/errors.ts';

export function errorText(error: unknown): string {
  const { code, message, remedy } = describeError(error);
  return `watcher: ${code}: ${message}\n${remedy === undefined ? '' : `  what to do: ${remedy}\n`}`;
}
