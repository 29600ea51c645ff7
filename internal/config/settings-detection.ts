/** Settings: what is told, and when a state that should pass has lasted for too long. */
import { dedupCooldownBounds, digestThresholdBounds, digestWindowBounds, stuckDelayBounds } from './bounds.ts';
import { duration } from './duration.ts';
import { choice, list, patterns, whole } from './format.ts';
import { selectors } from './format-selector.ts';
import { setting, type Setting } from './setting.ts';
import { silenceSettings } from './settings-silence.ts';

const DEFAULT_REASONS = [
  'CrashLoopBackOff',
  'ImagePullBackOff',
  'CreateContainerConfigError',
  'OOMKilled',
  'Failed',
  'Evicted',
];

/** A delay by its flag, of the family of reasons it belongs to. */
function delay(flag: string, family: string, what: string, byDefault: string): Setting<number> {
  return setting({
    flag,
    group: 'detection',
    doc: `${what} before ${family} is told`,
    format: duration(stuckDelayBounds),
    default: byDefault,
    remote: `${flag.replaceAll('-', '_')}_seconds`,
  });
}

/** Patterns of what is not told, by their flag. */
function ignored(
  what: 'namespaces' | 'labels' | 'workloads' | 'reasons' | 'messages',
  placeholder: string,
  doc: string,
) {
  return setting({
    flag: `ignore-${what}`,
    group: 'detection',
    doc,
    format: patterns(placeholder),
    default: '',
    defaultDoc: 'nothing',
    remote: `ignore_${what}`,
  });
}

const ignoreSettings = {
  ignoreNamespaces: ignored('namespaces', 'PATTERN,...', 'namespaces whose pods are not told of; * is any text'),
  ignoreLabels: ignored('labels', 'KEY[=PATTERN],...', 'pods with one of these labels are not told of'),
  ignoreSelectors: setting({
    flag: 'ignore-selectors',
    group: 'detection',
    doc: 'pods matching one of these label selectors are not told of, such as app=web,tier!=db; env in (dev,test)',
    format: selectors('SELECTOR;...'),
    default: '',
    defaultDoc: 'nothing',
    remote: 'ignore_selectors',
  }),
  ignoreWorkloads: ignored(
    'workloads',
    '[NAMESPACE/]KIND/NAME,...',
    'workloads not told of, such as Job/backup-* or dev/*/*',
  ),
  ignoreReasons: ignored('reasons', 'PATTERN,...', 'reasons and families not told of, such as OOMKilled or Node*'),
  ignoreMessages: ignored('messages', 'PATTERN,...', 'what is not told where its message has one of these in it'),
} as const;

export const detectionSettings = {
  enabledReasons: setting({
    flag: 'enabled-reasons',
    group: 'detection',
    doc: 'families of reasons that are told, or * for every one',
    format: list('REASON,...', 'a-problem'),
    default: DEFAULT_REASONS.join(','),
    remote: 'enabled_reasons',
  }),
  minimumSeverity: setting({
    flag: 'min-severity',
    group: 'detection',
    doc: 'how grave what is told must be; info also tells attempts of Jobs that have retries left',
    format: choice(['info', 'warning', 'critical']),
    default: 'warning',
    remote: 'min_severity',
  }),
  dedupCooldownMs: setting({
    flag: 'dedup-cooldown',
    group: 'detection',
    doc: 'how long what goes on stays silent after it was told',
    format: duration(dedupCooldownBounds),
    default: '3m',
    remote: 'dedup_cooldown_seconds',
  }),
  stuckPendingAfterMs: delay(
    'stuck-pending-after',
    'StuckPending',
    'how long scheduler or kubelet may leave a pod alone',
    '5m',
  ),
  unschedulableAfterMs: delay('unschedulable-after', 'Unschedulable', 'how long no node may take a pod', '1m'),
  schedulingGatedAfterMs: delay('scheduling-gated-after', 'SchedulingGated', 'how long a gate may hold a pod', '1h'),
  stuckCreatingAfterMs: delay(
    'stuck-creating-after',
    'StuckCreating',
    'how long a container may be ContainerCreating',
    '5m',
  ),
  stuckInitAfterMs: delay('stuck-init-after', 'StuckInit', 'how long an init container may run', '15m'),
  notReadyAfterMs: delay('not-ready-after', 'NotReady', 'how long a running pod may not be Ready', '5m'),
  stuckTerminatingAfterMs: delay(
    'stuck-terminating-after',
    'StuckTerminating',
    'how long a pod may outlive its deletion and grace',
    '2m',
  ),
  nodeNotReadyAfterMs: delay('node-not-ready-after', 'NodeNotReady', 'how long a node may not be Ready', '1m'),
  resolvedAfterMs: setting({
    flag: 'resolved-after',
    group: 'detection',
    doc: 'how long a failure must not show before it is told as resolved, where the plane asks for that',
    format: duration(stuckDelayBounds),
    default: '2m',
    remote: 'resolved_after_seconds',
  }),
  digestThreshold: setting({
    flag: 'digest-threshold',
    group: 'detection',
    doc: 'failures of one cause told one by one in a window; more come as digests, where the plane asks; 0: never',
    format: whole(digestThresholdBounds),
    default: '50',
    remote: 'digest_threshold',
  }),
  digestWindowMs: setting({
    flag: 'digest-window',
    group: 'detection',
    doc: 'how long failures of one cause are counted, and gathered at most before their digest is told',
    format: duration(digestWindowBounds),
    default: '1m',
    remote: 'digest_window_seconds',
  }),
  ...ignoreSettings,
  ...silenceSettings,
  pin: setting({
    flag: 'pin',
    group: 'detection',
    doc: 'settings that remote settings may not change',
    format: list('KEY,...', 'nothing'),
    default: '',
  }),
} as const;
