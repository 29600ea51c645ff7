/**
 * What the probes are told. Ready means: sees the cluster, and has somewhere to put what it sees. Whether it leads,
 * whether the plane answers, is shown and decides nothing: a follower is ready, and a plane that is down is no reason to
 * take an agent out of service that keeps every failure for later.
 */
import type { PipelineState } from '../../internal/pipeline/pipeline-observer.ts';
import type { OutboxStats } from '../../internal/pipeline/outbox.ts';
import type { HealthCheck, HealthSource } from '../../internal/server/health.ts';

/** What health is read from; every part is asked at the moment of the probe. */
export interface HealthFacts {
  watch(): { readonly isFresh: boolean; readonly detail: unknown };
  outbox(): { readonly promise: 'durable' | 'memory'; readonly stats: OutboxStats; readonly isBroken: boolean };
  pipeline(): PipelineState;
  leadership(): unknown;
  plane(): { readonly isWell: boolean; readonly detail: unknown };
  settings(): unknown;
}

const check = (name: string, ok: boolean, required: boolean, detail: unknown): HealthCheck => ({
  name,
  ok,
  required,
  detail,
});

export function healthOf(facts: HealthFacts): HealthSource {
  return {
    live: () => [check('process', true, true, 'running')],
    ready: () => {
      const watch = facts.watch();
      const { promise, stats, isBroken } = facts.outbox();
      const pipeline = facts.pipeline();
      const plane = facts.plane();
      return [
        check('watch', watch.isFresh, true, watch.detail),
        check('outbox', !isBroken, true, { promise, ...stats }),
        check('pipeline', pipeline.kind === 'running', false, pipeline),
        check('leadership', true, false, facts.leadership()),
        check('plane', plane.isWell, false, plane.detail),
        check('settings', true, false, facts.settings()),
      ];
    },
  };
}
