/**
 * What a plane received, in the words of the wire, whichever plane it is: the scripted ingress, or the reference plane on
 * a real Restate server.
 */
import type { WireEvent } from '../../internal/restate/wire-event.ts';
import { startScriptedIngress, type ScriptedIngress } from './scripted-ingress.ts';

const HANDLERS = ['onPodEvent', 'onPodEvents'];

/** A plane to run an agent against. */
export interface Plane extends AsyncDisposable {
  readonly url: string;
  /** Every event it has, in the order they came. */
  readonly received: () => Promise<WireEvent[]>;
}

export function skipWithoutPlane(): false | string {
  return false;
}

export async function startPlane(_clusterId: string): Promise<Plane> {
  const ingress = await startScriptedIngress();
  return {
    url: ingress.url,
    received: () => Promise.resolve(executedEvents(ingress)),
    [Symbol.asyncDispose]: ingress.stop,
  };
}

/** The events the scripted ingress executed, in their order. */
export function executedEvents({ executed }: Pick<ScriptedIngress, 'executed'>): WireEvent[] {
  return executed.filter(({ handler }) => HANDLERS.includes(handler)).flatMap(({ body }) => eventsIn(body));
}

/** Attempts to deliver events, also those that met a fault. */
export function deliveryAttempts({ requests }: Pick<ScriptedIngress, 'requests'>): ScriptedIngress['requests'] {
  return requests.filter((request) => HANDLERS.some((handler) => request.path.endsWith(`/${handler}`)));
}

/** The events of a request's body: one, or a list of them. */
export function eventsIn(body: string | Buffer): WireEvent[] {
  const parsed = JSON.parse(body.toString()) as WireEvent | WireEvent[];
  return Array.isArray(parsed) ? parsed : [parsed];
}
