/**
 * What a pod's events explain of a finding: which probe had the kubelet stop a container, which mount keeps another one
 * from being made, which probe keeps a pod from being Ready. Pure.
 *
 * Events are best effort: the kubelet drops those of a pod that has too many (client-go, events_cache.go: 25 at once and
 * one in five minutes from then on), and the API server forgets them after an hour. So an event that is there is taken at its
 * word within the time it belongs to, and one that isn't there proves nothing by itself.
 */
import type { FindingContext, PodEvent } from './context.ts';
import { boundedText } from './detect-message.ts';
import type { ExitCause, ExitFacts, Finding } from './finding.ts';
import { CLOCK_SKEW_MS } from '../platform/limits.ts';

/** Events told with a finding: the newest. */
const EVENTS_TOLD = 10;
/** The failures of a probe that end in a pod that isn't Ready begin before it is: threshold times period. */
const PROBE_BEFORE_MS = 60_000;

/** The finding as it is told with its context: with the cause and the explanation that events give. */
export function withContext(finding: Finding, context: FindingContext): Finding {
  const events = context.events ?? [];
  const told = { ...context, ...(context.events === undefined ? {} : { events: events.slice(-EVENTS_TOLD) }) };
  const cause = causeOfExit(finding, events);
  const why = explanation(finding, events, cause);
  const { container } = finding;
  return {
    ...finding,
    context: told,
    ...(why === undefined ? {} : { message: boundedText(explained(finding.message, why, cause)) }),
    ...(container?.exit === undefined || cause === undefined
      ? {}
      : { container: { ...container, exit: { ...container.exit, cause } } }),
  };
}

/** Where message and explanation don't both fit, the message gives way: a mount's error is often all in one. */
function explained(message: string, { reason, message: why }: PodEvent, cause: ExitCause | undefined): string {
  const known = cause === undefined ? message : message.replace(/(SIG\w{1,8}), cause unknown/, `$1, ${cause}`);
  return `${boundedText(known, 480)}: ${reason}: ${why}`;
}

const KILLING = 'Killing';
const UNHEALTHY = 'Unhealthy';

/**
 * Who ended the container: a probe, if the kubelet said so while it ran; it itself, if its start is told of, no trouble with
 * a probe is, and nobody killed it; undefined where that can't be told. The kubelet of one node writes both times, to whole seconds.
 */
export function causeOfExit(finding: Finding, events: readonly PodEvent[]): ExitCause | undefined {
  const exit = finding.container?.exit;
  if (exit === undefined || exit.cause !== undefined || finding.occurredAtMs === 0) return undefined;
  if (exit.ranForMs === undefined) return undefined;
  const sinceMs = finding.occurredAtMs - exit.ranForMs - CLOCK_SKEW_MS;
  const ofRun = events.filter((event) => event.container === finding.container?.name && event.lastAtMs >= sinceMs);
  const killing = ofRun.find(
    ({ reason, message, lastAtMs }) =>
      reason === KILLING && probeOf(message) !== undefined && lastAtMs <= finding.occurredAtMs + CLOCK_SKEW_MS,
  );
  if (killing !== undefined) return probeOf(killing.message);
  const isStartTold = ofRun.some(({ reason }) => reason === 'Started');
  return isStartTold && !ofRun.some(isFailedProbe) && !isKilled(exit) ? 'own-exit' : undefined;
}

/** By SIGKILL or SIGTERM, which a process seldom sends itself. */
function isKilled({ code, signal }: ExitFacts): boolean {
  return signal === 9 || signal === 15 || code === 137 || code === 143;
}

/** Of liveness or startup; readiness kills nobody. */
function isFailedProbe({ reason, message }: PodEvent): boolean {
  return reason === UNHEALTHY && !/^readiness/i.test(message);
}

/** kubelet, kuberuntime_manager.go: `Container app failed liveness probe, will be restarted`. */
function probeOf(message: string): 'liveness-probe' | 'startup-probe' | undefined {
  const probe = /failed (liveness|startup) probe/.exec(message)?.[1];
  return probe === 'liveness' || probe === 'startup' ? `${probe}-probe` : undefined;
}

/** The event that says why, if one does. */
function explanation(
  finding: Finding,
  events: readonly PodEvent[],
  cause: ExitCause | undefined,
): PodEvent | undefined {
  const { container, reason, occurredAtMs } = finding;
  if (cause === 'liveness-probe' || cause === 'startup-probe') {
    const ofContainer = events.filter((event) => event.container === container?.name);
    return ofContainer.findLast(isFailedProbe) ?? ofContainer.findLast((event) => event.reason === KILLING);
  }
  switch (reason) {
    case 'NotReady':
      return events.findLast((event) => event.reason === UNHEALTHY && event.lastAtMs >= occurredAtMs - PROBE_BEFORE_MS);
    case 'StuckPending':
    case 'StuckCreating':
    case 'StuckInit':
    case 'StuckTerminating':
      return events.findLast((event) => event.type === 'Warning' && event.lastAtMs >= occurredAtMs - CLOCK_SKEW_MS);
    default:
      return undefined;
  }
}
