// A logger that keeps its lines, so that a test can tell what an operator would have read.
import { createLogger, type Logger } from '../../internal/platform/log.ts';

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export function collectingLogger(): { readonly logger: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as LogLine);
  return { logger: createLogger({ level: 'trace', destination: { write } }), lines };
}
