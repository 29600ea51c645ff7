/** `watcher` without a subcommand: the agent, until it is told to stop. */
import { hostname } from 'node:os';
import { agentRequires, loadConfig } from '../../../internal/config/load.ts';
import { describeConfig } from '../../../internal/config/describe.ts';
import { createMetrics } from '../../../internal/metrics/metrics.ts';
import { knownReasons } from '../../../internal/pipeline/reasons.ts';
import { sleep, systemClock, type Clock } from '../../../internal/platform/clock.ts';
import { createLogger, gatheredOutput, type GatheredOutput, type Logger } from '../../../internal/platform/log.ts';
import { LogLevels } from '../../../internal/platform/log-levels.ts';
import { LogSampler } from '../../../internal/platform/log-sampling.ts';
import { systemRandom } from '../../../internal/platform/random.ts';
import type { Command, Invocation } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { logLevelControl } from '../log-level.ts';
import { runAgent } from '../run.ts';
import { version } from '../version.ts';
import { wireOutbox } from '../wire-outbox.ts';

/** Runs until `shutdown` aborts. 0 after an orderly end; rejects with a coded error where it cannot start. */
export const agent: Command = async ({ args, environment, shutdown, onProfileAsked, onDebugAsked, onUncaught }) => {
  const loaded = loadConfig({
    argv: args,
    environment,
    require: agentRequires,
    knownReasons: [...knownReasons],
  });
  const { config, warnings } = loaded;
  const bindings = { cluster: config.clusterId };
  const destination = gatheredOutput();
  const clock = systemClock();
  const levels = new LogLevels(config.logLevel);
  const sampler = new LogSampler(clock);
  const logger = createLogger({ level: levels, bindings, destination, sampler });
  const auditLogger = createLogger({ level: 'info', bindings, destination });
  logger.info({ version, node: process.version, pid: process.pid }, 'watcher starts');
  for (const { place, problem, remedy } of warnings) logger.warn({ place, remedy, code: 'CONFIG_ODD' }, problem);
  const lastLines = async (): Promise<void> => {
    levels.reset();
    sampler.close();
    await flushed(destination, clock);
  };
  tellUncaught(logger, lastLines, onUncaught);
  const logLevel = logLevelControl(levels, clock, logger);
  onDebugAsked?.(() => logLevel.toggle());
  const parts = {
    environment,
    hostName: hostname(),
    clock,
    random: systemRandom(),
    logger,
    auditLogger,
    logLevel,
  };
  const metrics = createMetrics();
  // Its thread takes as long to start as the rest takes to load: both at once.
  const outbox = wireOutbox(config, parts, metrics);
  outbox.catch(() => undefined);
  try {
    const { wire } = await import('../wire.ts');
    const wired = await wire(config, parts, { metrics, outbox, described: describeConfig(loaded), onProfileAsked });
    const ended = await runAgent(wired, { shutdown, logger, clock: parts.clock });
    return ended === 'in-order' ? exitCodes.ok : exitCodes.failed;
  } finally {
    await lastLines();
  }
};

/** How long the last lines may take to leave. */
const LAST_LINES_MS = 1_000;

async function flushed(destination: GatheredOutput, clock: Clock): Promise<void> {
  const waited = new AbortController();
  await Promise.race([destination.flushed(), sleep(clock, LAST_LINES_MS, waited.signal)]);
  waited.abort();
}

/** A rejection is told and survived; an exception may have left anything half done: what is on disk is taken up by the next process. */
function tellUncaught(logger: Logger, lastLines: () => Promise<void>, onUncaught: Invocation['onUncaught']): void {
  process.on('unhandledRejection', (error) =>
    logger.error({ err: error, code: 'INTERNAL' }, 'a rejection nobody handled'),
  );
  onUncaught?.((error) => {
    const remedy = 'please report it with this line; the next process goes on with what is stored';
    logger.fatal({ err: error, code: 'INTERNAL', remedy }, 'an exception nobody caught ends the process');
    return lastLines();
  });
}
