/** How an error is told: to a person its code, the case at hand, and what to do; to a program the same as a line of JSON. */
import { ConfigError } from '../../internal/config/problems.ts';
import { describeError } from '../../internal/platform/errors.ts';

export function errorText(error: unknown): string {
  const { code, message, remedy } = describeError(error);
  return `watcher: ${code}: ${message}\n${remedy === undefined ? '' : `  what to do: ${remedy}\n`}`;
}

/** `remedy` is null where nobody knows one; `problems` names each that is wrong with settings and usage. */
export function errorJson(error: unknown): string {
  const { code, message, remedy = null } = describeError(error);
  const problems = error instanceof ConfigError ? { problems: error.problems.map(problemJson) } : {};
  return `${JSON.stringify({ level: 'error', code, message, remedy, ...problems })}\n`;
}

const problemJson = ({ place, problem, remedy }: ConfigError['problems'][number]): object => ({
  ...{ place, problem, remedy },
});
