/**
 * How long failures take: to be seen, and to be taken by the plane. Both begin with the fact's own time, which Kubernetes
 * gives in whole seconds and by the clock of the node, so neither is finer than a second, nor below zero.
 */
import type { Metrics } from '../../internal/metrics/metrics.ts';
import type { Finding } from '../../internal/pipeline/finding.ts';
import type { OutboxEvent } from '../../internal/pipeline/outbox.ts';
import { failedAtMs, isMoment } from '../../internal/restate/wire-times.ts';

/** For a finding that is to be told. What goes on is told again and late on purpose: it counts the first time only. */
export function observeDetection(metrics: Metrics, finding: Finding): void {
  const { type, incidentClass, container, occurredAtMs, observedAtMs } = finding;
  if (type !== 'failure' || occurredAtMs === 0) return;
  if (!isMoment({ incidentClass, hasExit: container?.exit !== undefined })) return;
  metrics.observe('watcher_failure_detect_seconds', secondsBetween(occurredAtMs, observedAtMs));
}

/** For an event that has reached its final state now. */
export function observeAcceptance(metrics: Metrics, event: OutboxEvent, as: string, nowMs: number): void {
  metrics.observe('watcher_accept_seconds', secondsBetween(event.observedAtMs, nowMs));
  const atMs = as === 'delivered' ? failedAtMs(event) : undefined;
  if (atMs !== undefined) metrics.observe('watcher_failure_accept_seconds', secondsBetween(atMs, nowMs));
}

function secondsBetween(fromMs: number, toMs: number): number {
  return Math.max(0, toMs - fromMs) / 1000;
}
