/**
 * The least that is a plane: what the agent that this one takes the place of called, and nothing that was added since. No
 * heartbeat, no sets of open incidents, no further types of events, no memory of event ids. Behind a real Restate server.
 */
import { object, service, type Context, type ObjectContext } from '@restatedev/restate-sdk';
import { registerPlane } from '../../cmd/plane/register.ts';
import type { WireEvent } from '../../internal/restate/wire-event.ts';
import { systemClock } from '../../internal/platform/clock.ts';
import { serveOnLoopback } from './probe-endpoint.ts';
import { startRestateServer } from './restate-server.ts';

/** What such a plane answers to Get: the keys it always had. */
export interface MinimalSettings {
  readonly dedup_cooldown_seconds: number;
  readonly batch_size: number;
  readonly batch_flush_ms: number;
  readonly enabled_reasons: readonly string[];
}

export interface MinimalPlane extends AsyncDisposable {
  /** Of the ingress. */
  readonly url: string;
  /** Bodies of Enroll. */
  readonly enrolled: readonly object[];
  /** Every event of every call, as it came. */
  readonly received: readonly WireEvent[];
  /** How many events each call brought. */
  readonly batches: readonly number[];
}

/** Starts it and the server, and resolves when the one knows the other. */
export async function startMinimalPlane(settings: MinimalSettings): Promise<MinimalPlane> {
  const enrolled: object[] = [];
  const received: WireEvent[] = [];
  const batches: number[] = [];
  const take = (_: ObjectContext, events: WireEvent | readonly WireEvent[]): Promise<object> => {
    const all = [events].flat();
    received.push(...all);
    batches.push(all.length);
    return Promise.resolve({});
  };
  const enroll = (_: Context, body: object): Promise<object> => {
    enrolled.push(body);
    return Promise.resolve({});
  };
  const handlers = { onPodEvent: take, onPodEvents: take };
  const services = [
    service({ name: 'ClusterService', handlers: { Enroll: enroll } }),
    object({ name: 'ConfigService', handlers: { Get: () => Promise.resolve(settings) } }),
    object({ name: 'ProjectService', handlers }),
  ];
  await using starting = new AsyncDisposableStack();
  const restate = starting.adopt(await startRestateServer(), (one) => one.stop());
  const { url: planeUrl } = starting.adopt(await serveOnLoopback(services), (one) => one.stop());
  await registerPlane({ adminUrl: restate.adminUrl, planeUrl, clock: systemClock(), deadlineMs: 30_000 });
  const running = starting.move();
  return {
    url: restate.ingressUrl,
    enrolled,
    received,
    batches,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
