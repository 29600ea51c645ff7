/** What an agent is given of the machine it runs on, so that a test can give it something else. */
import type { Clock } from '../../internal/platform/clock.ts';
import type { Logger } from '../../internal/platform/log.ts';
import type { ControlledLevel } from '../../internal/server/control-level.ts';
import type { Random } from '../../internal/platform/random.ts';

export interface Ambient {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly hostName: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly auditLogger: Logger;
  /** The level of `logger`; absent where nobody may change it. */
  readonly logLevel?: ControlledLevel;
}
