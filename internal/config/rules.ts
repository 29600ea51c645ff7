/**
 * Rules over more than one setting. Each names the settings it looks at, so that it is left out where one of them is
 * wrong by itself; what it finds is either a problem, which keeps the agent from starting, or a warning.
 */
import { isClusterLocal, isLoopback } from '../platform/url-guard.ts';
import { suggestion } from './nearest.ts';
import { quoted } from './problems.ts';
import { pinnableNames, pinnedSetting } from './remote-keys.ts';
import type { Config, SettingName } from './schema.ts';

export interface RuleFinding {
  readonly kind: 'problem' | 'warning';
  /** The setting to blame. */
  readonly name: SettingName;
  readonly problem: string;
  readonly remedy: string;
}

interface Rule<N extends SettingName> {
  readonly uses: readonly N[];
  check(config: Pick<Config, N>): RuleFinding | undefined;
}

function rule<const N extends SettingName>(
  uses: readonly N[],
  check: (config: Pick<Config, N>) => RuleFinding | undefined,
): Rule<SettingName> {
  return { uses, check };
}

function problem(name: SettingName, text: string, remedy: string): RuleFinding {
  return { kind: 'problem', name, problem: text, remedy };
}

function warning(name: SettingName, text: string, remedy: string): RuleFinding {
  return { kind: 'warning', name, problem: text, remedy };
}

/** True where what is sent can't be read on the way, or only by who is in the cluster anyway. */
function isTrustedWay(text: string): boolean {
  const url = new URL(text);
  return url.protocol === 'https:' || isLoopback(url) || isClusterLocal(url);
}

const scopeRules = [
  rule(['watchNamespaceMode', 'managedNsLabel'], ({ watchNamespaceMode: mode, managedNsLabel }) => {
    if (mode === 'label' && managedNsLabel === undefined) {
      return problem('managedNsLabel', 'is required with --watch-namespace-mode=label', 'give --managed-ns-label=KEY');
    }
    if (mode === 'label' || managedNsLabel === undefined) return undefined;
    return warning('managedNsLabel', `has no effect in mode ${mode}`, 'give --watch-namespace-mode=label or remove it');
  }),
  rule(['watchNamespaceMode', 'watchNamespace'], ({ watchNamespaceMode: mode, watchNamespace }) =>
    mode === 'single' || watchNamespace === undefined
      ? undefined
      : warning('watchNamespace', `has no effect in mode ${mode}`, 'give --watch-namespace-mode=single or remove it'),
  ),
  rule(['nodeName', 'shard'], ({ nodeName, shard }) =>
    nodeName === undefined || shard === undefined
      ? undefined
      : problem('shard', "can't be combined with --node-name", 'choose one of the two'),
  ),
];

const planeRules = [
  rule(['restateUrl', 'restateTokenFile', 'restateCertFile', 'insecurePlane'], (config) => {
    const { restateUrl, restateTokenFile, restateCertFile, insecurePlane } = config;
    if (restateUrl === undefined || isTrustedWay(restateUrl)) return undefined;
    const hasCredential = restateTokenFile !== undefined || restateCertFile !== undefined;
    if (hasCredential && !insecurePlane) {
      const text = 'would send a credential over plain http, for anyone on the way to read';
      return problem('restateUrl', text, 'use https, or say --insecure-plane if that is meant');
    }
    const what = hasCredential ? 'events and a credential' : 'events';
    return warning('restateUrl', `is plain http: ${what} can be read and forged on the way`, 'use https');
  }),
  rule(['restateCertFile', 'restateKeyFile'], ({ restateCertFile, restateKeyFile }) => {
    if ((restateCertFile === undefined) === (restateKeyFile === undefined)) return undefined;
    return restateCertFile === undefined
      ? problem('restateKeyFile', 'has no certificate to go with it', 'give --restate-cert-file as well')
      : problem('restateCertFile', 'has no private key to go with it', 'give --restate-key-file as well');
  }),
  rule(['remoteConfigUrl'], ({ remoteConfigUrl }) =>
    remoteConfigUrl === undefined || isTrustedWay(remoteConfigUrl.reveal())
      ? undefined
      : warning('remoteConfigUrl', 'is plain http: settings can be forged on the way', 'use https'),
  ),
  rule(['pin'], ({ pin }) => {
    const unknown = pin.find((word) => pinnedSetting(word) === undefined);
    if (unknown === undefined) return undefined;
    const known = `choose from ${pinnableNames.join(', ')}`;
    const text = `${quoted(unknown)} is not a setting that remote settings change`;
    return problem('pin', text, suggestion(unknown, pinnableNames, known));
  }),
];

