/** How an error is told: to a person its code, the case at hand, and what to do; to a program the same as a line of JSON. */
import { ConfigError } from '../../internal/config/problems.ts';
import { errorTable } from '../../internal/platform/error-table.ts';
import { describeError } from '../../internal/platform/errors.ts';

export function errorText(error: unknown): string {
  const { code, message, remedy } = coded(error);
  return `watcher: ${code}: ${message}\n  what to do: ${remedy}\n`;
}

/** `problems` names each that is wrong with settings and usage. */
export function errorJson(error: unknown): string {
  const { code, message, remedy } = coded(error);
  const problems = error instanceof ConfigError ? { problems: error.problems.map(problemJson) } : {};
  return `${JSON.stringify({ level: 'error', code, message, remedy, ...problems })}\n`;
}

/** What has no code of the table is INTERNAL; the system's own code stands in its message. */
function coded(error: unknown): { code: string; message: string; remedy: string } {
  const { code, message, remedy } = describeError(error);
  if (remedy !== undefined) return { code, message, remedy };
  const named = message.startsWith(code) ? message : `${code}: ${message}`;
  return { code: 'INTERNAL', message: named, remedy: errorTable.INTERNAL.remedy };
}

const problemJson = ({ place, problem, remedy }: ConfigError['problems'][number]): object => ({
  ...{ place, problem, remedy },
});
