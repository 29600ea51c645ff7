/**
 * The control socket beside an outbox on disk, for `watcher outbox`. One that can't be opened is said in the log and
 * keeps no agent from its work.
 */
import { dirname } from 'node:path';
import type { Outbox } from '../../internal/pipeline/outbox.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import type { Logger } from '../../internal/platform/log.ts';
import {
  controlSocketPath,
  serveControl,
  type ControlServer,
  type ControlSource,
  type SupportDocument,
} from '../../internal/server/control.ts';
import type { ControlledLevel } from '../../internal/server/control-level.ts';
import { outboxSource, type AgentDocument } from './outbox-source.ts';
import { version } from './version.ts';

export interface ControlParts {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What the agent says of itself beside the outbox. */
  readonly telling: () => object;
  readonly enrolment: () => AgentDocument['enrolment'];
  /** What became of the pods of this name lately. */
  readonly explain: (namespace: string, name: string) => object;
  readonly support: () => Promise<SupportDocument>;
  readonly logLevel: ControlledLevel | undefined;
}

export interface Control {
  /** Never rejects. An outbox in memory has no socket, as there is no directory to find it in. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function wireControl(parts: ControlParts): Control {
  const { outbox, clock, logger, telling, enrolment, explain, support, logLevel } = parts;
  let server: ControlServer | undefined;
  const source = {
    ...outboxSource(outbox, clock, () => ({
      ...{ pid: process.pid, version, telling: telling(), enrolment: enrolment() },
    })),
    explain: (namespace: string, name: string) => Promise.resolve(explain(namespace, name)),
    support,
    ...(logLevel === undefined ? {} : levelSource(logLevel)),
  };
  return {
    start: async () => {
      try {
        const { file } = await outbox.describe();
        if (file === undefined) return;
        server = await serveControl(source, dirname(file.path));
        logger.info({ socket: controlSocketPath(dirname(file.path)) }, 'serving `watcher outbox`');
      } catch (err) {
        logger.error({ err }, 'no control socket: `watcher outbox` must wait until this agent ends');
      }
    },
    stop: async () => server?.close(),
  };
}

function levelSource(logLevel: ControlledLevel): Pick<ControlSource, 'logLevel' | 'changeLogLevel'> {
  return {
    logLevel: () => Promise.resolve(logLevel.inForce()),
    changeLogLevel: (level, forMs) => Promise.resolve(logLevel.change(level, forMs)),
  };
}
