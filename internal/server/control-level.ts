/** The control socket's part about the level of the log: what may be asked, and the bounds of it. */
import { logLevels, type LogLevel } from '../platform/log-levels.ts';

/** As the commands print it. */
export interface LevelDocument {
  readonly level: LogLevel;
  /** What it goes back to. */
  readonly configured: LogLevel;
  /** When it goes back by itself, RFC 3339; null where nobody changed it. */
  readonly until: string | null;
}

/** The log of the agent behind the socket. */
export interface ControlledLevel {
  inForce(): LevelDocument;
  change(level: LogLevel | 'reset', forMs: number): LevelDocument;
}

/** `reset` goes back to what is configured at once. */
export const levelWords: readonly (LogLevel | 'reset')[] = [...logLevels, 'reset'];

export const LEVEL_FOR_MS = { min: 1_000, max: 24 * 60 * 60_000 } as const;

export interface LevelWish {
  readonly level: LogLevel | 'reset';
  readonly forMs: number;
}

/** The wish in a request's body; undefined where there is none within the bounds. */
export function levelWish(body: unknown): LevelWish | undefined {
  const { level, for_ms: forMs } = (body ?? {}) as { readonly level?: unknown; readonly for_ms?: unknown };
  const word = levelWords.find((known) => known === level);
  if (word === undefined || typeof forMs !== 'number') return undefined;
  return forMs >= LEVEL_FOR_MS.min && forMs <= LEVEL_FOR_MS.max ? { level: word, forMs } : undefined;
}
