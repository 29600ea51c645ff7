/**
 * Serves the plane's services to a Restate server, over HTTP/2 without TLS, on one address and no other (the SDK's own
 * `serve` listens on all of them). Whoever reaches this port can call every handler past the ingress, so it belongs on the
 * loopback or behind Restate's request identity (--identity-key).
 */
import { createServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createEndpointHandler, type LoggerTransport } from '@restatedev/restate-sdk';
import type { Clock } from '../../internal/platform/clock.ts';
import { clusterFleet } from './cluster/fleet.ts';
import { clusterRegistry } from './cluster/registry.ts';
import { clusterService } from './cluster-service.ts';
import { configService } from './config-service.ts';
import { deadLetters } from './dead-letters.ts';
import type { PlaneOptions } from './options.ts';
import { projectService } from './project-service.ts';

export interface ServeOptions extends PlaneOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Public keys (`publickeyv1_...`) of Restate servers that may call; none means anyone. */
  readonly identityKeys: readonly string[];
  readonly clock: Clock;
  readonly log: (line: string) => void;
}

export interface RunningPlane {
  /** Where a Restate server on this machine finds it. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Listens. Rejects where the address is taken. */
export async function servePlane(options: ServeOptions): Promise<RunningPlane> {
  const { host, port, identityKeys, clock } = options;
  const handler = createEndpointHandler({
    services: [
      clusterService(options),
      clusterRegistry(options),
      clusterFleet(options),
      configService(options),
      projectService(options, clock),
      deadLetters(options),
    ],
    identityKeys: [...identityKeys],
    logger: onlyTroubles(options.log),
  });
  const server = createServer(handler);
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`,
    stop: () => {
      // Restate keeps its connection for good; calls under way are run again by the next process.
      for (const session of sessions) session.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/**
 * The SDK tells of each call's begin and end, of each terminal error, which its caller hears of, and at each start that it
 * checks no signatures, which main.ts says where it matters. Only what else goes wrong is worth a line.
 */
function onlyTroubles(log: (line: string) => void): LoggerTransport {
  return ({ level, context, replaying }, ...message: unknown[]) => {
    const words = message
      .map((part) => (part instanceof Error ? `${part.name}: ${part.message}` : String(part)))
      .join(' ');
    // The SDK exports the type of its levels, not their values.
    const severity: string = level;
    const isTrouble = severity === 'warn' || severity === 'error';
    if (isTrouble && !replaying && !/TerminalError|without validating request signatures/.test(words)) {
      log(`${level} ${context?.invocationTarget ?? ''} ${words}`.replaceAll(/\s+/g, ' '));
    }
  };
}
