/**
 * What a plane received, in the words of the wire, whichever plane it is: the scripted ingress, or the reference plane on
 * a real Restate server.
 */
import type { WireEvent } from '../../internal/restate/wire-event.ts';
import { defaultOptions, type PlaneOptions } from '../../cmd/plane/options.ts';
import type { ReceivedPage } from '../../cmd/plane/project/received.ts';
import { registerPlane } from '../../cmd/plane/register.ts';
import { servePlane } from '../../cmd/plane/serve.ts';
import { systemClock } from '../../internal/platform/clock.ts';
import { startRestateServer } from './restate-server.ts';
import type { ScriptedIngress } from './scripted-ingress.ts';

const HANDLERS = ['onPodEvent', 'onPodEvents'];

/** The reference plane on a real Restate server. */
export interface Plane extends AsyncDisposable {
  /** Of the ingress. */
  readonly url: string;
  /** Every event it keeps, in the order they came: one for each event id. */
  readonly received: () => Promise<WireEvent[]>;
}

const REGISTER_WITHIN_MS = 30_000;

/** Starts both, and resolves when the one knows the other. `chosen` as on the plane's command line; `received` is of the cluster of this name. */
export async function startPlane(clusterId: string, chosen: Partial<PlaneOptions> = {}): Promise<Plane> {
  await using starting = new AsyncDisposableStack();
  const clock = systemClock();
  const restate = await startRestateServer();
  starting.defer(() => restate.stop());
  const options = { ...defaultOptions, ...chosen, host: '127.0.0.1', port: 0, identityKeys: [], clock };
  const plane = await servePlane({ ...options, log: (line) => process.stderr.write(`plane: ${line}\n`) });
  starting.defer(() => plane.stop());
  const { adminUrl, ingressUrl } = restate;
  await registerPlane({ adminUrl, planeUrl: plane.url, clock, deadlineMs: REGISTER_WITHIN_MS });
  const running = starting.move();
  return {
    url: ingressUrl,
    received: () => readAll(`${ingressUrl}/ProjectService/${clusterId}/received`),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function readAll(url: string): Promise<WireEvent[]> {
  const events: WireEvent[] = [];
  for (let from = 0; ;) {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ from }) });
    if (!answer.ok) throw new Error(`${url} answered ${answer.status} ${await answer.text()}`);
    const page = (await answer.json()) as ReceivedPage;
    events.push(...page.items.map(({ event }) => event as WireEvent));
    if (page.isEnd) return events;
    from = page.next;
  }
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
