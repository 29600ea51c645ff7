/**
 * The reference plane of the demo, in this process: served on a free port of the loopback, registered with the Restate
 * server by program, and asked through the ingress for what it received, as anyone would ask it.
 */
import { systemClock } from '../../internal/platform/clock.ts';
import { defaultOptions } from '../plane/options.ts';
import { registerPlane } from '../plane/register.ts';
import { servePlane } from '../plane/serve.ts';
import type { GivenRestate } from './options.ts';
import { DemoProblem, wholeStory } from './problem.ts';
import type { Done } from './progress.ts';
import { receivedFrom, type ReceivedPage } from './received.ts';
import type { Received } from './verdict.ts';

export interface DemoPlane {
  /** Everything it received so far, in the order of arrival. */
  readonly received: () => Promise<readonly Received[]>;
  readonly stop: () => Promise<void>;
}

const REGISTER_WITHIN_MS = 10_000;

/** Throws PLANE_NOT_REGISTERED. `log` hears of what goes wrong inside the plane. */
export async function startPlane(
  restate: GivenRestate,
  clusterId: string,
  log: (line: string) => void = () => undefined,
): Promise<Done<DemoPlane>> {
  const clock = systemClock();
  const plane = await servePlane({ ...defaultOptions, host: '127.0.0.1', port: 0, identityKeys: [], clock, log });
  try {
    const { adminUrl } = restate;
    await registerPlane({ adminUrl, planeUrl: plane.url, clock, deadlineMs: REGISTER_WITHIN_MS });
  } catch (cause) {
    await plane.stop();
    throw new DemoProblem('PLANE_NOT_REGISTERED', wholeStory(cause), { cause });
  }
  const received = receivedOf(restate.ingressUrl, clusterId);
  return { value: { received, stop: plane.stop }, note: `registered at ${restate.adminUrl}` };
}

/** Everything that was received for one cluster. Reads on from where it was, so that asking often costs little. */
export function receivedOf(ingressUrl: string, clusterId: string): () => Promise<readonly Received[]> {
  const url = `${ingressUrl}/ProjectService/${encodeURIComponent(clusterId)}/received`;
  const all: Received[] = [];
  let from = 0;
  return async () => {
    for (;;) {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ from }) });
      if (!answer.ok) throw new Error(`the plane answered ${answer.status} to ${url}: ${await answer.text()}`);
      const page = (await answer.json()) as ReceivedPage;
      all.push(...page.items.map(receivedFrom));
      from = page.next;
      if (page.isEnd) return [...all];
    }
  };
}
