// The reference plane on a real Restate server, in the process of the test: what most tests of the plane need, and what an
// agent under test is pointed at.
import { systemClock, type Clock } from '../../internal/platform/clock.ts';
import { defaultOptions, type PlaneOptions } from '../../cmd/plane/options.ts';
import type { IncidentReport, Summary } from '../../cmd/plane/project-reads.ts';
import type { ReceivedItem, ReceivedPage } from '../../cmd/plane/project/received.ts';
import { registerPlane } from '../../cmd/plane/register.ts';
import { servePlane, type RunningPlane } from '../../cmd/plane/serve.ts';
import { startRestateServer, type RestateServer, type RestateServerOptions } from './restate-server.ts';

export interface PlaneServerOptions extends Partial<PlaneOptions> {
  /** The plane's clock; the machine's own when absent. */
  readonly clock?: Clock;
  readonly restate?: RestateServerOptions;
}

/** An answer of the ingress, as it is. */
export interface PlaneAnswer {
  readonly status: number;
  readonly source: string | null;
  readonly body: unknown;
}

export interface PlaneServer extends PlaneReader {
  /** Of the ingress: the agent's --restate-url. */
  readonly url: string;
  readonly restate: RestateServer;
  /** Lines the plane wrote about what went wrong. */
  readonly troubles: readonly string[];
  /** POST of JSON, or of text as it is; without a body a GET. */
  readonly ask: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<PlaneAnswer>;
  /** Ends the plane, with all it remembers in memory, and starts it again at the same address. */
  readonly restartPlane: (options?: Partial<PlaneOptions>) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Reading what a plane at an ingress received. */
export interface PlaneReader {
  readonly summary: (cluster: string) => Promise<Summary>;
  /** Everything kept for a cluster, page by page. */
  readonly received: (cluster: string) => Promise<ReceivedItem[]>;
  readonly incident: (cluster: string, incidentKey: string) => Promise<IncidentReport>;
}

export async function startPlaneServer(options: PlaneServerOptions = {}): Promise<PlaneServer> {
  const troubles: string[] = [];
  const { clock = systemClock(), restate: restateOptions, ...planeOptions } = options;
  const serve = (port: number, changes: Partial<PlaneOptions> = {}): Promise<RunningPlane> =>
    servePlane({
      ...defaultOptions,
      ...planeOptions,
      ...changes,
      host: '127.0.0.1',
      port,
      identityKeys: [],
      clock,
      log: (line) => troubles.push(line),
    });
  const [restate, first] = await Promise.all([startRestateServer(restateOptions), serve(0)]);
  let plane = first;
  const register = (): Promise<unknown> =>
    registerPlane({ adminUrl: restate.adminUrl, planeUrl: plane.url, clock: systemClock(), deadlineMs: 20_000 });
  const stop = async (): Promise<void> => {
    await restate.stop();
    await plane.stop();
  };
  await register().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    url: restate.ingressUrl,
    restate,
    troubles,
    ask: (path, body, headers) => askIngress(restate.ingressUrl, path, body, headers),
    ...readerOf(restate.ingressUrl),
    restartPlane: async (changes) => {
      const port = Number(new URL(plane.url).port);
      await plane.stop();
      plane = await serve(port, changes);
      if (changes !== undefined) await register();
    },
    stop,
  };
}

/** Reads from the plane behind an ingress, wherever it runs. Rejects unless the answer is a success. */
export function readerOf(ingressUrl: string): PlaneReader {
  const get = async (path: string, body?: unknown): Promise<unknown> => {
    const answer = await askIngress(ingressUrl, path, body);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const object = (cluster: string): string => `/ProjectService/${encodeURIComponent(cluster)}`;
  return {
    summary: async (cluster) => (await get(`${object(cluster)}/summary`)) as Summary,
    incident: async (cluster, incident_key) =>
      (await get(`${object(cluster)}/incident`, { incident_key })) as IncidentReport,
    received: async (cluster) => {
      const items: ReceivedItem[] = [];
      for (let from = 0, isEnd = false; !isEnd;) {
        const page = (await get(`${object(cluster)}/received`, { from })) as ReceivedPage;
        items.push(...page.items);
        ({ next: from, isEnd } = page);
      }
      return items;
    },
  };
}

async function askIngress(
  url: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<PlaneAnswer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const posted = { method: 'POST', body: text, headers: { 'content-type': 'application/json', ...headers } };
  const answer = await fetch(url + path, body === undefined ? { headers } : posted);
  const words = await answer.text();
  return { status: answer.status, source: answer.headers.get('x-restate-error-source'), body: parsed(words) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
