/**
 * The plane's side of one agent: client, breaker, sender, enrolment, remote settings, heartbeat. Built here, started by
 * run.ts. With --dry-run nothing is sent: the sender says what it would have sent, and neither enrols nor reports.
 */
import { proxyFor } from '../../internal/config/proxy.ts';
import { guardedLookup, planeUrlPolicy, remoteConfigUrlPolicy } from '../../internal/platform/url-guard.ts';
import type { Clock } from '../../internal/platform/clock.ts';
import type { Logger } from '../../internal/platform/log.ts';
import type { Random } from '../../internal/platform/random.ts';
import type { PlaneHandler, Send } from '../../internal/pipeline/delivery.ts';
import { createBreaker, type Breaker } from '../../internal/restate/breaker.ts';
import { buildSend } from '../../internal/restate/deliver.ts';
import { fileCredentials } from '../../internal/restate/plane-credentials.ts';
import { createPlaneClient, type PlaneClient } from '../../internal/restate/plane-client.ts';
import type { PlaneObserver } from '../../internal/restate/plane-observer.ts';
import { settingsFromPlane, settingsFromUrl, type FetchSettings } from '../../internal/restate/settings-source.ts';
import type { AgentConfig } from './agent-config.ts';
import { version } from './version.ts';

export interface Plane {
  readonly client: PlaneClient;
  readonly breaker: Breaker;
  readonly send: Send;
  readonly fetchSettings: FetchSettings;
  /** How often it has answered what was no delivery: heartbeats, settings, enrolment. */
  answeredElsewhere(): number;
  close(): Promise<void>;
}

export interface PlaneParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: PlaneObserver;
  /** HTTPS_PROXY and its like. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const DELIVERIES: ReadonlySet<string> = new Set<PlaneHandler>(['onPodEvent', 'onPodEvents']);

/** Opens no connection until the first call. */
export function wirePlane(config: AgentConfig, { clock, random, observer: told, environment }: PlaneParts): Plane {
  let answeredElsewhere = 0;
  const observer: PlaneObserver = {
    ...told,
    request: (handler, code, tookMs) => {
      if (code === '200' && !DELIVERIES.has(handler)) answeredElsewhere += 1;
      told.request(handler, code, tookMs);
    },
  };
  const client = createPlaneClient({
    url: config.restateUrl,
    pathPrefix: config.restatePathPrefix,
    agentVersion: version,
    timeoutMs: config.restateTimeoutMs,
    credentials: fileCredentials(
      {
        tokenFile: config.restateTokenFile,
        caFile: config.restateCaFile,
        certFile: config.restateCertFile,
        keyFile: config.restateKeyFile,
      },
      clock,
    ),
    clock,
    observer,
    lookup: guardedLookup(planeUrlPolicy),
    proxy: proxyFor(config.restateUrl, environment),
  });
  const breaker = createBreaker({ clock, onChange: (state) => observer.breakerChanged(state) });
  const send = buildSend({
    client,
    breaker,
    clusterId: config.clusterId,
    mode: config.restateSend,
    clock,
    random,
    observer,
  });
  return {
    client,
    breaker,
    send,
    fetchSettings: settingsSource(config, client, clock),
    answeredElsewhere: () => answeredElsewhere,
    close: async () => {
      breaker.stop();
      await client.close();
    },
  };
}

function settingsSource(config: AgentConfig, client: PlaneClient, clock: Clock): FetchSettings {
  if (config.remoteConfigUrl === undefined) return settingsFromPlane(client, config.clusterId);
  return settingsFromUrl({
    url: new URL(config.remoteConfigUrl.reveal()),
    agentVersion: version,
    timeoutMs: config.restateTimeoutMs,
    clock,
    lookup: guardedLookup(remoteConfigUrlPolicy),
  });
}

/** The sender of --dry-run: says what would be sent, sends nothing, and calls it accepted so that the outbox empties. */
export function dryRunSend(logger: Logger): Send {
  return ({ handler, events, body }) => {
    logger.info({ handler, events, body: Buffer.from(body).toString() }, 'dry run: would send');
    return Promise.resolve({ kind: 'accepted', reason: 'executed', status: 0 });
  };
}
