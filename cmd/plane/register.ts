/**
 * Makes a plane known to a Restate server, through its admin API. Waits until both are there.
 *
 * An endpoint that is registered already is registered anew only where what it offers has changed, which a dry run finds
 * out: registering by force each time would raise the revision of every service, and tell calls under way that their code
 * may be another.
 */
import { sleep, type Clock } from '../../internal/platform/clock.ts';

export interface RegisterOptions {
  /** Of the admin API, such as http://127.0.0.1:9070. */
  readonly adminUrl: string;
  /** Where the server finds the plane. */
  readonly planeUrl: string;
  readonly clock: Clock;
  /** Longest to wait for server and plane. */
  readonly deadlineMs: number;
}

export type Registration = 'new' | 'changed' | 'unchanged';

const PAUSE_MS = 100;

/** Registers. Rejects with the server's last words once the deadline has passed. */
export async function registerPlane(options: RegisterOptions): Promise<Registration> {
  const { adminUrl, planeUrl: uri, clock, deadlineMs } = options;
  const untilMs = clock.monotonicMs() + deadlineMs;
  for (;;) {
    try {
      return await registerOnce(adminUrl, uri);
    } catch (error) {
      if (clock.monotonicMs() >= untilMs) throw error;
    }
    await sleep(clock, PAUSE_MS);
  }
}

async function registerOnce(adminUrl: string, uri: string): Promise<Registration> {
  const registered = await post(adminUrl, { uri });
  if (registered.status === 201) return 'new';
  const offered = await post(adminUrl, { uri, force: true, dry_run: true });
  if (canonical(offered.services) === canonical(registered.services)) return 'unchanged';
  await post(adminUrl, { uri, force: true });
  return 'changed';
}

async function post(adminUrl: string, request: object): Promise<{ status: number; services: unknown }> {
  const answer = await fetch(new URL('deployments', adminUrl.endsWith('/') ? adminUrl : `${adminUrl}/`), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(10_000),
  });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`registering the plane: ${answer.status} ${body.slice(0, 500)}`);
  return { status: answer.status, services: (JSON.parse(body) as { services: unknown }).services };
}

/** The server lists services and handlers in any order, and numbers each registration. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([name]) => name !== 'revision' && name !== 'deployment_id')
    .map(([name, field]) => `${name}:${canonical(field)}`);
  return `{${fields.sort().join()}}`;
}
