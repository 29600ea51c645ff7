/** The listeners: probes and metrics on the open one, profiles on one of their own that is off unless asked for. */
import { readFileSync } from 'node:fs';
import type { Metrics } from '../../internal/metrics/metrics.ts';
import { CodedError } from '../../internal/platform/errors.ts';
import type { HealthSource } from '../../internal/server/health.ts';
import { buildDebug, type DebugOptions } from '../../internal/server/debug.ts';
import { buildHttp, listen, type RunningServer } from '../../internal/server/http.ts';
import type { AgentConfig } from './agent-config.ts';
import type { Ambient } from './ambient.ts';

export interface Servers {
  /** Rejects with LISTEN_FAILED or DEBUG_TOKEN_UNREADABLE. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function wireServers(
  config: AgentConfig,
  { clock, logger }: Ambient,
  health: HealthSource,
  metrics: Metrics,
  explain: DebugOptions['explain'] & {},
): Servers {
  const running: RunningServer[] = [];
  return {
    start: async () => {
      const open = await listen(buildHttp(health, metrics), config.httpListen);
      running.push(open);
      logger.info({ host: open.host, port: open.port }, 'serving health and metrics');
      if (config.debugListen === undefined) return;
      const { debugTokenFile: file } = config;
      const token = file === undefined ? undefined : (): string => readToken(file);
      token?.();
      const debug = await listen(buildDebug({ clock, token, explain }), config.debugListen);
      running.push(debug);
      logger.info({ host: debug.host, port: debug.port }, 'serving profiles');
    },
    stop: async () => {
      await Promise.all(running.map((server) => server.close()));
    },
  };
}

/** Read at each request, so that a rotated token counts at once. */
function readToken(file: string): string {
  try {
    const token = readFileSync(file, 'utf8').trim();
    if (token !== '') return token;
  } catch (cause) {
    throw new CodedError('DEBUG_TOKEN_UNREADABLE', `${file} can't be read`, { cause });
  }
  throw new CodedError('DEBUG_TOKEN_UNREADABLE', `${file} is empty`);
}
