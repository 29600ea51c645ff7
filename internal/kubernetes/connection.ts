/**
 * Connection: one API server, reached and known to it. Everything that belongs to one watched cluster talks through
 * one of these, and a process may hold several.
 *
 * Where it leads, first match wins: --kubeconfig; KUBECONFIG; the pod's service account; ~/.kube/config. Making one
 * opens no socket: a server that is down is found by the first request, and the agent works on until it is up.
 */
import type { Clock } from '../platform/clock.ts';
import { CodedError } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';
import { AuthorizedConnection } from './connection-authorized.ts';
import { kubeconfigPaths } from './connection-kubeconfig.ts';
import type { ConnectionTarget } from './connection-target.ts';
import { inClusterTarget, isInsideCluster } from './credentials-in-cluster.ts';
import { defaultKubeconfigTarget, kubeconfigTarget } from './credentials-kubeconfig.ts';
import { credentialSource } from './credentials.ts';
import { rateLimit } from './rate-limit.ts';
import { dialer } from './transport-dial.ts';
import { Http1Transport } from './transport-http1.ts';
import { chooseProxy, hostOf, portOf, type ProxyChoice } from './transport-proxy.ts';
import type { ApiTransport } from './transport.ts';

export interface ConnectionSettings {
  /** --kubeconfig. */
  readonly kubeconfig?: string | undefined;
  /** --context; the current one if absent. Refused together with the pod's own service account. */
  readonly context?: string | undefined;
  /** KUBECONFIG, HOME, KUBERNETES_SERVICE_*, *_PROXY are read from here. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Our own requests a second, and how many at once. 0 means no limit. */
  readonly qps: number;
  readonly burst: number;
  readonly userAgent: string;
  /** Where the service account is mounted, for tests. */
  readonly serviceAccountDir?: string;
}

export interface ConnectionDescription {
  readonly server: string;
  readonly source: 'kubeconfig' | 'in-cluster';
  readonly context: string | undefined;
  readonly auth: string;
  readonly namespace: string | undefined;
  readonly proxy: string;
}

export interface Connection {
  /** For lists, watches and reviews: keeps to qps and burst. */
  readonly transport: ApiTransport;
  /** For the Lease: a renewal never waits behind a relist. */
  readonly urgent: ApiTransport;
  /** The namespace the context or the pod names; undefined where none is named. */
  readonly namespace: string | undefined;
  readonly isInCluster: boolean;
  /** For the log; holds no secret. */
  describe(): ConnectionDescription;
  /** Ends every request and stream and lets go of all sockets. */
  close(): Promise<void>;
}

/** Throws KUBECONFIG_MISSING, KUBECONFIG_INVALID or CONFIG_INVALID (a proxy variable) at once; asks the server nothing. */
export function connect(settings: ConnectionSettings, deps: { clock: Clock; logger: Logger }): Connection {
  const target = findTarget(settings);
  const choice = chooseProxy(target.server, target.proxyUrl, settings.env);
  const description = describe(target, choice);
  for (const warning of target.warnings) deps.logger.warn({ ...description, code: 'KUBECONFIG_ODD' }, warning);
  const authorized = new AuthorizedConnection({
    clock: deps.clock,
    credentials: credentialSource(target.readCredentials, deps),
    connect: (tls) =>
      new Http1Transport({
        server: target.server,
        clock: deps.clock,
        userAgent: settings.userAgent,
        dial: dialer(
          {
            host: hostOf(target.server),
            port: portOf(target.server),
            tls: target.server.protocol === 'https:' ? tls : undefined,
            proxy: choice.proxy,
          },
          deps.clock,
        ),
      }),
  });
  return {
    transport: authorized.limitedBy(rateLimit(deps.clock, settings.qps, settings.burst)),
    urgent: authorized.limitedBy({ take: () => Promise.resolve() }),
    namespace: target.namespace,
    isInCluster: target.source === 'in-cluster',
    describe: () => description,
    close: () => authorized.close(),
  };
}

function findTarget(settings: ConnectionSettings): ConnectionTarget {
  const { paths } = kubeconfigPaths({ flag: settings.kubeconfig, env: settings.env });
  if (paths.length > 0) return kubeconfigTarget(paths, settings.context);
  if (isInsideCluster(settings.env, settings.serviceAccountDir) && settings.context === undefined) {
    return inClusterTarget(settings.env, settings.serviceAccountDir);
  }
  const found = defaultKubeconfigTarget(settings.env, settings.context);
  if (found !== undefined) return found;
  throw new CodedError(
    'KUBECONFIG_MISSING',
    'no --kubeconfig, no KUBECONFIG, no service account token of a pod, no ~/.kube/config',
  );
}

function describe(target: ConnectionTarget, choice: ProxyChoice): ConnectionDescription {
  const { proxy, reason } = choice;
  return {
    server: target.server.href.replace(/\/$/, ''),
    source: target.source,
    context: target.context,
    auth: target.authMethod,
    namespace: target.namespace,
    proxy: proxy === undefined ? `none (${reason})` : `${proxy.kind}://${proxy.host}:${proxy.port} (${reason})`,
  };
}
