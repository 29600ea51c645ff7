/**
 * The listeners: probes and metrics on the open one; status, traces and profiles on one of their own that is off unless
 * asked for, and loaded only then. Certificates are read again when their files change.
 */
import { readFileSync } from 'node:fs';
import type { Metrics } from '../../internal/metrics/metrics.ts';
import type { Timer } from '../../internal/platform/clock.ts';
import { CodedError } from '../../internal/platform/errors.ts';
import type { Logger } from '../../internal/platform/log.ts';
import type { DebugOptions } from '../../internal/server/debug.ts';
import type { HealthSource } from '../../internal/server/health.ts';
import { buildHttp, listen, type RunningServer } from '../../internal/server/http.ts';
import { readServerTls, tlsStamp, type TlsFiles } from '../../internal/server/tls-files.ts';
import type { AgentConfig } from './agent-config.ts';
import type { Ambient } from './ambient.ts';
import type { HeapProfiles } from './heap-profiles.ts';

export interface Servers {
  /** Rejects with LISTEN_FAILED, LISTEN_TLS or DEBUG_TOKEN_UNREADABLE. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface ServerParts extends Pick<DebugOptions, 'status' | 'explain'> {
  readonly health: HealthSource;
  readonly metrics: Metrics;
  readonly profiles: HeapProfiles;
}

const CERTIFICATE_EVERY_MS = 30_000;

export function wireServers(config: AgentConfig, ambient: Ambient, parts: ServerParts): Servers {
  const { logger } = ambient;
  const running: RunningServer[] = [];
  const certificate = tlsOf(config);
  const renewal = certificate === undefined ? undefined : certificateRenewal(certificate, ambient, running);
  return {
    start: async () => {
      const tls = certificate === undefined ? undefined : readServerTls(certificate);
      const open = await listen(buildHttp(parts.health, parts.metrics, tls), config.httpListen);
      running.push(open);
      logger.info({ host: open.host, port: open.port }, 'serving health and metrics');
      if (config.debugListen !== undefined) running.push(await listenDebug(config, ambient, parts, tls));
      renewal?.start();
    },
    stop: async () => {
      renewal?.stop();
      await Promise.all(running.map((server) => server.close()));
    },
  };
}

async function listenDebug(
  config: AgentConfig & { readonly debugListen?: AgentConfig['debugListen'] },
  { clock, logger }: Ambient,
  { profiles, status, explain }: ServerParts,
  tls: DebugOptions['tls'],
): Promise<RunningServer> {
  const {
    debugTokenFile: file,
    debugHeapSnapshots: heapSnapshots,
    debugListen = { host: '127.0.0.1', port: 0 },
  } = config;
  const token = file === undefined ? undefined : readableToken(file, logger);
  const { buildDebug } = await import('../../internal/server/debug.ts');
  const profiler = await profiles.profiler();
  profiler.start();
  const options = { clock, token, profiler, heapSnapshots, status, explain, ...(tls === undefined ? {} : { tls }) };
  const server = await listen(buildDebug(options), debugListen);
  logger.info({ host: server.host, port: server.port }, 'serving status and profiles');
  return server;
}

function tlsOf({ httpCertFile: certFile, httpKeyFile: keyFile }: AgentConfig): TlsFiles | undefined {
  return certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile };
}

interface Renewal {
  start(): void;
  stop(): void;
}

/** A pair that can't be used is said in the log, and the old one stays. */
function certificateRenewal(files: TlsFiles, { clock, logger }: Ambient, servers: readonly RunningServer[]): Renewal {
  let stamp = '';
  let timer: Timer | undefined;
  const renew = (): void => {
    try {
      const tls = readServerTls(files);
      for (const server of servers) server.renewTls(tls);
      logger.info({ file: files.certFile }, 'the certificate of the listeners was renewed');
    } catch (err) {
      logger.error({ err }, 'the new certificate cannot be used: the old one stays');
    }
  };
  const look = (): void => {
    const before = stamp;
    stamp = tlsStamp(files);
    if (before !== '' && before !== stamp) renew();
    timer = clock.setTimer(CERTIFICATE_EVERY_MS, look);
  };
  return { start: look, stop: () => timer?.cancel() };
}

/** Read at each request, so that a rotated token counts at once; while it can't be read, nobody gets in. Throws at first. */
function readableToken(file: string, logger: Logger): () => string {
  readToken(file);
  return () => {
    try {
      return readToken(file);
    } catch (err) {
      logger.error({ err }, 'nobody gets into the debug listener');
      return '';
    }
  };
}

function readToken(file: string): string {
  try {
    const token = readFileSync(file, 'utf8').trim();
    if (token !== '') return token;
  } catch (cause) {
    throw new CodedError('DEBUG_TOKEN_UNREADABLE', `${file} can't be read`, { cause });
  }
  throw new CodedError('DEBUG_TOKEN_UNREADABLE', `${file} is empty`);
}
