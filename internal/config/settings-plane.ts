/** Settings: the central plane, how it is reached and with which credentials. */
import { planeUrlPolicy, remoteConfigUrlPolicy } from '../platform/url-guard.ts';
import { HOUR_MS } from './bounds.ts';
import { duration } from './duration.ts';
import { clusterId } from './format-kubernetes.ts';
import { httpUrl, secretUrl } from './format-network.ts';
import { choice, line, optional, truth } from './format.ts';
import { setting } from './setting.ts';

export const planeSettings = {
  restateUrl: setting({
    flag: 'restate-url',
    group: 'plane',
    doc: "ingress of the plane's Restate server",
    format: optional(httpUrl(planeUrlPolicy)),
    default: '',
    defaultDoc: 'required',
  }),
  clusterId: setting({
    flag: 'cluster-id',
    group: 'plane',
    doc: "this cluster's name at the plane",
    format: optional(clusterId()),
    default: '',
    defaultDoc: 'required',
  }),
  restateTimeoutMs: setting({
    flag: 'restate-timeout',
    group: 'plane',
    doc: 'how long one request to the plane may take',
    format: duration({ min: 100, max: 300_000 }),
    default: '5s',
  }),
  restatePathPrefix: setting({
    flag: 'restate-path-prefix',
    group: 'plane',
    doc: "what stands before the services' names in the path, for ingresses that want it",
    format: choice(['', '/restate/call']),
    default: '',
  }),
  restateSend: setting({
    flag: 'restate-send',
    group: 'plane',
    doc: 'call waits until the plane has handled a batch, send until its Restate server has stored it',
    format: choice(['call', 'send']),
    default: 'call',
  }),
  restateTokenFile: setting({
    flag: 'restate-token-file',
    group: 'plane',
    doc: 'file with the bearer token for the plane, read again when it changes',
    format: optional(line('FILE')),
    default: '',
  }),
  restateCaFile: setting({
    flag: 'restate-ca-file',
    group: 'plane',
    doc: "certificates to trust for the plane, instead of the system's",
    format: optional(line('FILE')),
    default: '',
  }),
  restateCertFile: setting({
    flag: 'restate-cert-file',
    group: 'plane',
    doc: 'client certificate shown to the plane, with --restate-key-file',
    format: optional(line('FILE')),
    default: '',
  }),
  restateKeyFile: setting({
    flag: 'restate-key-file',
    group: 'plane',
    doc: 'private key of the client certificate',
    format: optional(line('FILE')),
    default: '',
  }),
  insecurePlane: setting({
    flag: 'insecure-plane',
    group: 'plane',
    doc: 'send credentials over plain http beyond loopback and cluster names',
    format: truth(),
    default: 'false',
  }),
  remoteConfigUrl: setting({
    flag: 'remote-config-url',
    group: 'plane',
    doc: 'where remote settings are read, instead of the ConfigService of the plane',
    format: optional(secretUrl(remoteConfigUrlPolicy)),
    default: '',
    isSecret: true,
  }),
  remoteConfigFetchMs: setting({
    flag: 'remote-config-fetch',
    group: 'plane',
    doc: 'how often remote settings are read again',
    format: duration({ min: 1000, max: 24 * HOUR_MS }),
    default: '5m',
  }),
  heartbeatIntervalMs: setting({
    flag: 'heartbeat-interval',
    group: 'plane',
    doc: 'how often the plane hears that this agent lives; three that fail to come make the cluster late',
    format: duration({ min: 1000, max: HOUR_MS }),
    default: '1m',
  }),
} as const;
