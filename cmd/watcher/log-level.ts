/**
 * Changing the level of a running agent's log: through the control socket (`watcher log-level`), and by SIGHUP where there
 * is no socket. Each change is said in the log, unless info is written neither before
 * nor after it, and ends by itself. The audit log has no level.
 */
import type { Clock } from '../../internal/platform/clock.ts';
import type { Logger } from '../../internal/platform/log.ts';
import { levelNumbers, type LogLevel, type LogLevels } from '../../internal/platform/log-levels.ts';
import type { ControlledLevel, LevelDocument } from '../../internal/server/control-level.ts';

/** How long SIGHUP makes it debug. */
const DEBUG_MS = 10 * 60_000;

export interface LogLevelControl extends ControlledLevel {
  /** What SIGHUP does: debug for ten minutes, or back to what is configured where somebody changed it. */
  toggle(): void;
}

export function logLevelControl(levels: LogLevels, clock: Clock, logger: Logger): LogLevelControl {
  const document = (): LevelDocument => {
    const { level, configured, untilMs } = levels.inForce();
    return { level, configured, until: untilMs === undefined ? null : new Date(untilMs).toISOString() };
  };
  const say = (to: string): void => logger.info({ to }, 'the level of the log changes');
  levels.onBack(say);
  const change = (level: LogLevel | 'reset', forMs: number): LevelDocument => {
    const to = level === 'reset' ? levels.inForce().configured : level;
    const isHeard = levels.allows(levelNumbers.info);
    if (isHeard) say(to);
    if (level === 'reset') levels.reset();
    else levels.set(level, forMs, clock);
    if (!isHeard) say(to);
    return document();
  };
  return {
    inForce: document,
    change,
    toggle: () => void change(levels.inForce().untilMs === undefined ? 'debug' : 'reset', DEBUG_MS),
  };
}