const operationRules = [
  rule(['httpCertFile', 'httpKeyFile'], ({ httpCertFile, httpKeyFile }) => {
    if ((httpCertFile === undefined) === (httpKeyFile === undefined)) return undefined;
    return httpCertFile === undefined
      ? problem('httpKeyFile', 'has no certificate to go with it', 'give --http-cert-file as well')
      : problem('httpCertFile', 'has no private key to go with it', 'give --http-key-file as well');
  }),
  rule(['debugListen', 'debugTokenFile'], ({ debugListen, debugTokenFile }) => {
    if (debugListen === undefined || debugTokenFile !== undefined || isLoopbackHost(debugListen.host)) return undefined;
    const remedy = 'give --debug-token-file, or listen on 127.0.0.1';
    return problem('debugListen', 'would show profiles to anyone who reaches it', remedy);
  }),
  rule(['otlpEndpoint', 'otlpHeadersFile'], ({ otlpEndpoint, otlpHeadersFile }) => {
    if (otlpHeadersFile === undefined) return undefined;
    if (otlpEndpoint === undefined) {
      return warning('otlpHeadersFile', 'has no effect without --otlp-endpoint', 'give --otlp-endpoint or remove it');
    }
    if (isTrustedWay(otlpEndpoint)) return undefined;
    const text = 'would send the headers of --otlp-headers-file over plain http, for anyone on the way to read';
    return problem('otlpEndpoint', text, 'use https, or a collector in the cluster');
  }),
  rule(['outbox', 'dataDir'], ({ outbox, dataDir }) =>
    outbox !== 'memory' || dataDir === undefined
      ? undefined
      : warning('dataDir', 'holds no outbox with --outbox=memory', 'remove one of the two'),
  ),
  rule(['leaseDurationMs', 'leaseRenewDeadlineMs', 'leaseRetryMs'], (config) => {
    const { leaseDurationMs, leaseRenewDeadlineMs, leaseRetryMs } = config;
    if (leaseDurationMs % 1000 !== 0) {
      return problem('leaseDurationMs', 'is not a whole number of seconds', 'a Lease keeps whole seconds');
    }
    if (leaseRenewDeadlineMs >= leaseDurationMs) {
      return problem('leaseRenewDeadlineMs', 'is not shorter than --lease-duration', 'two agents could lead at once');
    }
    return leaseRetryMs < leaseRenewDeadlineMs
      ? undefined
      : problem('leaseRetryMs', 'is not shorter than --lease-renew-deadline', 'no renewal could be tried twice');
  }),
];

function isLoopbackHost(host: string): boolean {
  const url = URL.parse(`http://${host.includes(':') ? `[${host}]` : host}`);
  return url !== null && isLoopback(url);
}

/** What the rules find, apart from those that look at one of `invalid`. */
export function checkRules(config: Config, invalid: ReadonlySet<SettingName>): RuleFinding[] {
  const rules = [...scopeRules, ...planeRules, ...operationRules];
  return rules.flatMap((one) => {
    const found = one.uses.some((name) => invalid.has(name)) ? undefined : one.check(config);
    return found === undefined ? [] : [found];
  });
}
