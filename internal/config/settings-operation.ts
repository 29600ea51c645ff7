/** Settings: how what is told is delivered, and how the agent itself is run. */
import { logLevels } from '../platform/log-levels.ts';
import { batchFlushBounds, batchSizeBounds } from './bounds.ts';
import { duration } from './duration.ts';
import { listenAddress } from './format-network.ts';
import { choice, line, optional, patterns, truth, whole } from './format.ts';
import { setting } from './setting.ts';
import { detectionSettings } from './settings-detection.ts';

const deliverySettings = {
  batchSize: setting({
    flag: 'batch-size',
    group: 'delivery',
    doc: 'most events in a batch',
    format: whole(batchSizeBounds),
    default: '100',
    remote: 'batch_size',
  }),
  batchFlushMs: setting({
    flag: 'batch-flush',
    group: 'delivery',
    doc: 'how long a batch waits for more at most',
    format: duration(batchFlushBounds),
    default: '1s',
    remote: 'batch_flush_ms',
  }),
  redact: setting({
    flag: 'redact',
    group: 'delivery',
    doc: 'taken out of messages beside what looks like a secret; * is any text without blanks',
    format: patterns('PATTERN,...'),
    default: '',
    defaultDoc: 'nothing more',
  }),
  dataDir: setting({
    flag: 'data-dir',
    group: 'delivery',
    doc: 'where the outbox is kept; one agent each',
    format: optional(line('DIR')),
    default: '',
    defaultDoc: "/var/lib/watcher in the image, else the user's state directory; memory if neither can be written",
  }),
  outbox: setting({
    flag: 'outbox',
    group: 'delivery',
    doc: 'durable needs the data directory, memory forgets with the process, auto is durable where it can be',
    format: choice(['auto', 'durable', 'memory']),
    default: 'auto',
  }),
  dryRun: setting({
    flag: 'dry-run',
    group: 'delivery',
    doc: 'do everything but send, and hold no Lease: to run beside another agent',
    format: truth(),
    default: 'false',
  }),
} as const;

const processSettings = {
  httpListen: setting({
    flag: 'http-listen',
    group: 'operation',
    doc: 'health and metrics; port 0 takes a free one and logs it',
    format: listenAddress(''),
    default: ':8080',
  }),
  debugListen: setting({
    flag: 'debug-listen',
    group: 'operation',
    doc: 'status page, traces of pods and profiles under /debug/pprof; without a host it is 127.0.0.1',
    format: optional(listenAddress('127.0.0.1')),
    default: '',
    defaultDoc: 'off',
  }),
  debugTokenFile: setting({
    flag: 'debug-token-file',
    group: 'operation',
    doc: 'file with the bearer token that --debug-listen asks for',
    format: optional(line('FILE')),
    default: '',
  }),
  debugHeapSnapshots: setting({
    flag: 'debug-heap-snapshots',
    group: 'operation',
    doc: 'let --debug-listen serve heap snapshots, which hold every secret in memory',
    format: truth(),
    default: 'false',
  }),
  httpCertFile: setting({
    flag: 'http-cert-file',
    group: 'operation',
    doc: 'certificate of the listeners, which then speak TLS; read again when it changes',
    format: optional(line('FILE')),
    default: '',
  }),
  httpKeyFile: setting({
    flag: 'http-key-file',
    group: 'operation',
    doc: 'private key of --http-cert-file',
    format: optional(line('FILE')),
    default: '',
  }),
  logLevel: setting({
    flag: 'log-level',
    group: 'operation',
    doc: 'least level that is logged',
    format: choice(logLevels),
    default: 'info',
  }),
  drainTimeoutMs: setting({
    flag: 'drain-timeout',
    group: 'operation',
    doc: 'how long an orderly end may take after SIGTERM',
    format: duration({ min: 0, max: 600_000 }),
    default: '25s',
  }),
  config: setting({
    flag: 'config',
    group: 'operation',
    doc: 'YAML file with settings',
    format: optional(line('FILE')),
    default: '',
    defaultDoc: 'config.yaml or config/config.yaml, if there is one',
  }),
} as const;

export const operationSettings = { ...detectionSettings, ...deliverySettings, ...processSettings } as const;
